// What a worker can be told to do, by name.
import { hotBytes, hotPromises, hotTime } from './scenarios/hot-path.ts'

type Task = (quick: boolean) => Promise<object>

export const TASKS: Readonly<Record<string, Task>> = { hotTime, hotBytes, hotPromises }
