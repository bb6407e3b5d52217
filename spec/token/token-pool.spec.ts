import '../support/instant-digest.ts'
import { expect } from 'chai'
import fc from 'fast-check'
import { memoryStore } from '../../lib/stores/memory.ts'
import { createTokenPool, type TokenPool, type TokenPoolOptions } from '../../lib/token/token-pool.ts'
import { withClearedWeakRefs } from '../interleavings/cleared-weak-refs.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { plain } from '../support/managers.ts'
import { SharedMemory, storedSession } from '../support/stores.ts'

type Options = Partial<TokenPoolOptions<typeof plain, 'password'>>

function poolOf(options: Options = {}): { clock: VirtualClock; endpoint: FakeEndpoint; pool: TokenPool } {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  // Every account's tokens bear its name.
  let issued = 0
  endpoint.always((params) => {
    issued += 1
    const of = params.get('username') ?? params.get('refresh_token')?.split('.')[1] ?? ''
    const body = { access_token: `AT.${of}.${String(issued)}`, refresh_token: `RT.${of}.${String(issued)}` }
    return answer(200, { ...body, expires_in: 3600 })
  })
  const pool = createTokenPool({
    provider: plain,
    grant: 'password',
    credentials: (account) => ({ clientId: 'c', clientSecret: 's', username: account, password: `of ${account}` }),
    transport: endpoint.transport,
    clock,
    ...options,
  })
  return { clock, endpoint, pool }
}

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `account-${String(n)}`)

describe('createTokenPool(options)', () => {
  it('returns the same manager for the same account', () => {
    const { pool } = poolOf()
    expect(pool.for('a')).to.equal(pool.for('a'))
    expect(pool.for('a')).to.not.equal(pool.for('b'))
  })

  // Fault 160
  for (const [separator, sent] of [
    [undefined, 'read write'],
    [',', 'read,write'],
  ] as const)
    it(`accepts scopes as text or as a list, and sends ${sent}`, async () => {
      const token = { ...plain.token, params: { ...plain.token.params, scope: '{scope?}' } }
      const provider = { ...plain, token, ...(separator && { scopes: { separator } }) }
      const { endpoint, pool } = poolOf({ provider, scope: ['read', 'write'] })
      expect(pool.for('a', { scope: ['read', 'write'] })).to.equal(pool.for('a', { scope: 'read write' }))
      await Promise.all([pool.for('a').token(), pool.for('b', { scope: 'read write' }).token()])
      expect(endpoint.params.map((params) => params.get('scope'))).to.deep.equal([sent, sent])
    })

  it('returns another manager for each account and scope, for any names', () => {
    const { pool } = poolOf()
    const texts = ['a', 'b', 'a,b', '"a","b"', '["a","b"]', '["a",null]', '["a"]', '[', 'null']
    const asked = texts.flatMap((account) => [pool.for(account), ...texts.map((scope) => pool.for(account, { scope }))])
    expect(new Set(asked)).to.have.length(texts.length * (texts.length + 1))
  })

  // Fault 8
  it('sends one token request for each of 100 accounts with 100 concurrent callers each', async () => {
    const { endpoint, pool } = poolOf()
    const wanted = names(100).flatMap((name) => Array.from({ length: 100 }, () => name))
    const tokens = await Promise.all(
      wanted.map(async (name) => [name, (await pool.for(name).token()).accessToken] as const),
    )
    expect(endpoint.calls).to.equal(100)
    for (const [name, accessToken] of tokens) expect(accessToken.split('.')[1]).to.equal(name)
  })

  // Fault 9
  it('sends a refresh token shared by two scopes in one request at a time; the second uses the rotated one', async () => {
    const { clock, endpoint, pool } = poolOf()
    const read = pool.for('a', { scope: 'read' })
    const write = pool.for('a', { scope: 'write' })
    await read.token()
    await write.token()
    await clock.advance(3_600_000)
    await Promise.all([read.token(), write.token()])
    const spent = endpoint.params.map((params) => params.get('refresh_token')).filter((token) => token !== null)
    expect(new Set(spent).size).to.equal(spent.length)
    expect(endpoint.mostBusy).to.equal(1)
  })

  it('ends the session of every scope by clear(), and discards the running renewal', async () => {
    const { clock, endpoint, pool } = poolOf()
    const [read, write] = [pool.for('a', { scope: 'read' }), pool.for('a', { scope: 'write' })]
    await read.token()
    await write.token()
    await clock.advance(3_600_000)
    const release = endpoint.hold()
    const waiting = read.token().catch(() => undefined)
    await flush()
    await read.clear()
    expect(write.peek()).to.equal(undefined)
    release()
    await waiting
    await write.token()
    const grants = endpoint.params.map((params) => params.get('grant_type'))
    expect(grants).to.deep.equal(['password', 'refresh_token', 'refresh_token', 'password'])
  })

  it('continues with the one refresh token that the scopes of an account share in the store', async () => {
    const scopes = ['read', 'write']
    for (const order of [scopes, scopes.toReversed()]) {
      const store = memoryStore()
      const earlier = poolOf({ store })
      for (const scope of scopes) {
        await earlier.pool.for('a', { scope }).token()
        await earlier.clock.advance(1_000)
      }
      const { clock, endpoint, pool } = poolOf({ store })
      for (const scope of order) await pool.for('a', { scope }).token()
      expect(endpoint.calls).to.equal(0)
      await clock.advance(3_601_000)
      await pool.for('a', { scope: 'read' }).token()
      expect(endpoint.params[0]?.get('refresh_token')).to.equal('RT.a.2')
    }
  })

  // Fault 64
  it('never serves the token of another account, in any order of responses', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...names(5)), fc.constantFrom('get', 'renew', 'wait')), { maxLength: 40 }),
        async (steps) => {
          const { clock, pool } = poolOf({ maxAccounts: 3 })
          await Promise.all(
            steps.map(async ([name, step]) => {
              if (step === 'wait') return clock.advance(3_600_000)
              const token = await pool.for(name).token()
              const last = step === 'renew' ? await pool.for(name).renew(token) : token
              expect(last.accessToken.split('.')[1]).to.equal(name)
            }),
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  it('runs at most `concurrency` token requests at once', async () => {
    const { endpoint, pool } = poolOf({ concurrency: 3 })
    await Promise.all(names(50).map((name) => pool.for(name).token()))
    expect(endpoint.mostBusy).to.equal(3)
  })

  it('renews tokens with waiting callers first', async () => {
    const { clock, endpoint, pool } = poolOf({ concurrency: 1 })
    for (const name of ['first', 'background', 'urgent']) await pool.for(name).token()
    await clock.advance(3_320_000)
    const release = endpoint.hold()
    pool.for('first').peek()
    await flush()
    pool.for('background').peek()
    const urgent = pool.for('urgent').token({ minValidity: 1_800_000 })
    await flush()
    release()
    await urgent
    await flush()
    const order = endpoint.params.slice(3).map((params) => params.get('refresh_token')?.split('.')[1])
    expect(order).to.deep.equal(['first', 'urgent', 'background'])
  })

  it('writes the rejection of a token to the store before it evicts the account', () =>
    withClearedWeakRefs(async () => {
      const { clock, endpoint, pool } = poolOf({ maxAccounts: 1, store: memoryStore() })
      const refused = await pool.for('a').token()
      endpoint.next(answer(503, ''), answer(503, ''), answer(503, ''))
      const renewal = failureOf(pool.for('a').renew(refused))
      await clock.advance(10_000)
      await renewal
      pool.for('b')
      await flush()
      pool.for('b')
      expect(pool.size).to.equal(1)
      expect((await pool.for('a').token()).accessToken).to.not.equal(refused.accessToken)
    }))

  // Fault 11
  it('evicts an account whose rejected token is not in its store', () =>
    withClearedWeakRefs(async () => {
      const store = new SharedMemory()
      const { clock, endpoint, pool } = poolOf({
        maxAccounts: 1,
        store: { read: (key) => store.read(key), swap: (key, expected, next) => store.swap(key, expected, next) },
      })
      store.next('read', 'throw')
      const lands = store.late('swap')
      const waiting = pool.for('a').token()
      await clock.advance(6_000)
      const refused = await waiting
      // Another process logs in before the result lands.
      store.put(storedSession({ lineage: 'another' }))
      lands()
      await clock.advance(60_000)
      endpoint.next(answer(503, ''), answer(503, ''), answer(503, ''))
      store.next('read', 'throw')
      const renewal = failureOf(pool.for('a').renew(refused))
      await clock.advance(10_000)
      await renewal
      pool.for('b')
      await flush()
      pool.for('b')
      expect(pool.size).to.equal(1)
    }))

  // Fault 11
  it('keeps at most maxAccounts idle accounts, and reads evicted ones from the store', async () => {
    const { endpoint, pool } = poolOf({ maxAccounts: 10, store: memoryStore() })
    for (const name of names(200)) await pool.for(name).token()
    expect(pool.size).to.equal(10)
    expect((await pool.for('account-0').token()).accessToken).to.equal('AT.account-0.1')
    expect(endpoint.calls).to.equal(200)
  })

  it('evicts no account whose token is not yet in the store', async () => {
    const store = new SharedMemory()
    store.always('swap', 'throw')
    const { clock, pool } = poolOf({ maxAccounts: 2, store })
    for (const name of names(5)) await pool.for(name).token()
    expect(pool.size).to.equal(5)
    store.always('swap', undefined)
    await clock.advance(60_000)
    await pool.for('account-9').token()
    expect(pool.size).to.equal(2)
  })

  it('checks the password before it serves a stored session', async () => {
    const store = memoryStore()
    const right = poolOf({ store })
    await right.pool.for('a').token()
    const wrong = poolOf({
      store,
      credentials: (account) => ({ clientId: 'c', clientSecret: 's', username: account, password: 'guessed' }),
    })
    const again = poolOf({ store })
    await again.pool.for('a').token()
    expect(again.endpoint.calls).to.equal(0)
    await wrong.pool.for('a').token()
    expect(wrong.endpoint.calls).to.equal(1)
  })

  it('rejects the option account, and does not list it among its options', () => {
    const make = createTokenPool as (options: unknown) => unknown
    const base = { provider: plain, grant: 'password', credentials: () => ({}) }
    expect(() => make({ ...base, account: 'a' }))
      .to.throw(
        TypeError,
        /^tokenflight: account: expected no option of this name \(there are provider, .*, maxAccounts, concurrency; perhaps maxAccounts\), got/,
      )
      .with.property('message')
      .that.does.not.match(/one of .*account,/)
  })

  it('throws a TypeError that names a wrong option', () => {
    const make = createTokenPool as (options: unknown) => unknown
    const base = { provider: plain, grant: 'password', credentials: () => ({}) }
    for (const [wrong, name] of [
      [{ maxAccounts: 0 }, 'maxAccounts'],
      [{ concurrency: 1.5 }, 'concurrency'],
      [{ credentials: {} }, 'credentials'],
      [{ grant: 'magic' }, 'grant'],
      [{ scopes: 'x' }, 'scopes'],
    ] as const) {
      expect(() => make({ ...base, ...wrong })).to.throw(TypeError, `tokenflight: ${name}: expected`)
    }
    expect(() => make(undefined)).to.throw(TypeError, 'tokenflight: options: expected an object')
    expect(() => make({ ...base, credentials: undefined })).to.throw(TypeError, 'a function of the account')
    expect(() => make({ ...base, transport: {} })).to.throw(TypeError, 'tokenflight: transport: expected a function')
    const pool = make(base) as TokenPool
    expect(() => pool.for('')).to.throw(TypeError, /account: expected text/)
    expect(() => pool.for('a')).to.throw(TypeError, /credentials\.clientId/)
  })
})
