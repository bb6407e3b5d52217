// npm run check -- bench [--only a,f] [--quick] [--no-build]: runs the scenarios, prints their tables and writes the results.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildBench, buildLibrary, BUILT } from './build.ts'
import { publish } from './publish.ts'
import { asText, isMet, type Section } from './report.ts'
import { PLAN } from './plan.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PLAN.map(({ id }) => id).join(',') },
    quick: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
})

/** Runs a task in a process of its own. */
async function runTask(task: string, flags: readonly string[]): Promise<unknown> {
  const mode = values.quick ? ['quick'] : []
  const worker = fork(new URL('worker.mjs', BUILT), [task, ...mode], { execArgv: ['--expose-gc', ...flags] })
  const result = once(worker, 'message').then(([message]: unknown[]) => message)
  const over = once(worker, 'exit').then(([code]: unknown[]) => {
    throw new Error(`${task} ended with ${String(code)}`)
  })
  return Promise.race([result, over])
}

const startedAt = performance.now()
const asked = values.only.split(',')
if (!values['no-build']) await buildLibrary()
await buildBench()
const sections: Section[] = []
for (const { id, tasks, section, picture } of PLAN.filter((each) => asked.includes(each.id))) {
  const results: unknown[] = []
  for (const { task, flags = [] } of tasks) results.push(await runTask(task, flags))
  const done = section(...results)
  sections.push(done)
  if (!values.quick) await publish([done])
  if (picture && !values.quick) writeFileSync(new URL(picture.file, import.meta.url), picture.draw(...results))
  console.log(`\n${asText(done)} [${id}: ${((performance.now() - startedAt) / 1_000).toFixed(0)} s in]`)
}
if (values.quick) console.log('\nQuick run: nothing was written.')
const missed = sections.flatMap(({ goals }) => goals).filter((each) => !isMet(each))
console.log(`\n${String(missed.length)} goals missed, after ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`)
