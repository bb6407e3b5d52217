// Runs many cases, and gathers the differences that no rule allows.
import fc from 'fast-check'
import '../support/instant-digest.ts'
import { type Case, cases } from './cases.ts'
import { type Difference, differencesOf, type Rule, ruleFor } from './differences.ts'
import { Lab } from './run-case.ts'

export interface Failure {
  readonly given: Case
  readonly differences: readonly Difference[]
}

interface Options {
  readonly seed: number
  readonly count: number
  /** @default calls with good answers */
  readonly calls?: fc.Arbitrary<Case>
  /** Called for each difference that a rule allows. */
  readonly onAllowed?: (rule: Rule) => void
}

/** Where time decides, a case may be disturbed by whatever else the machine does: it is repeated with longer times. */
const PATIENCE = [1, 8, 40, 200]

async function runCase(lab: Lab, given: Case, onAllowed?: Options['onAllowed']): Promise<Failure | undefined> {
  let differences: readonly Difference[] = []
  for (const patience of PATIENCE) {
    const seen = await lab.run(given, patience)
    differences = differencesOf(given, seen).filter((difference) => {
      const rule = ruleFor(difference, given, seen)
      if (rule) onAllowed?.(rule)
      return !rule
    })
    if (given.hostile && differences.every(({ role }) => role === 'revoked')) {
      // A refusal that the client cannot read is to be what it is to a bare client.
      const { refusal, hostile } = given
      const asAnswer = { ...given, answer: refusal, hostile: { ...hostile, answer: hostile.refusal, refusal: [] } }
      const other = await lab.run(asAnswer, patience)
      const asRefused = { ...seen, bare: other.bare, revoked: { ...seen.revoked, refused: 0 } }
      const left = differencesOf(given, asRefused).filter(({ role, path }) => role === 'revoked' && path !== 'sendings')
      if (left.length === 0) return undefined
    }
    const isTimed =
      given.hostile !== undefined ||
      given.ending !== 'none' ||
      Object.values(seen).some(({ answer }) => answer === 'pending')
    if (differences.length === 0 || !isTimed) break
  }
  return differences.length === 0 ? undefined : { given, differences }
}

/** How many cases run at once. */
const LANES = 2

/** The cases of a seed that differ. */
export async function runCases({ seed, count, calls = cases, onAllowed }: Options): Promise<readonly Failure[]> {
  const failures: Failure[] = []
  const given = fc.sample(calls, { seed, numRuns: count })
  let next = 0
  const lane = async (): Promise<void> => {
    const lab = await Lab.start()
    for (let each = given[next]; each; each = given[next]) {
      next += 1
      const failure = await runCase(lab, each, onAllowed)
      if (failure) failures.push(failure)
    }
    await lab.close()
  }
  // axios reads the stack of each error, which takes long with source maps.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    await Promise.all(Array.from({ length: LANES }, lane))
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
  return failures
}

/** A failing case made as small as possible, within the time. */
export async function shrunk(given: Failure, milliseconds: number): Promise<Failure> {
  const lab = await Lab.start()
  let smallest = given
  const until = performance.now() + milliseconds
  for (let isSmaller = true; isSmaller && performance.now() < until;) {
    isSmaller = false
    for (const smaller of simplified(smallest.given)) {
      const failure = await runCase(lab, smaller)
      if (!failure) continue
      smallest = failure
      isSmaller = true
      break
    }
  }
  await lab.close()
  return smallest
}

const PLAINEST = {
  text: 'text',
  query: '',
  input: 'text',
  headers: [],
  headersAs: 'an object',
  body: 'none',
  options: [],
  read: 'text',
  ending: 'none',
  reason: 'none',
  redirect: undefined,
  isBodyMade: false,
} as const satisfies Partial<Case>

const PLAIN_ANSWER = { head: [], body: 'none', framing: 'length', fault: 'none', at: 0 } as const

/** The case with one member made plain. */
function* simplified(given: Case): Generator<Case> {
  for (const [key, value] of Object.entries(PLAINEST))
    if (JSON.stringify(given[key as keyof Case]) !== JSON.stringify(value)) yield { ...given, [key]: value }
  for (const list of ['headers', 'options'] as const)
    for (const each of given[list])
      yield { ...given, [list]: (given[list] as unknown[]).filter((other) => other !== each) }
  for (const answer of ['answer', 'refusal'] as const)
    for (const [key, value] of Object.entries(PLAIN_ANSWER))
      if (JSON.stringify(given[answer][key as keyof typeof PLAIN_ANSWER]) !== JSON.stringify(value))
        yield { ...given, [answer]: { ...given[answer], [key]: value } }
}

/** A failure as text. */
export function reportOf({ given, differences }: Failure): string {
  const lines = differences.map(
    ({ role, path, bare, attached }) => `  ${role}, ${path}: bare ${short(bare)}, attached ${short(attached)}`,
  )
  return `${JSON.stringify(given)}\n${lines.slice(0, 10).join('\n')}`
}

function short(value: unknown): string {
  return ((JSON.stringify(value) as string | undefined) ?? 'undefined').slice(0, 300)
}
