// Runs a task and sends its result to the parent process: worker.mjs TASK [quick]
import { TASKS } from './tasks.ts'

const [, , name = '', mode] = process.argv
const task = TASKS[name]
if (!task) throw new Error(`no such task: ${name}`)
const result = await task(mode === 'quick')
process.send?.(result, () => process.exit())
