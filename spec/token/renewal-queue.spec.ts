import { expect } from 'chai'
import { RenewalQueue } from '../../lib/token/renewal-queue.ts'
import { flush } from '../support/clock.ts'
import { deferred, type Deferred } from '../support/deferred.ts'

/** Jobs that run until they are told to end. */
class Jobs {
  readonly started: string[] = []
  readonly #ends = new Map<string, Deferred<string>>()

  job(name: string): () => Promise<string> {
    return () => {
      this.started.push(name)
      const end = deferred<string>()
      this.#ends.set(name, end)
      return end.promise
    }
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.resolve(name)
    await flush()
  }

  async fail(name: string): Promise<void> {
    this.#ends.get(name)?.reject(new Error(name))
    await flush()
  }
}

describe('RenewalQueue', () => {
  const key = {}
  const family = {}

  it('finds a renewal by its key until it has ended', async () => {
    const queue = new RenewalQueue(4)
    const jobs = new Jobs()
    const flight = queue.start<string>(key, family, true, jobs.job('a'))
    await flush()
    expect(queue.flight(key)).to.equal(flight)
    await jobs.end('a')
    expect(await flight.promise).to.equal('a')
    expect(queue.flight(key)).to.equal(undefined)
  })

  it('removes a renewal that fails or whose job throws', async () => {
    const queue = new RenewalQueue(4)
    const broken = queue.start<string>(key, family, true, () => {
      throw new Error('at once')
    })
    await expectRejection(broken.promise, 'at once')
    expect(queue.flight(key)).to.equal(undefined)
  })

  it('handles the rejection of a renewal without waiting callers', async () => {
    const queue = new RenewalQueue(4)
    const jobs = new Jobs()
    queue.start<string>(key, family, false, jobs.job('a'))
    await flush()
    // An unhandled rejection fails the run: the root hooks listen for it.
    await jobs.fail('a')
    expect(queue.flight(key)).to.equal(undefined)
  })

  it('runs one job per refresh token at a time', async () => {
    const queue = new RenewalQueue(4)
    const jobs = new Jobs()
    queue.start<string>({}, family, true, jobs.job('a'))
    queue.start<string>({}, family, true, jobs.job('b'))
    queue.start<string>({}, {}, true, jobs.job('of another family'))
    await flush()
    expect(jobs.started).to.have.members(['a', 'of another family'])
    await jobs.end('a')
    expect(jobs.started).to.deep.equal(['a', 'of another family', 'b'])
  })

  it('runs the next job of a refresh token when one fails', async () => {
    const queue = new RenewalQueue(4)
    const jobs = new Jobs()
    queue.start<string>({}, family, true, jobs.job('a'))
    queue.start<string>({}, family, true, jobs.job('b'))
    await flush()
    await jobs.fail('a')
    expect(jobs.started).to.deep.equal(['a', 'b'])
  })

  it('runs at most the given number of jobs at once', async () => {
    const queue = new RenewalQueue(2)
    const jobs = new Jobs()
    for (const name of ['a', 'b', 'c']) queue.start<string>({}, {}, true, jobs.job(name))
    await flush()
    expect(jobs.started).to.deep.equal(['a', 'b'])
    await jobs.end('a')
    expect(jobs.started).to.deep.equal(['a', 'b', 'c'])
  })

  it('runs renewals with waiting callers first', async () => {
    const queue = new RenewalQueue(1)
    const jobs = new Jobs()
    const late = {}
    queue.start<string>({}, {}, true, jobs.job('first'))
    queue.start<string>({}, {}, false, jobs.job('background'))
    queue.start<string>(late, {}, false, jobs.job('hurried'))
    queue.start<string>({}, {}, true, jobs.job('urgent'))
    await flush()
    queue.prioritise(late)
    for (const name of ['first', 'urgent', 'hurried', 'background']) await jobs.end(name)
    expect(jobs.started.slice(0, 1)).to.deep.equal(['first'])
    expect(jobs.started.slice(1, 3)).to.have.members(['urgent', 'hurried'])
    expect(jobs.started[3]).to.equal('background')
  })

  it('prioritises a renewal that is not queued yet, once it is', async () => {
    const queue = new RenewalQueue(1)
    const jobs = new Jobs()
    const second = {}
    queue.start<string>({}, family, true, jobs.job('first of the family'))
    queue.start<string>(second, family, false, jobs.job('second of the family'))
    await flush()
    queue.prioritise(second)
    queue.start<string>({}, {}, false, jobs.job('background'))
    await flush()
    await jobs.end('first of the family')
    await jobs.end('background')
    expect(jobs.started).to.have.members(['first of the family', 'background', 'second of the family'])
  })

  it('abandons a renewal without touching the one that replaced it', async () => {
    const queue = new RenewalQueue(4)
    const jobs = new Jobs()
    const old = queue.start<string>(key, {}, true, jobs.job('old'))
    queue.abandon(key)
    const next = queue.start<string>(key, {}, true, jobs.job('new'))
    await flush()
    await jobs.end('old')
    expect(await old.promise).to.equal('old')
    expect(queue.flight(key)).to.equal(next)
  })
})

async function expectRejection(promise: Promise<unknown>, message: string): Promise<void> {
  const outcome = await promise.then(
    () => 'resolved',
    (error: unknown) => (error as Error).message,
  )
  expect(outcome).to.equal(message)
}
