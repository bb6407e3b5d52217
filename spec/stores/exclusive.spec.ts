import { expect } from 'chai'
import { exclusiveStore, type ExclusiveStorage } from '../../lib/stores/exclusive.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { inTime, membersOver } from '../support/sessions.ts'
import { itIsATokenStore } from './contract.ts'

/** Storage over a map; each call settles `turns` turns of the event loop later. */
function storageOf(turns = 0, nothing?: null): ExclusiveStorage & { readonly texts: Map<string, string> } {
  const texts = new Map<string, string>()
  const later = async <T>(act: () => T): Promise<T> => {
    for (let n = 0; n < turns; n += 1) await new Promise((resolve) => setImmediate(resolve))
    return act()
  }
  return {
    texts,
    get: (key) => later(() => texts.get(key) ?? nothing),
    set: (key, text) => later(() => texts.set(key, text)),
    delete: (key) => later(() => texts.delete(key)),
  }
}

describe('exclusiveStore(storage)', () => {
  describe('with synchronous storage', () => {
    const make = (): ExclusiveStorage => {
      const texts = new Map<string, string>()
      return {
        get: (key) => texts.get(key),
        set: (key, text) => texts.set(key, text),
        delete: (key) => texts.delete(key),
      }
    }
    const store = exclusiveStore(make())
    itIsATokenStore(() => store)
  })
  describe('with asynchronous storage', () => {
    const store = exclusiveStore(storageOf(2))
    itIsATokenStore(() => store)
  })
  describe('with storage that returns null where there is no text', () => {
    const store = exclusiveStore(storageOf(0, null))
    itIsATokenStore(() => store)
  })
  describe('with storage that has the methods of the Web Storage API', () => {
    class Items {
      readonly #texts = new Map<string, string>()
      getItem(key: string): string | null {
        return this.#texts.get(key) ?? null
      }
      setItem(key: string, text: string): void {
        this.#texts.set(key, text)
      }
      removeItem(key: string): void {
        this.#texts.delete(key)
      }
    }
    const store = exclusiveStore(new Items())
    itIsATokenStore(() => store)
  })

  it('throws a TypeError that names a missing method of the storage', () => {
    const act = (): undefined => undefined
    for (const [missing, storage] of [
      ['get', undefined],
      ['get', null],
      ['get', 'text'],
      ['get', { set: act, delete: act }],
      ['set', { get: act, delete: act }],
      ['delete', { get: act, set: act }],
      ['setItem', { getItem: act, removeItem: act }],
      ['removeItem', { getItem: act, setItem: act }],
    ] as const)
      expect(() => exclusiveStore(storage as never))
        .to.throw(TypeError, missing)
        .with.property('code', 'ERR_INVALID_ARG')
  })

  it('calls the methods of the storage with it as `this`', async () => {
    class Storage {
      readonly #texts = new Map<string, string>()
      get(key: string): string | undefined {
        return this.#texts.get(key)
      }
      set(key: string, text: string): void {
        this.#texts.set(key, text)
      }
      delete(key: string): void {
        this.#texts.delete(key)
      }
    }
    const store = exclusiveStore(new Storage())
    expect(await store.swap('a', undefined, 'one')).to.equal(true)
    expect(await store.read('a')).to.equal('one')
  })

  it('rejects with the error of the storage, and continues after it', async () => {
    const storage = storageOf()
    let broken = true
    const store = exclusiveStore({
      ...storage,
      set(key, text) {
        if (broken) throw new Error('the disk is full')
        return storage.set(key, text)
      },
    })
    expect(await failureOf(Promise.resolve(store.swap('a', undefined, 'one')))).to.include({
      message: 'the disk is full',
    })
    expect(await store.read('a')).to.equal(undefined)
    broken = false
    expect(await store.swap('a', undefined, 'one')).to.equal(true)
  })

  it('starts no operation before the previous one has ended', async () => {
    const storage = storageOf()
    const gate = deferred()
    const order: string[] = []
    const store = exclusiveStore({
      ...storage,
      async set(key, text) {
        order.push(`set ${text}`)
        await gate.promise
        order.push(`has set ${text}`)
        await storage.set(key, text)
      },
    })
    const swapping = [store.swap('a', undefined, 'one'), store.swap('a', 'one', 'two')].map((swap) =>
      Promise.resolve(swap),
    )
    const reading = store.read('a')
    gate.resolve()
    expect(await Promise.all(swapping)).to.deep.equal([true, true])
    expect(await reading).to.equal('two')
    expect(order).to.deep.equal(['set one', 'has set one', 'set two', 'has set two'])
  })

  it('keeps a session across a restart', async () => {
    const storage = storageOf(1)
    const members = membersOver(exclusiveStore(storage))
    const { clock, server } = members
    await members.exchange(members.consented())
    await clock.advance(3_600_000)
    const restarted = members.consented({ store: exclusiveStore(storage) })
    expect((await inTime(clock, restarted.token())).accessToken).to.equal('AT-2')
    expect(server.presented).to.deep.equal(['RT-1'])
    expect(storage.texts.size).to.equal(1)
  })
})
