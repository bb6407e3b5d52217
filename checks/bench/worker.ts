// Runs one task in a process of its own, and sends back what it comes to: worker.mjs <task> [quick]
import { TASKS } from './tasks.ts'

const [, , name = '', mode] = process.argv
const task = TASKS[name]
if (!task) throw new Error(`no such task: ${name}`)
const result = await task(mode === 'quick')
process.send?.(result, () => process.exit())
