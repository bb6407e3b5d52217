// For every spec: no connection to another machine, no unused nock interceptor, no unhandled rejection, no warning of Node, no leaked
// secret.
import { Hook, type Context, type RootHookObject } from 'mocha'
import nock from 'nock'
import { startLeakDetection, endLeakDetection, watchLibrary } from './leak-detection-hooks.ts'

// A set, as mocha emits each rejection again.
const unhandled = new Set<unknown>()
// Warnings of dependencies, and of invalid timeouts in specs.
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
  // The exit code is set after the listener in which mocha sets its own.
  setTimeout(() => process.on('exit', () => (process.exitCode = 1)))
}

/** Fails the spec; an error thrown here would end the run. */
async function blameLeftovers(this: Context): Promise<void> {
  // An unhandled rejection is reported a turn later.
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
    // With `--parallel`, each file is a separate run, after which mocha removes this listener.
    over = false
    if (!process.listeners('unhandledRejection').includes(onRejection)) process.on('unhandledRejection', onRejection)
    nock.disableNetConnect()
    nock.enableNetConnect(/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/)
    watchLibrary()
    // Imported specs use another copy of the library.
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
