// npm run check -- fidelity [--cases 100000] [--seed 7]: random calls by a bare client and by an attached one, from a seed, which is printed.
// A difference that no rule allows is printed with the smallest call that shows it.
import { parseArgs } from 'node:util'
import { RULES } from '../../spec/fidelity/differences.ts'
import { reportOf, runCases, shrunk } from '../../spec/fidelity/run-cases.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
})

/** Cases that are in memory at once. */
const BATCH = 2_000
/** So many cases need each of the rules. */
const ALL = 50_000
const SHRINK_MS = 10_000

const seed = Number(values.seed)
const count = Number(values.cases)
console.log(`seed ${String(seed)}, ${String(count)} cases`)
const startedAt = performance.now()
process.on('unhandledRejection', (reason) => {
  console.error('unhandled:', reason)
  process.exitCode = 1
})
let found = 0
const allowed = new Map(RULES.map(({ sentence }) => [sentence, 0]))
for (let done = 0; done < count; done += BATCH) {
  const failures = await runCases({
    seed: seed + done,
    count: Math.min(BATCH, count - done),
    onAllowed: ({ sentence }) => allowed.set(sentence, (allowed.get(sentence) ?? 0) + 1),
  })
  found += failures.length
  for (const failure of failures.slice(0, 3)) console.error(reportOf(await shrunk(failure, SHRINK_MS)))
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  console.log(`${String(done + BATCH)} cases, ${String(found)} that differ, ${String(seconds)} s`)
}
for (const [sentence, times] of allowed) console.log(`${String(times)} x ${sentence}`)
const unneeded = count >= ALL ? [...allowed.values()].filter((times) => times === 0) : []
if (unneeded.length > 0) console.error('a rule is not needed')
if (found > 0 || unneeded.length > 0) process.exitCode = 1
