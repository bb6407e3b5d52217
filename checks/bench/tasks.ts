// What a worker can be told to do, by name.
import { who } from './scenarios/contenders.ts'
import { growAccounts, growWaiters } from './scenarios/growth.ts'
import { herd, waiting } from './scenarios/herd.ts'
import { hotBytes, hotPromises, hotTime } from './scenarios/hot-path.ts'
import { loopback } from './scenarios/loopback.ts'
import { outage } from './scenarios/outage.ts'
import { revocation } from './scenarios/revocation.ts'
import { size } from './scenarios/size.ts'

type Task = (quick: boolean) => Promise<object>

export const TASKS: Readonly<Record<string, Task>> = {
  who,
  hotTime,
  hotBytes,
  hotPromises,
  loopback,
  herd,
  waiting,
  revocation,
  outage,
  size,
  growWaiters,
  growAccounts,
}
