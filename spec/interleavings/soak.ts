// `npm run soak -- --runs 1000000 --seed 7`: as many random programs as one likes, by a seed that is printed and can be given again.
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { run, steps } from './program.ts'

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } })
const runs = Number(values.runs ?? 1_000_000)
const seed = Number(values.seed ?? Date.now() % 2 ** 31)
console.log(`seed ${String(seed)}, ${String(runs)} runs`)

let done = 0
const startedAt = performance.now()
const counted = fc.asyncProperty(steps, async (program) => {
  await run(program)
  done += 1
  if (done % 10_000 === 0)
    console.log(`${String(done)} runs, ${String(Math.round((performance.now() - startedAt) / 1_000))} s`)
})
await fc.assert(counted, { numRuns: runs, seed })
console.log(`${String(done)} runs, every invariant held`)
