// npm run check -- soak [--runs 1000000] [--seed 7] [--only requests] [--path 12]: runs random programs from a seed, which is printed.
// A failure prints the command that repeats its program.
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { loginsPrograms, runLogins } from '../../spec/interleavings/logins-program.ts'
import { managerPrograms, runManager } from '../../spec/interleavings/manager-program.ts'
import { membersPrograms, runMembers } from '../../spec/interleavings/members-program.ts'
import { originsPrograms, runOrigins } from '../../spec/interleavings/origins-program.ts'
import { poolPrograms, runPool, runScopes, scopesPrograms } from '../../spec/interleavings/pool-program.ts'
import { CONDITIONS, programsOfThree, runProgramOfThree } from '../../spec/interleavings/programs-of-three.ts'
import { requestsPrograms, runRequests } from '../../spec/interleavings/requests-program.ts'
import { runSharedStore, sharedStorePrograms } from '../../spec/interleavings/shared-store-program.ts'

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

function check<T>(programs: fc.Arbitrary<T>, run: (program: T) => Promise<void>): Check {
  return async (parameters, count) => {
    const property = fc.asyncProperty(programs, async (program) => {
      await run(program)
      count()
    })
    const details = await fc.check(property, parameters)
    if (!details.failed) return undefined
    // Only the program that failed first can be repeated: schedulers cannot be shrunk twice.
    const [path = ''] = details.counterexamplePath?.split(':') ?? []
    return { path, report: `${(await fc.asyncDefaultReportMessage(details)) ?? ''}\n${String(details.errorInstance)}` }
  }
}

/** The programs by name, each with its share of all runs. */
const PROGRAMS: Readonly<Record<string, readonly [share: number, check: Check]>> = {
  manager: [0.45, check(managerPrograms, runManager)],
  requests: [0.15, check(requestsPrograms, runRequests)],
  origins: [0.1, check(originsPrograms, runOrigins)],
  pool: [0.1, check(poolPrograms, runPool)],
  scopes: [0.05, check(scopesPrograms, runScopes)],
  'shared-store': [0.05, check(sharedStorePrograms, runSharedStore)],
  logins: [0.05, check(loginsPrograms, runLogins)],
  members: [0.05, check(membersPrograms, runMembers)],
}

const { only, path } = values
const seed = Number(values.seed)
const runs = Number(values.runs)
if (only !== undefined && !(only in PROGRAMS)) throw new Error(`--only is one of ${Object.keys(PROGRAMS).join(', ')}`)
console.log(`seed ${String(seed)}, ${String(runs)} runs`)
const startedAt = performance.now()

function stop(reason: unknown, name: string, path: string): never {
  console.error(reason)
  console.error(`repeat with: npm run check -- soak --seed ${String(seed)} --only ${name} --path ${path}`)
  process.exit(1)
}

for (const [name, [share, checkProgram]] of Object.entries(PROGRAMS)) {
  if (only !== undefined && name !== only) continue
  const numRuns = path === undefined ? Math.ceil(only === undefined ? runs * share : runs) : 1
  let done = 0
  const report = (): void => {
    console.log(`${name}: ${String(done)} runs, ${String(Math.round((performance.now() - startedAt) / 1_000))} s`)
  }
  const unhandled = (reason: unknown): void => {
    stop(reason, name, path ?? String(done))
  }
  process.on('unhandledRejection', unhandled)
  const failure = await checkProgram({ numRuns, seed, ...(path !== undefined && { path }) }, () => {
    done += 1
    if (done % 10_000 === 0) report()
  })
  process.off('unhandledRejection', unhandled)
  if (failure) stop(failure.report, name, failure.path)
  report()
}
if (only === undefined) {
  for (const [place, beginning] of CONDITIONS)
    for (const program of programsOfThree()) await runProgramOfThree(program, place, beginning)
  console.log('all programs of three operations: done')
}
console.log('every invariant held')
