import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { sleep, raceAbort } from '../../lib/util/abort.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'

const reason = new Error('over')
describe('raceAbort(work, signal)', () => {
  it('settles as the work does, and removes its listener from the signal', async () => {
    const { signal } = new AbortController()
    expect(await raceAbort(Promise.resolve(7), signal)).to.equal(7)
    expect(await failureOf(raceAbort(Promise.reject(reason), signal))).to.equal(reason)
    expect(getEventListeners(signal, 'abort')).to.deep.equal([])
  })

  it('rejects with the reason of the signal, and ignores the result of the work', async () => {
    for (const late of ['resolve', 'reject'] as const) {
      const controller = new AbortController()
      const work = deferred<unknown>()
      const raced = failureOf(raceAbort(work.promise, controller.signal))
      controller.abort(reason)
      expect(await raced).to.equal(reason)
      work[late](new Error('late'))
      await flush()
    }
  })

  it('rejects at once when the signal is already aborted', async () => {
    expect(await failureOf(raceAbort(new Promise(() => undefined), AbortSignal.abort(reason)))).to.equal(reason)
  })
})

describe('sleep(ms, clock, signal)', () => {
  it('resolves after the given time, and does not keep the process alive', async () => {
    const clock = new VirtualClock()
    let over = false
    const paused = sleep(1000, clock, new AbortController().signal).then(() => (over = true))
    expect(clock.held).to.equal(0)
    await clock.advance(999)
    expect(over).to.equal(false)
    await clock.advance(1)
    await paused
    expect(over).to.equal(true)
  })

  it('removes its timer when the signal aborts', async () => {
    const clock = new VirtualClock()
    const controller = new AbortController()
    const paused = failureOf(sleep(1000, clock, controller.signal))
    controller.abort(reason)
    expect(await paused).to.equal(reason)
    expect(clock.timers).to.equal(0)
  })
})
