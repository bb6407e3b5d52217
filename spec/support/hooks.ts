// For every spec: no connection leaves this machine, nothing canned is left over, no rejection goes unhandled.
import type { RootHookObject } from 'mocha'
import nock from 'nock'

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))

export const mochaHooks: RootHookObject = {
  beforeAll() {
    nock.disableNetConnect()
    nock.enableNetConnect(/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/)
  },
  async afterEach() {
    // An unhandled rejection is told a turn later.
    await new Promise((resolve) => setImmediate(resolve))
    const left = nock.pendingMocks()
    const rejections = unhandled.splice(0)
    nock.cleanAll()
    if (left.length > 0) throw new Error(`canned answers that nobody asked for: ${left.join(', ')}`)
    if (rejections.length > 0) throw new AggregateError(rejections, `unhandled: ${rejections.map(String).join(', ')}`)
  },
}
