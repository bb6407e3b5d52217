// `npm run soak -- [--runs 1000000] [--seed 7] [--only requests] [--path 12]`: as many random programs as one likes, by a seed that is
// printed. A failure says how that one program is played again.
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { steps } from './manager-steps.ts'
import { playPool, playScopes, poolProgram, scopesProgram } from './pool-program.ts'
import { run } from './program.ts'
import { playRequests, requestsProgram } from './requests-program.ts'
import { playSharers, sharersProgram } from './sharers-program.ts'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    only: { type: 'string' },
    path: { type: 'string' },
  },
})

type Parameters = Pick<fc.Parameters<unknown>, 'numRuns' | 'seed'> & { path?: string }
type Check = (parameters: Parameters, count: () => void) => Promise<Failure | undefined>

interface Failure {
  readonly report: string
  readonly path: string
}

function check<T>(programs: fc.Arbitrary<T>, play: (program: T) => Promise<void>): Check {
  return async (parameters, count) => {
    const property = fc.asyncProperty(programs, async (program) => {
      await play(program)
      count()
    })
    const details = await fc.check(property, parameters)
    if (!details.failed) return undefined
    // Only the program that failed first comes again as it was: schedulers do not survive being shrunk twice.
    const [path = ''] = details.counterexamplePath?.split(':') ?? []
    return { path, report: `${(await fc.asyncDefaultReportMessage(details)) ?? ''}\n${String(details.errorInstance)}` }
  }
}

/** Of all runs so much each. */
const WORLDS: Readonly<Record<string, readonly [share: number, check: Check]>> = {
  manager: [0.65, check(steps, run)],
  requests: [0.15, check(requestsProgram, playRequests)],
  pool: [0.1, check(poolProgram, playPool)],
  scopes: [0.05, check(scopesProgram, playScopes)],
  sharers: [0.05, check(sharersProgram, playSharers)],
}

const { only, path } = values
const seed = Number(values.seed)
const runs = Number(values.runs)
if (only !== undefined && !(only in WORLDS)) throw new Error(`--only is one of ${Object.keys(WORLDS).join(', ')}`)
console.log(`seed ${String(seed)}, ${String(runs)} runs`)
const startedAt = performance.now()

function stop(report: unknown, name: string, run: string): never {
  console.error(report)
  console.error(`again: npm run soak -- --seed ${String(seed)} --only ${name} --path ${run}`)
  process.exit(1)
}

for (const [name, [share, hold]] of Object.entries(WORLDS)) {
  if (only !== undefined && name !== only) continue
  const numRuns = path === undefined ? Math.ceil(only === undefined ? runs * share : runs) : 1
  let done = 0
  const tell = (): void => {
    console.log(`${name}: ${String(done)} runs, ${String(Math.round((performance.now() - startedAt) / 1_000))} s`)
  }
  const unhandled = (reason: unknown): void => {
    stop(reason, name, path ?? String(done))
  }
  process.on('unhandledRejection', unhandled)
  const failure = await hold({ numRuns, seed, ...(path !== undefined && { path }) }, () => {
    done += 1
    if (done % 10_000 === 0) tell()
  })
  process.off('unhandledRejection', unhandled)
  if (failure) stop(failure.report, name, failure.path)
  tell()
}
console.log('every invariant held')
