// `npm run soak -- [--runs 1000000] [--seed 7] [--only requests] [--path 12:0:3]`: as many random programs as one likes, by a seed that is
// printed. A failure names its path: the same seed, `--only` and `--path` play that one program again.
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { steps } from './manager-steps.ts'
import { playPool, playScopes, poolProgram, scopesProgram } from './pool-program.ts'
import { run } from './program.ts'
import { playRequests, requestsProgram } from './requests-program.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
    path: { type: 'string' },
  },
})

type Check = (parameters: fc.Parameters<[never]>, count: () => void) => Promise<unknown>

function check<T>(programs: fc.Arbitrary<T>, play: (program: T) => Promise<void>): Check {
  return (parameters, count) =>
    fc.assert(
      fc.asyncProperty(programs, async (program) => {
        await play(program)
        count()
      }),
      parameters as fc.Parameters<unknown> as fc.Parameters<[T]>,
    )
}

/** Of all runs so much each. */
const WORLDS: Readonly<Record<string, readonly [share: number, check: Check]>> = {
  manager: [0.7, check(steps, run)],
  requests: [0.15, check(requestsProgram, playRequests)],
  pool: [0.1, check(poolProgram, playPool)],
  scopes: [0.05, check(scopesProgram, playScopes)],
}

const { only, path } = values
const seed = Number(values.seed)
const runs = Number(values.runs)
if (only !== undefined && !(only in WORLDS)) throw new Error(`--only is one of ${Object.keys(WORLDS).join(', ')}`)
console.log(`seed ${String(seed)}, ${String(runs)} runs`)
const startedAt = performance.now()
for (const [name, [share, hold]] of Object.entries(WORLDS)) {
  if (only !== undefined && name !== only) continue
  const numRuns = Math.ceil(only === undefined ? runs * share : runs)
  let done = 0
  const tell = (): void => {
    console.log(`${name}: ${String(done)} runs, ${String(Math.round((performance.now() - startedAt) / 1_000))} s`)
  }
  await hold({ numRuns, seed, ...(path !== undefined && { path }) }, () => {
    done += 1
    if (done % 10_000 === 0) tell()
  })
  tell()
}
console.log('every invariant held')
