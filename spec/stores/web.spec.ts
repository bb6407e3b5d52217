import { expect } from 'chai'
import { forceCloseDatabase } from 'fake-indexeddb'
import { StoreError, StoreUnavailable, type TokenStore } from '../../lib/stores/token-store.ts'
import { webStore } from '../../lib/stores/web.ts'
import type { TokenEvents } from '../../lib/token/events.ts'
import type { TokenManager } from '../../lib/token/token-manager.ts'
import { systemClock } from '../../lib/util/clock.ts'
import { FakePage, HeldTimers } from '../support/browser.ts'
import { flush } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { type Members, membersOver, type StrictServer } from '../support/sessions.ts'
import { itIsATokenStore } from './contract.ts'

/** Milliseconds of one attempt. */
const ATTEMPT = 2_000

let page: FakePage
const inAPage = (): void => {
  beforeEach(() => {
    page = new FakePage()
  })
  afterEach(() => {
    page.leave()
  })
}

describe('webStore(name)', () => {
  inAPage()
  itIsATokenStore(() => webStore('claims'), ['watch', 'presence'])

  it('throws a TypeError for an invalid name', () => {
    for (const name of [undefined, '', 7])
      expect(() => webStore(name as string))
        .to.throw(TypeError, 'tokenflight: name: expected a text')
        .with.property('code', 'ERR_INVALID_ARG')
  })

  it('shares nothing with a store of another name', async () => {
    await webStore('one').swap('a', undefined, 'one')
    expect(await webStore('other').read('a')).to.equal(undefined)
    expect((await page.indexedDB.databases()).map(({ name }) => name)).to.deep.equal([
      'tokenflight:one',
      'tokenflight:other',
    ])
  })

  it('makes each swap in one transaction with strict durability', async () => {
    const store = webStore('app')
    await store.read('a')
    const begun: unknown[] = []
    page.onTransaction((begin, args) => {
      begun.push(args)
      return begin()
    })
    await store.swap('a', undefined, 'one')
    expect(begun).to.deep.equal([['records', 'readwrite', { durability: 'strict' }]])
  })

  it('opens a database upgraded by a later version of the library', async () => {
    await webStore('app').swap('a', undefined, 'one')
    await new Promise<void>((resolve, reject) => {
      const request = page.indexedDB.open('tokenflight:app', 7)
      request.onupgradeneeded = () => request.result.createObjectStore('more')
      request.onsuccess = () => {
        request.result.close()
        resolve()
      }
      request.onerror = () => {
        reject(new Error(request.error?.name))
      }
    })
    expect(await webStore('app').read('a')).to.equal('one')
  })

  it('works without the Web Locks API and without BroadcastChannel', async () => {
    page.set('navigator', {})
    page.set('BroadcastChannel', undefined)
    const store = webStore('app')
    expect(store.presence).to.equal(undefined)
    const stop = store.watch?.('a', () => undefined)
    expect(await store.swap('a', undefined, 'one')).to.equal(true)
    expect(await store.read('a')).to.equal('one')
    stop?.()
  })

  it('reports that changes may have been missed only after a freeze or the back/forward cache', () => {
    const told: unknown[] = []
    const stop = webStore('app').watch?.('a', (missed) => told.push(missed))
    page.dispatch('pageshow', { persisted: false })
    expect(told).to.deep.equal([])
    page.dispatch('pageshow', { persisted: true })
    page.dispatch('resume')
    expect(told).to.deep.equal([true, true])
    stop?.()
    page.dispatch('resume')
    expect(told).to.have.length(2)
  })

  it('closes its BroadcastChannel in the back/forward cache, and opens it again afterwards', async () => {
    const [store, other] = [webStore('app'), webStore('app')]
    const told: unknown[] = []
    const stop = store.watch?.('a', (missed) => told.push(missed))
    page.dispatch('pagehide')
    await other.swap('a', undefined, 'one')
    await flush()
    expect(told).to.deep.equal([])
    page.dispatch('pageshow', { persisted: true })
    await other.swap('a', 'one', 'two')
    while (told.length < 2) await flush()
    expect(told).to.deep.equal([true, undefined])
    stop?.()
  })

  it('reports a page as gone when its lock is released, and after its presence has ended', async () => {
    const { presence } = webStore('app')
    if (!presence) throw new Error('no presence')
    const [one, other] = [await presence.begin(), await presence.begin()]
    page.locks.drop(one.name)
    expect(await presence.gone(one.name)).to.equal(true)
    expect(await presence.gone(other.name)).to.equal(false)
    other.end()
    await flush()
    expect(page.locks.names).to.deep.equal([])
    expect(await presence.gone(other.name)).to.equal(true)
  })

  it('releases a lock that was granted too late', async () => {
    const timers = new HeldTimers(page, ATTEMPT)
    const { request } = page.locks
    let grant = (): void => undefined
    page.set('navigator', {
      locks: {
        request: async (name: string, act: () => Promise<void>) => {
          await new Promise<void>((resolve) => {
            grant = resolve
          })
          await request(name, act)
        },
      },
    })
    const beginning = failureOf(Promise.resolve(webStore('app').presence?.begin()))
    timers.end()
    expect(await beginning).to.have.property('name', 'TimeoutError')
    grant()
    await flush()
    expect(page.locks.names).to.deep.equal([])
  })
})

// S38
describe('webStore(name) with a lost connection', () => {
  inAPage()

  /** A store whose connection is open. */
  async function opened(): Promise<{ store: TokenStore; database: IDBDatabase; opens: () => number }> {
    const databases = page.opened()
    const store = webStore('app')
    await store.swap('a', undefined, 'one')
    const [database] = databases
    if (!database) throw new Error('nothing was opened')
    return { store, database, opens: () => databases.length }
  }

  it('opens another when the browser closes it, with or without an event', async () => {
    const { store, database, opens } = await opened()
    forceCloseDatabase(database as never)
    await flush()
    expect(await store.read('a')).to.equal('one')
    expect(opens()).to.equal(2)
    const other = await opened()
    other.database.close()
    expect(await other.store.swap('a', 'one', 'two')).to.equal(true)
    expect(other.opens()).to.equal(2)
  }).timeout(5_000)

  it('lets others delete the database, and continues with a new one', async () => {
    const { store, opens } = await opened()
    await new Promise<void>((resolve, reject) => {
      const request = page.indexedDB.deleteDatabase('tokenflight:app')
      request.onsuccess = () => {
        resolve()
      }
      request.onblocked = reject
    })
    expect(await store.read('a')).to.equal(undefined)
    expect(await store.swap('a', undefined, 'two')).to.equal(true)
    expect(opens()).to.equal(2)
  })

  it('opens another once; then it rejects with the name of the error', async () => {
    const { store, opens } = await opened()
    page.onTransaction(() => {
      throw Object.assign(new Error('it held RT-secret'), { name: 'UnknownError' })
    })
    const error = (await failureOf(Promise.resolve(store.swap('a', 'one', 'two')))) as Error
    expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailable)
    expect(error.message).to.equal('webStore: IndexedDB failed (UnknownError)')
    expect(opens()).to.equal(2)
  })

  it('does not fall back to memory after it was open once, so that the session is not split', async () => {
    const { store, database } = await opened()
    database.close()
    page.set('indexedDB', undefined)
    const error = await failureOf(Promise.resolve(store.read('a')))
    expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailable)
    page.set('indexedDB', page.indexedDB)
    expect(await store.read('a')).to.equal('one')
  })

  it('recognises its own swap whose completion event was lost', async () => {
    const { store } = await opened()
    const timers = new HeldTimers(page, ATTEMPT)
    const ended = deferred()
    let isFirst = true
    page.onTransaction((begin) => {
      const transaction = begin()
      if (!isFirst) return transaction
      isFirst = false
      transaction.addEventListener('complete', () => {
        ended.resolve()
      })
      return Object.defineProperty(transaction, 'oncomplete', { value: null, writable: true })
    })
    const swapping = Promise.resolve(store.swap('a', 'one', 'two'))
    await ended.promise
    timers.end()
    expect(await swapping).to.equal(true)
    expect(await store.read('a')).to.equal('two')
    expect(timers.count).to.equal(0)
  })

  it('aborts a hanging operation after two attempts of 2 s', async () => {
    const { store } = await opened()
    const timers = new HeldTimers(page, ATTEMPT)
    page.indexedDB.open = () => ({}) as IDBOpenDBRequest
    const other = webStore('app')
    const reading = failureOf(Promise.resolve(other.read('a')))
    await flush()
    timers.end()
    await flush()
    timers.end()
    const error = (await reading) as Error
    expect(error).to.be.instanceOf(StoreError).and.not.instanceOf(StoreUnavailable)
    expect(error.message).to.equal('webStore: IndexedDB failed (TimeoutError)')
    expect(await store.read('a')).to.equal('one')
  })

  it('closes a connection that was opened too late', async () => {
    const timers = new HeldTimers(page, ATTEMPT)
    const late = page.opened()
    const reading = webStore('app').read('a')
    timers.end()
    expect(await reading).to.equal(undefined)
    expect(() => late[0]?.transaction('records'))
      .to.throw()
      .with.property('name', 'InvalidStateError')
  })
})

describe('webStore(name) without IndexedDB', () => {
  inAPage()

  const refusing = (name: string): IDBFactory['open'] => {
    return () => {
      const request = { error: { name }, onerror: (): void => undefined }
      queueMicrotask(() => {
        request.onerror()
      })
      return request as unknown as IDBOpenDBRequest
    }
  }
  const ways: Record<string, [string, () => void]> = {
    'is missing': [
      'missing',
      () => {
        page.set('indexedDB', undefined)
      },
    ],
    'refuses, as in a sandboxed frame': [
      'SecurityError',
      () =>
        (page.indexedDB.open = () => {
          throw Object.assign(new Error('The operation is insecure.'), { name: 'SecurityError' })
        }),
    ],
    'fails to open, as where site data is blocked': [
      'InvalidStateError',
      () => (page.indexedDB.open = refusing('InvalidStateError')),
    ],
  }
  for (const [how, [name, arrange]] of Object.entries(ways))
    it(`throws StoreUnavailable where it ${how}`, async () => {
      arrange()
      const error = (await failureOf(Promise.resolve(webStore('app').read('a')))) as Error
      expect(error).to.be.instanceOf(StoreUnavailable)
      expect(error.message).to.equal(`webStore: IndexedDB cannot be opened (${name})`)
    })
})

describe('Tabs with a webStore(name)', () => {
  inAPage()

  /** Managers of one session, each with a store of its own. */
  function tabs(): { server: StrictServer; members: Members; one: TokenManager; other: TokenManager } {
    const members = membersOver(undefined)
    const open = (): TokenManager => members.consented({ store: webStore('app'), clock: systemClock })
    return { server: members.server, members, one: open(), other: open() }
  }
  const next = <Name extends keyof TokenEvents>(tokens: TokenManager, name: Name): Promise<TokenEvents[Name]> =>
    new Promise((resolve) => {
      tokens.on(name, resolve)
    })

  it('share one login, one renewal and one logout, of which each is notified at once', async () => {
    const { server, members, one, other } = tabs()
    await failureOf(other.token())
    const adopted = next(other, 'adopted')
    await members.exchange(one)
    expect(await adopted).to.include({ elsewhere: true })
    expect(other.status).to.equal('signed-in')
    const token = await other.token()
    const renewed = await Promise.all([one.renew(token), other.renew(token)])
    expect(renewed.map(({ accessToken }) => accessToken)).to.deep.equal(['AT-2', 'AT-2'])
    expect(server.presented).to.deep.equal(['RT-1'])
    const cleared = next(other, 'cleared')
    await one.clear()
    expect(await cleared).to.include({ elsewhere: true })
    expect(other.status).to.equal('signed-out')
    expect(page.locks.names).to.deep.equal([])
  })

  // S24
  it('stay signed out when one logs out during a renewal of another; the new tokens are revoked', async () => {
    const { server, members, one, other } = tabs()
    await members.exchange(one)
    const release = server.hold()
    const renewing = failureOf(one.renew(await one.token()))
    while (server.calls < 2) await flush()
    await other.clear()
    release()
    expect(await renewing).to.include({ reason: 'cleared' })
    expect([one.status, other.status]).to.deep.equal(['signed-out', 'signed-out'])
    while (server.revoked.length < 2) await flush()
    expect(server.revoked).to.include('RT-2')
  })

  // S25
  it('keep a login during a renewal of another tab', async () => {
    const { server, members, one, other } = tabs()
    await members.exchange(one)
    const release = server.hold()
    const renewing = one.renew(await one.token())
    while (server.calls < 2) await flush()
    const login = server.login()
    await other.adopt({ ...login, expiresIn: 3_600 })
    release()
    expect((await renewing).accessToken).to.equal(login.accessToken)
    expect(server.accepts(login.refreshToken)).to.equal(true)
  })

  it('take over at once the claim of a tab that is gone', async () => {
    const { server, members, one, other } = tabs()
    await members.exchange(one)
    const token = await other.token()
    server.next('hang')
    one.renew(token).catch(() => undefined)
    while (server.calls < 2) await flush()
    const [lock = ''] = page.locks.names
    page.locks.drop(lock)
    const takenOver = next(other, 'taken-over')
    expect((await other.renew(token)).accessToken).to.equal('AT-2')
    expect(await takenOver).to.include({ why: 'gone' })
  })

  it('do not access the store for a fresh token', async () => {
    const { members, one } = tabs()
    await members.exchange(one)
    await flush()
    let begun = 0
    page.onTransaction((begin) => {
      begun += 1
      return begin()
    })
    for (let nth = 0; nth < 1_000; nth += 1) expect(one.peek()).to.equal(await one.token())
    expect(begun).to.equal(0)
  })

  it('keep the session in memory without IndexedDB, and report it once', async () => {
    page.set('indexedDB', undefined)
    const { members, one } = tabs()
    const failures: unknown[] = []
    one.on('store-failed', ({ reason, message }) => failures.push([reason, message]))
    await failureOf(one.token())
    await members.exchange(one)
    const token = await one.token()
    expect((await one.renew(token)).accessToken).to.equal('AT-2')
    await one.clear()
    expect(failures).to.deep.equal([['unavailable', 'webStore: IndexedDB cannot be opened (missing)']])
  })
})
