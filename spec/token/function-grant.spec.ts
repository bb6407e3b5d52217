import { inspect } from 'node:util'
import { expect } from 'chai'
import {
  createTokenManager,
  createTokenPool,
  type FunctionManagerOptions,
  type GetTokenRequest,
  isTokenError,
  ReauthenticationRequiredError,
  TokenRequestError,
  TokenResponseError,
} from '../../lib/index.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import '../support/instant-digest.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { SharedMemory } from '../support/stores.ts'

const second = 1_000
const minute = 60 * second

type Calls = Omit<GetTokenRequest, 'signal'>[]
type Answer = Awaited<ReturnType<FunctionManagerOptions['getToken']>>

/** A manager whose function answers as scripted, or with `T-1`, `T-2` ... for a minute each. */
function setup(options: Partial<FunctionManagerOptions> = {}, ...script: readonly (() => unknown)[]) {
  const clock = new VirtualClock()
  const calls: Calls = []
  const tokens = createTokenManager({
    clock,
    getToken: async ({ signal, ...request }) => {
      expect(signal).to.be.instanceOf(AbortSignal)
      calls.push(request)
      const nth = calls.length
      const answer = script[nth - 1] ?? ((): unknown => ({ accessToken: `T-${String(nth)}`, expiresIn: 60 }))
      return (await answer()) as Answer
    },
    ...options,
  })
  const told: string[] = []
  for (const name of ['reauthentication-required', 'adopted', 'cleared'] as const)
    tokens.on(name, () => told.push(name))
  return { clock, calls, tokens, told }
}

const reject =
  (error: unknown): (() => never) =>
  () => {
    throw error as Error
  }

const jwt = (claims: object): string =>
  `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`

describe('createTokenManager({ getToken })', () => {
  it('calls the function once for all waiting callers, and again when the token expires', async () => {
    const { clock, calls, tokens } = setup()
    const served = await Promise.all(Array.from({ length: 50 }, () => tokens.token()))
    expect(new Set(served.map(({ accessToken }) => accessToken))).to.deep.equal(new Set(['T-1']))
    expect(calls).to.deep.equal([{}])
    await clock.advance(minute)
    expect((await tokens.token()).accessToken).to.equal('T-2')
  })

  it('passes the refresh token, the rejected access token, the scope and the account to the function', async () => {
    const { calls, tokens } = setup({ scope: 'read', account: 'ops' })
    const adopted = await tokens.adopt({ accessToken: 'mine', refreshToken: 'refresh-mine' })
    await tokens.renew(adopted)
    expect(calls).to.deep.equal([{ refreshToken: 'refresh-mine', rejected: 'mine', scope: 'read', account: 'ops' }])
  })

  it('keeps the refresh token that the function returns, or the previous one where it returns none', async () => {
    const { clock, calls, tokens } = setup({}, () => ({ access_token: 'a', refresh_token: 'R-1', expires_in: 60 }))
    await tokens.token()
    await clock.advance(minute)
    await tokens.token()
    await clock.advance(minute)
    await tokens.token()
    expect(calls.map(({ refreshToken }) => refreshToken)).to.deep.equal([undefined, 'R-1', 'R-1'])
  })

  const now = Date.UTC(2026, 0, 1)
  const shapes: [name: string, answer: unknown, expiresAt: number | undefined, scope?: string][] = [
    ['text', 'opaque', undefined],
    ['expiresIn', { accessToken: 'opaque', expiresIn: 90 }, now + 90 * second],
    ['expiresIn as text', { accessToken: 'opaque', expiresIn: '90' }, now + 90 * second],
    ['expiresAt in milliseconds', { accessToken: 'opaque', expiresAt: now + minute }, now + minute],
    ['expiresAt in seconds', { accessToken: 'opaque', expiresAt: (now + minute) / 1_000 }, now + minute],
    ['a Date', { accessToken: 'opaque', expiresAt: new Date(now + minute) }, now + minute],
    ['ISO 8601 text', { accessToken: 'opaque', expiresAt: new Date(now + minute).toISOString() }, now + minute],
    // Fault 158
    ['a date without a zone', { accessToken: 'opaque', expires_at: '2026-01-01 00:01:00' }, now + minute],
    [
      'a token response',
      { access_token: 'opaque', token_type: 'Bearer', expires_in: 60, scope: 'a b' },
      now + minute,
      'a b',
    ],
    [
      'null where nothing is known',
      { accessToken: 'opaque', refreshToken: null, expiresIn: null, scope: null },
      undefined,
    ],
    ['a JWT', { accessToken: jwt({ iat: 1_000, exp: 1_300 }) }, now + 300 * second],
    ['a JWT as text', jwt({ iat: 1_000, exp: 1_300 }), now + 300 * second],
    ['what looks like a JWT', 'ey.no.claims', undefined],
  ]
  for (const [name, answer, expiresAt, scope] of shapes)
    it(`accepts ${name} from the function and from adopt()`, async () => {
      const { tokens } = setup({}, () => answer)
      expect(await tokens.token()).to.include({ ...(expiresAt && { expiresAt }), ...(scope && { scope }) })
      const adopting = setup()
      const adopted = await adopting.tokens.adopt(answer as string)
      expect(adopted.expiresAt).to.equal(expiresAt)
      expect(adopting.calls).to.deep.equal([])
    })

  it('counts the lifetime of a JWT from when it was first returned', async () => {
    const token = jwt({ iat: 1_000, exp: 1_300 })
    const { clock, tokens } = setup(
      {},
      () => token,
      () => token,
    )
    const first = await tokens.token()
    await clock.advance(295 * second)
    await tokens.token()
    expect((await tokens.token()).expiresAt).to.equal(first.expiresAt)
  })

  for (const wrong of [
    7,
    {},
    [],
    { accessToken: 48151623 },
    { accessToken: 'line\nbreak' },
    { status: 200, data: { accessToken: 'secret-in-data' }, headers: {} },
    { accessToken: 'a', expiresAt: 'tomorrow' },
  ])
    it(`rejects with TokenResponseError and backs off where the function returns ${JSON.stringify(wrong)}`, async () => {
      const { tokens, calls } = setup({}, () => wrong)
      const error = await failureOf(tokens.token())
      expect(error).to.be.instanceOf(TokenResponseError).and.include({ reason: 'no_token', provider: 'getToken' })
      expect(await failureOf(tokens.token())).to.equal(error)
      expect(calls).to.have.length(1)
      expect(tokens.status).to.equal('backing-off')
    })

  describe('where the function returns no token', () => {
    for (const nothing of [undefined, null])
      it(`rejects without an event, and does not call again until adopt(): ${String(nothing)}`, async () => {
        const { tokens, calls, told } = setup({}, () => nothing)
        for (let n = 0; n < 3; n += 1)
          expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
        expect([calls.length, told, tokens.status]).to.deep.equal([1, [], 'signed-out'])
        await tokens.adopt('mine')
        expect((await tokens.token()).accessToken).to.equal('mine')
      })

    for (const call of ['clear', 'retryNow'] as const)
      it(`calls again after ${call}()`, async () => {
        const { tokens } = setup({}, () => undefined)
        await failureOf(tokens.token())
        await tokens[call]()
        expect((await tokens.token()).accessToken).to.equal('T-2')
      })

    it('emits reauthentication-required where there was a session', async () => {
      const { clock, tokens, told } = setup(
        {},
        () => 'mine',
        () => null,
      )
      const first = await tokens.token()
      expect(await failureOf(tokens.renew(first))).to.be.instanceOf(ReauthenticationRequiredError)
      await clock.advance(minute)
      expect([told, tokens.status]).to.deep.equal([['reauthentication-required'], 'signed-out'])
    })
  })

  describe('where the function rejects', () => {
    const asAxios = (status: number, data: unknown = ''): object =>
      Object.assign(new Error('Request failed'), {
        config: { data: 'refresh-secret-value' },
        response: { status, data },
      })
    const over: [name: string, error: unknown][] = [
      ['an error of axios, 401', asAxios(401)],
      ['an error of axios, 401 with a text', asAxios(401, 'no')],
      ['an error of axios, 401 with a message', asAxios(401, { message: 'no' })],
      ['an error with status 401', Object.assign(new Error('no'), { status: 401 })],
      ['a Response, 401', new Response('', { status: 401 })],
      ['invalid_grant in a body, 400', asAxios(400, { error: 'invalid_grant' })],
      ['invalid_grant in a Response, 400', new Response('{"error":"invalid_grant"}', { status: 400 })],
      ['ReauthenticationRequiredError', new ReauthenticationRequiredError('sdk', 'log in')],
    ]
    for (const [name, error] of over)
      // Fault 162
      it(`ends the session at once on ${name}, and quotes nothing from it`, async () => {
        const { tokens, calls, told } = setup({}, reject(error))
        await tokens.adopt({ refreshToken: 'refresh-secret-value', accessToken: 'a', expiresIn: 0 })
        const failure = await failureOf(tokens.token())
        expect(failure).to.be.instanceOf(ReauthenticationRequiredError)
        leakDetector().inspect('a rejection', failure)
        expect(await failureOf(tokens.token())).to.equal(failure)
        expect([calls.length, told, tokens.status]).to.deep.equal([
          1,
          ['adopted', 'reauthentication-required'],
          'ended',
        ])
      })

    for (const status of [400, 403])
      // Fault 162
      it(`ends the session at the third ${String(status)} in a row`, async () => {
        const answers = [1, 2, 3].map(() => reject(asAxios(status)))
        const { clock, tokens, calls } = setup({}, ...answers)
        await tokens.adopt({ refreshToken: 'r' }).catch(() => undefined)
        for (let n = 2; n <= 3; n += 1) {
          expect(tokens.status).to.equal('backing-off')
          await clock.advance(minute)
          await failureOf(tokens.token())
          expect(calls).to.have.length(n)
        }
        expect(tokens.status).to.equal('ended')
      })

    for (const error of [
      asAxios(500),
      asAxios(429),
      new Error('network'),
      new TypeError('fetch failed'),
      'text',
      undefined,
    ])
      it(`backs off without ending the session after ${inspect(error, { depth: 0 }).split('\n')[0] ?? ''}`, async () => {
        const { clock, tokens, calls, told } = setup({}, reject(error), reject(error))
        const failure = await failureOf(tokens.token())
        expect(failure).to.be.instanceOf(TokenRequestError).and.include({ reason: 'function' })
        expect((failure as Error).cause).to.equal(undefined)
        await failureOf(tokens.token())
        expect(calls).to.have.length(1)
        await clock.advance(minute)
        await failureOf(tokens.token())
        await clock.advance(minute)
        expect((await tokens.token()).accessToken).to.equal('T-3')
        expect(told).to.deep.equal([])
      })

    for (const [how, error] of [
      [' (ECONNREFUSED)', Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })],
      [' (login_required)', Object.assign(new Error('Login required'), { error: 'login_required' })],
      [' with status 503 (ERR_BAD_RESPONSE)', Object.assign(new Error('x'), { status: 503, code: 'ERR_BAD_RESPONSE' })],
      ['', Object.assign(new Error('x'), { code: 'Refresh-secret-1', cause: { code: 'rt secret' } })],
    ] as const)
      it(`puts only the status and a plain code into the message: "getToken was rejected${how}"`, async () => {
        const { tokens } = setup({}, reject(error))
        expect(await failureOf(tokens.token())).to.have.property('message', `getToken: getToken was rejected${how}`)
      })

    it('has a message that says when the function was called without a refresh token', async () => {
      const messageOf = async ({ tokens }: ReturnType<typeof setup>): Promise<string> =>
        String(await failureOf(tokens.token()))
      const before = setup({}, reject(asAxios(401)))
      expect(await messageOf(before)).to.contain(
        '(getToken was refused with status 401: it was given no refresh token; requests of a login go without a token (publicPaths))',
      )
      const after = setup({}, reject(asAxios(401)))
      await after.tokens.adopt({ refreshToken: 'r' }).catch(() => undefined)
      expect(await messageOf(after)).to.contain('(getToken was refused with status 401); call adopt()')
    })

    it('lets isSessionOver decide whether the session ends', async () => {
      const isSessionOver = (error: unknown): boolean => (error as { code?: string }).code === 'login_required'
      const ended = setup({ isSessionOver }, reject({ code: 'login_required' }))
      expect(await failureOf(ended.tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
      const goesOn = setup({ isSessionOver }, reject(asAxios(401)))
      expect(await failureOf(goesOn.tokens.token())).to.be.instanceOf(TokenRequestError)
    })

    it('serves the token that has not expired', async () => {
      const { clock, tokens } = setup({}, () => ({ accessToken: 'a', expiresIn: 60 }), reject(asAxios(500)))
      await tokens.token()
      await clock.advance(58 * second)
      expect((await tokens.token()).accessToken).to.equal('a')
    })
  })

  it('does not serve a rejected token that the function returns again: reason same_token, and a pause', async () => {
    const { tokens, calls } = setup(
      {},
      () => 'cached',
      () => 'cached',
    )
    const cached = await tokens.token()
    const error = await failureOf(tokens.renew(cached))
    expect(error).to.be.instanceOf(TokenResponseError).and.include({ reason: 'same_token' })
    expect(String(error)).to.contain('it must not use a cache')
    await failureOf(tokens.renew(cached))
    expect(calls).to.have.length(2)
  })

  it('rejects at the deadline of the renewal while the function is pending', async () => {
    const { clock, tokens } = setup({}, () => new Promise(() => undefined))
    const waiting = failureOf(tokens.token())
    await clock.advance(30 * second)
    expect(await waiting)
      .to.be.instanceOf(TokenRequestError)
      .and.include({ reason: 'timeout' })
  })

  it('requires a name and an account where sessions are shared', async () => {
    const store = new SharedMemory()
    const getToken = (): string => 'T'
    expect(() => createTokenManager({ getToken, store, account: 'ops' })).to.throw(TypeError, /name: expected/)
    expect(() => createTokenManager({ getToken, store, name: 'shop' })).to.throw(TypeError, /account: expected/)
    const { tokens } = setup({ store, name: 'shop', account: 'ops' }, reject(new Error('no')))
    expect(await failureOf(tokens.token())).to.include({ provider: 'shop' })
  })

  it('shares the session of a name and an account in a store', async () => {
    const store = new SharedMemory()
    const [one, other] = [0, 1].map(() => setup({ store, name: 'shop', account: 'ops' })) as [
      ReturnType<typeof setup>,
      ReturnType<typeof setup>,
    ]
    await one.tokens.adopt({ accessToken: 'a', refreshToken: 'r' })
    expect((await other.tokens.token()).accessToken).to.equal('a')
    expect(other.calls).to.deep.equal([])
  })

  for (const [name, answer] of [
    ['rejects with 401', reject({ status: 401 })],
    ['returns nothing', () => undefined],
  ] as const)
    it(`does not end the session when the store cannot be read and the function, without a refresh token, ${name}`, async () => {
      const store = new SharedMemory()
      const shared = { store, name: 'login', account: 'ops' }
      await setup(shared).tokens.adopt({ accessToken: 'A', refreshToken: 'R' })
      store.always('read', 'throw')
      const { clock, calls, told, tokens } = setup(shared, answer)
      const error = await failureOf(tokens.token())
      expect(error).to.be.instanceOf(TokenRequestError).and.to.include({ reason: 'store' })
      expect(error).to.have.property('retryAt').above(clock.now())
      expect([told, tokens.status]).to.deep.equal([[], 'backing-off'])
      store.always('read', undefined)
      await clock.advance(minute)
      expect((await tokens.token()).accessToken).to.equal('A')
      expect(calls).to.deep.equal([{ account: 'ops' }])
    })

  it('throws a TypeError that names an option of a provider', () => {
    const getToken = (): string => 'T'
    for (const option of ['provider', 'credentials', 'grant', 'transport', 'onPrompt'])
      expect(() => createTokenManager({ getToken, [option]: {} })).to.throw(
        TypeError,
        new RegExp(`${option}: expected no option of this name`),
      )
    expect(() => createTokenManager({ getToken: 'T' as never })).to.throw(TypeError, /getToken: expected a function/)
  })
})

describe('createTokenPool({ getToken })', () => {
  it('passes the account to the function', async () => {
    const pool = createTokenPool({ getToken: ({ account = '' }) => `token-of-${account}` })
    expect((await pool.for('ann').token()).accessToken).to.equal('token-of-ann')
    expect((await pool.for('bob').token()).accessToken).to.equal('token-of-bob')
  })
})

describe('adopt(answer)', () => {
  it('makes callers of token() wait for it, in the same tick too', async () => {
    const { tokens, calls } = setup()
    const adopting = tokens.adopt({ accessToken: 'mine', refreshToken: 'r' })
    expect(tokens.peek()).to.equal(undefined)
    expect((await tokens.token()).accessToken).to.equal('mine')
    expect((await adopting).accessToken).to.equal('mine')
    expect(calls).to.deep.equal([])
  })

  it('replaces the previous token at once', async () => {
    const { tokens } = setup()
    await tokens.token()
    void tokens.adopt('mine')
    expect(tokens.peek()).to.equal(undefined)
    expect((await tokens.token()).accessToken).to.equal('mine')
  })

  it('does not keep callers waiting longer than the store takes to fail', async () => {
    const store = new SharedMemory()
    const { tokens } = setup({ store, name: 'shop', account: 'ops' })
    store.hold()
    void tokens.adopt('mine')
    const waiting = tokens.token()
    await flush()
    expect((await waiting).accessToken).to.equal('mine')
  })

  it('lets a waiting caller abort', async () => {
    const { tokens } = setup()
    const controller = new AbortController()
    void tokens.adopt({ accessToken: 'mine', refreshToken: 'r' })
    const waiting = failureOf(tokens.token({ signal: controller.signal }))
    controller.abort(new Error('left'))
    expect(await waiting).to.equal(controller.signal.reason)
  })

  it('starts a session from a refresh token alone', async () => {
    const { tokens, calls } = setup()
    expect((await tokens.adopt({ refresh_token: 'R-1' })).accessToken).to.equal('T-1')
    expect(calls).to.deep.equal([{ refreshToken: 'R-1' }])
  })

  it('is superseded by a logout while callers wait for it', async () => {
    const { tokens } = setup({}, () => undefined)
    void tokens.adopt({ accessToken: 'mine', refreshToken: 'r' }).catch(() => undefined)
    const waiting = failureOf(tokens.token())
    await tokens.clear()
    expect(isTokenError(await waiting)).to.equal(true)
  })

  it('supersedes the result of a function that is still running', async () => {
    const late = deferred<string>()
    const { tokens } = setup({}, () => late.promise)
    const waiting = tokens.token()
    await flush()
    await tokens.adopt('mine')
    late.resolve('late')
    await waiting.catch(() => undefined)
    expect((await tokens.token()).accessToken).to.equal('mine')
  })
})
