// For every spec: no connection leaves this machine, nothing canned is left over, no rejection goes unhandled, nothing makes Node warn,
// no secret is given out.
import { Hook, type Context, type RootHookObject } from 'mocha'
import nock from 'nock'
import { startLeakDetection, endLeakDetection, watchLibrary } from './leak-detection-hooks.ts'

// A set: mocha passes each rejection on once more.
const unhandled = new Set<unknown>()
// Of dependencies, and of timeouts that are as odd as the specs want them.
const EXPECTED = new Set([
  'DeprecationWarning',
  'ExperimentalWarning',
  'TimeoutNaNWarning',
  'TimeoutNegativeWarning',
  'TimeoutOverflowWarning',
])
const warnings = new Set<Error>()
let over = false

function onRejection(reason: unknown): void {
  unhandled.add(reason)
  if (over) failAfterTheEnd()
}

process.on('warning', (warning) => {
  if (!EXPECTED.has(warning.name)) warnings.add(warning)
})

function failAfterTheEnd(): void {
  console.error('unhandled after the last spec:', ...unhandled)
  // The code is set behind the listener in which mocha sets its own.
  setTimeout(() => process.on('exit', () => (process.exitCode = 1)))
}

/** Fails the spec that left something behind; an error thrown here would end the run. */
async function blameLeftovers(this: Context): Promise<void> {
  // An unhandled rejection is told a turn later.
  await new Promise((resolve) => setImmediate(resolve))
  const left = nock.pendingMocks()
  const rejections = [...unhandled]
  const [warning] = warnings
  const leak = endLeakDetection()
  nock.cleanAll()
  unhandled.clear()
  warnings.clear()
  if (left.length > 0) blame(this, new Error(`canned answers that nobody asked for: ${left.join(', ')}`))
  if (rejections.length > 0) blame(this, unhandledError(rejections))
  if (leak) blame(this, leak)
  // Fault 136
  if (warning) blame(this, new Error('Node warned', { cause: warning }))
}

function unhandledError(reasons: unknown[]): Error {
  return new Error(`unhandled: ${reasons.map(String).join(', ')}`, { cause: reasons[0] })
}

function blame({ test }: Context, failure: Error): void {
  if (!(test instanceof Hook)) throw failure
  test.error(failure)
}

export const mochaHooks: RootHookObject = {
  async beforeAll() {
    // With `--parallel`, each file is a run of its own, at whose end mocha removes this listener.
    over = false
    if (!process.listeners('unhandledRejection').includes(onRejection)) process.on('unhandledRejection', onRejection)
    nock.disableNetConnect()
    nock.enableNetConnect(/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/)
    watchLibrary()
    // The library of the specs that are imported is another copy.
    const imported = await import('./leak-detection-hooks.ts')
    imported.watchLibrary()
  },
  beforeEach: startLeakDetection,
  afterEach: blameLeftovers,
  async afterAll() {
    await new Promise((resolve) => setImmediate(resolve))
    over = true
    if (unhandled.size > 0) throw unhandledError([...unhandled])
  },
}
