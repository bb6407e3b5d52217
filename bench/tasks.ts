// What a worker can be told to do, by name.
import { herd, waiting } from './scenarios/herd.ts'
import { hotBytes, hotPromises, hotTime } from './scenarios/hot-path.ts'
import { loopback } from './scenarios/loopback.ts'
import { outage } from './scenarios/outage.ts'
import { revocation } from './scenarios/revocation.ts'

type Task = (quick: boolean) => Promise<object>

export const TASKS: Readonly<Record<string, Task>> = {
  hotTime,
  hotBytes,
  hotPromises,
  loopback,
  herd,
  waiting,
  revocation,
  outage,
}
