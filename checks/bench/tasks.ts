// The tasks of a worker, by name.
import { listContenders } from './scenarios/contenders.ts'
import { growAccounts, growWaiters } from './scenarios/growth.ts'
import { waiters, waiterMemory } from './scenarios/waiters.ts'
import { hotBytes, hotPromises, hotTime } from './scenarios/hot-path.ts'
import { loopback } from './scenarios/loopback.ts'
import { outage } from './scenarios/outage.ts'
import { revocation } from './scenarios/revocation.ts'
import { size } from './scenarios/size.ts'

type Task = (quick: boolean) => Promise<object>

export const TASKS: Readonly<Record<string, Task>> = {
  contenders: listContenders,
  hotTime,
  hotBytes,
  hotPromises,
  loopback,
  waiters,
  waiterMemory,
  revocation,
  outage,
  size,
  growWaiters,
  growAccounts,
}
