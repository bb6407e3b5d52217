// npm run check -- fidelity [--cases 100000] [--seed 7] [--failures 500000]: random calls of a plain and of an attached client, then hostile
// responses, both from a seed, which is printed; then failing requests, after which memory and listeners are counted. A difference that no
// rule allows is printed with the smallest call that shows it.
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { cases, hostileCalls } from '../../spec/fidelity/cases.ts'
import { RULES } from '../../spec/fidelity/differences.ts'
import { cuts, hostileCases, runHostiles } from '../../spec/fidelity/hostile-endpoint.ts'
import { reportOf, runCases, shrunk } from '../../spec/fidelity/run-cases.ts'
import { runFailures } from './failures.ts'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    failures: { type: 'string', default: '500000' },
  },
})

/** Cases in memory at the same time. */
const BATCH = 2_000
/** With this number of cases or more, each rule must apply in one. */
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

function report(what: string, done: number, found: number): void {
  const seconds = Math.round((performance.now() - startedAt) / 1_000)
  console.log(`${what}: ${String(done)}, ${String(found)} faults, ${String(seconds)} s`)
  if (found > 0) process.exitCode = 1
}

/** Calls `run` with the seed and the size of each batch. */
async function inBatches(
  what: string,
  total: number,
  run: (seed: number, size: number) => Promise<readonly string[]>,
): Promise<void> {
  let found = 0
  for (let done = 0; done < total; done += BATCH) {
    const size = Math.min(BATCH, total - done)
    const faults = await run(seed + done, size)
    found += faults.length
    for (const fault of faults) console.error(fault)
    report(what, done + size, found)
  }
}

const allowed = new Map(RULES.map(({ sentence }) => [sentence, 0]))

const compare =
  (calls: typeof cases) =>
  async (from: number, size: number): Promise<readonly string[]> => {
    const onAllowed = ({ sentence }: (typeof RULES)[number]): unknown =>
      allowed.set(sentence, (allowed.get(sentence) ?? 0) + 1)
    const failures = await runCases({ seed: from, count: size, calls, onAllowed })
    const reports: string[] = []
    for (const failure of failures.slice(0, 3)) reports.push(reportOf(await shrunk(failure, SHRINK_MS)))
    return [...reports, ...failures.slice(3).map(reportOf)]
  }

await inBatches('calls', count, compare(cases))
await inBatches('hostile answers of the API', count / 10, compare(hostileCalls))
await inBatches('hostile answers of the token endpoint', count / 10, (from, size) =>
  runHostiles(fc.sample(hostileCases, { seed: from, numRuns: size })),
)
const places = [
  ...cuts('token', 'end'),
  ...cuts('token', 'reset'),
  ...cuts('a token in chunks', 'reset'),
  ...cuts('a token in gzip', 'end'),
]
report('answers that break off', places.length, (await runHostiles(places)).length)
for (const [sentence, times] of allowed) console.log(`${String(times)} x ${sentence}`)
if (count >= ALL && [...allowed.values()].includes(0)) {
  console.error('a rule is not needed')
  process.exitCode = 1
}
if (!(await runFailures(Number(values.failures)))) process.exitCode = 1
