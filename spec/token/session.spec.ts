// A session and its store: what ends it, what replaces it, and what a store may do to it.
import { expect } from 'chai'
import { OAuthError, ReauthenticationRequiredError, TokenRequestError } from '../../lib/errors.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { StoreError, StoreUnavailable, type TokenStore } from '../../lib/stores/token-store.ts'
import type { SessionRecord } from '../../lib/token/session-record.ts'
import { createTokenPool } from '../../lib/token/token-pool.ts'
import type { TokenManager } from '../../lib/token/token-manager.ts'
import { flush } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, refusal } from '../support/fake-endpoint.ts'
import { inTime, type Members, membersOver, strict } from '../support/sessions.ts'
import { SharedMemory, storedSession } from '../support/stores.ts'

const second = 1_000
const hour = 3_600 * second
const day = 24 * hour

/** The names of the events that a manager emits, in order. */
function eventsOf(tokens: TokenManager): string[] {
  const names: string[] = []
  for (const name of ['reauthentication-required', 'cleared', 'adopted', 'shared', 'taken-over'] as const)
    tokens.on(name, (event) => names.push('elsewhere' in event && event.elsewhere ? `${name} elsewhere` : name))
  return names
}

/** The `store-failed` events of a manager, in order. */
function failuresOf(tokens: TokenManager): string[] {
  const failures: string[] = []
  tokens.on('store-failed', ({ operation, reason }) => failures.push(reason ?? operation))
  return failures
}

/** The store without its hints: a change is noticed at the next read. */
function withoutWatch(store: SharedMemory): TokenStore {
  return {
    read: (key) => store.read(key),
    swap: (key, expected, next) => store.swap(key, expected, next),
  }
}

const accessToken = async (tokens: TokenManager): Promise<string> => (await tokens.token()).accessToken

describe('A session of a user', () => {
  const beginnings: [how: string, begin: (members: Members, store: SharedMemory) => Promise<TokenManager>][] = [
    [
      'adopted',
      async (members) => {
        const tokens = members.consented()
        const { accessToken, refreshToken } = members.server.login()
        await tokens.adopt({ accessToken, refreshToken, expiresAt: members.clock.now() + hour })
        return tokens
      },
    ],
    [
      'exchanged',
      async (members) => {
        const tokens = members.consented()
        await members.exchange(tokens)
        return tokens
      },
    ],
    [
      'restored',
      async (members, store) => {
        const tokens = members.consented()
        await failureOf(tokens.token())
        const { accessToken, refreshToken } = members.server.login()
        const token = { accessToken, scheme: 'Bearer', obtainedAt: members.clock.now(), lifetime: hour }
        store.put(storedSession({ refreshToken, tokens: { '': token } }))
        await members.clock.advance(second)
        await tokens.token()
        return tokens
      },
    ],
  ]
  for (const [how, begin] of beginnings) {
    // Fault 106
    it(`is kept when a refresh is lost and the server is unreachable, and continues when the server is back: ${how}`, async () => {
      const store = new SharedMemory()
      const members = membersOver(store)
      const { clock, server } = members
      const tokens = await begin(members, store)
      const events = eventsOf(tokens)
      const before = store.record()?.refreshToken
      await clock.advance(hour)
      const statuses: string[] = []
      tokens.on('status', ({ status }) => statuses.push(status))
      server.next('dropped')
      server.always('not-sent')
      const failing = failureOf(tokens.token())
      await clock.advance(10 * second)
      expect(await failing).to.include({ reason: 'unreachable' })
      expect(statuses).to.deep.equal(['obtaining', 'backing-off'])
      expect(store.record()?.refreshToken).to.equal(before)
      expect(store.record()?.end).to.equal(undefined)
      await clock.advance(day)
      server.always('token')
      expect(await accessToken(tokens)).to.match(/^AT-/)
      expect(server.presented).to.deep.equal([before, before])
      expect(tokens.status).to.equal('signed-in')
      expect(events).to.deep.equal([])
    })
  }

  const ambiguous = [
    ['an empty 400', answer(400, '')],
    ['an empty 403', answer(403, '')],
    ['invalid_request', refusal('invalid_request')],
  ] as const
  // Fault 107
  it('survives two ambiguous error responses, and ends at the third in a row, with the response as cause', async () => {
    for (const [what, last] of ambiguous) {
      const members = membersOver(new SharedMemory())
      const { clock, server } = members
      const tokens = members.consented()
      const events = eventsOf(tokens)
      await members.exchange(tokens)
      await clock.advance(hour)
      for (const [, refused] of ambiguous.slice(0, 2)) {
        server.next(refused)
        expect(await failureOf(tokens.token()), what).to.not.be.instanceOf(ReauthenticationRequiredError)
        expect(tokens.status).to.equal('backing-off')
        await clock.advance(hour)
      }
      server.next(last)
      const error = (await failureOf(tokens.token())) as ReauthenticationRequiredError
      expect(error, what).to.be.instanceOf(ReauthenticationRequiredError)
      expect(error.cause, what).to.be.instanceOf(last.text.includes('error') ? OAuthError : TokenRequestError)
      expect((error.cause as OAuthError).status, what).to.equal(last.status)
      expect(tokens.status).to.equal('ended')
      expect(events).to.deep.equal(['adopted', 'reauthentication-required'])
    }
  })

  // Fault 107
  it('resets the count of ambiguous error responses after a success', async () => {
    const members = membersOver(undefined)
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    for (const given of [
      'token',
      answer(400, ''),
      answer(400, ''),
      'token',
      answer(400, ''),
      answer(400, ''),
    ] as const) {
      await clock.advance(2 * hour)
      server.next(given)
      await tokens.token().catch(() => undefined)
    }
    await clock.advance(2 * hour)
    expect(await accessToken(tokens)).to.match(/^AT-/)
  })

  it('is signed-out before a login: no request, no event, and an error that says how to log in', async () => {
    const members = membersOver(memoryStore())
    const { server, clock } = members
    const tokens = members.consented()
    const events = eventsOf(tokens)
    const error = (await failureOf(tokens.token())) as ReauthenticationRequiredError
    expect(error).to.be.instanceOf(ReauthenticationRequiredError)
    expect(error.message).to.contain('nobody is logged in').and.contain('authorizationUrl()')
    expect(error.cause).to.equal(undefined)
    expect(tokens.status).to.equal('signed-out')
    await clock.advance(hour)
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(server.calls).to.equal(0)
    expect(events).to.deep.equal([])
    await members.exchange(tokens)
    expect(await accessToken(tokens)).to.equal('AT-1')
  })

  it('is signed-out after clear(), and ended after invalid_grant', async () => {
    const members = membersOver(memoryStore())
    const { server, clock } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await tokens.clear()
    expect(await failureOf(tokens.token()))
      .to.have.property('message')
      .that.contains('nobody is logged in')
    expect(tokens.status).to.equal('signed-out')
    await members.exchange(tokens)
    await clock.advance(hour)
    server.next(refusal('invalid_grant'))
    const error = (await failureOf(tokens.token())) as ReauthenticationRequiredError
    expect(error.cause).to.be.instanceOf(OAuthError).that.includes({ error: 'invalid_grant' })
    expect(error.message).to.not.contain('nobody is logged in')
    expect(tokens.status).to.equal('ended')
  })
})

describe('A rejected refresh', () => {
  // Fault 108
  const refusals = [
    ...['unsupported_grant_type', 'unauthorized_client', 'invalid_client', 'invalid_grant', 'E-4711'].map(
      (code) => [code, refusal(code)] as const,
    ),
    ['invalid_client with 401', refusal('invalid_client', 401)],
    ['a bare 403', answer(403, '')],
    ['a bare 400', answer(400, '')],
    ['a 400 with an errorCode', answer(400, { errorCode: 'BXNIM0407E', errorMessage: 'no' })],
  ] as const
  for (const [what, refused] of refusals) {
    it(`is followed by a repeatable grant in the same renewal: ${what}`, async () => {
      for (const store of [undefined, new SharedMemory()]) {
        const members = membersOver(store)
        const { clock, server } = members
        const tokens = members.password()
        const failed: unknown[] = []
        tokens.on('failed', (event) => failed.push(event))
        await tokens.token()
        await clock.advance(hour)
        server.next(refused)
        expect(await accessToken(tokens)).to.equal('AT-2')
        expect(server.requests.map((params) => params.get('grant_type'))).to.deep.equal([
          'password',
          'refresh_token',
          'password',
        ])
        expect(failed).to.deep.equal([])
        await clock.advance(hour)
        expect(await accessToken(tokens)).to.equal('AT-3')
        expect(server.presented.at(-1)).to.equal('RT-2')
      }
    })
  }

  // Fault 108
  it('is followed by the grant also where refresh_token is text that means none', async () => {
    const members = membersOver(undefined)
    const { clock, server } = members
    const body = { access_token: 'AT-x1', refresh_token: 'not_supported', expires_in: 3600 }
    server.next(
      answer(200, body),
      answer(400, { errorCode: 'BXNIM0407E' }),
      answer(200, { ...body, access_token: 'AT-x2' }),
    )
    const tokens = members.password()
    await tokens.token()
    await clock.advance(hour)
    expect(await accessToken(tokens)).to.equal('AT-x2')
    expect(server.calls).to.equal(3)
  })

  it('does not count where the response is an HTML page: the token is kept, no other grant is sent', async () => {
    const members = membersOver(undefined)
    const { clock, server } = members
    const tokens = members.password()
    await tokens.token()
    await clock.advance(hour - 10 * second)
    server.always(answer(403, '<html>blocked</html>', { 'content-type': 'text/html' }))
    expect(await accessToken(tokens)).to.equal('AT-1')
    expect(server.requests.slice(1).map((params) => params.get('grant_type'))).to.deep.equal(['refresh_token'])
  })
})

describe('clear(), adopt() and revoke() during a renewal', () => {
  const acts: [what: string, act: (tokens: TokenManager, members: Members) => Promise<unknown>][] = [
    ['clear()', (tokens) => tokens.clear()],
    ['revoke()', (tokens) => tokens.revoke()],
    ['adopt()', (tokens, { server }) => tokens.adopt({ ...server.login() })],
    ['exchangeCallback()', (tokens, members) => members.exchange(tokens)],
  ]
  for (const [what, act] of acts)
    for (const store of [undefined, new SharedMemory()]) {
      // Fault 111
      it(`revokes both tokens of the renewal after ${what}, ${store ? 'shared' : 'alone'}`, async () => {
        const members = membersOver(store)
        const { clock, server } = members
        const tokens = members.consented()
        await members.exchange(tokens)
        await clock.advance(hour)
        const release = server.holdNext()
        const waiting = tokens.token().catch(() => undefined)
        await flush()
        expect(server.presented).to.have.lengthOf(1)
        const acting = act(tokens, members)
        await flush()
        release()
        await acting
        await waiting
        await flush()
        // AT-2 and RT-2 are what the renewal was answered with.
        expect(server.revoked).to.include.members(['AT-2', 'RT-2'])
        expect(server.accepts('RT-2')).to.equal(false)
        expect(tokens.peek()?.accessToken).to.not.equal('AT-2')
        if (store) expect(store.record()?.refreshToken).to.not.equal('RT-2')
      })
    }

  // Fault 111
  it('revokes the tokens of the renewal after a login in another process, and uses the login', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    const release = server.hold()
    const waiting = tokens.token()
    await flush()
    const login = server.login()
    const token = { accessToken: login.accessToken, scheme: 'Bearer', obtainedAt: clock.now(), lifetime: hour }
    // S25
    store.put({
      ...storedSession({ refreshToken: login.refreshToken, tokens: { '': token } }),
      after: store.record()?.lineage ?? '',
    })
    await flush()
    release()
    expect((await waiting).accessToken).to.equal(login.accessToken)
    await flush()
    expect(server.revoked).to.have.members(['AT-2', 'RT-2'])
    expect(store.record()?.refreshToken).to.equal(login.refreshToken)
  })
})

describe('An error response after a login or a logout', () => {
  for (const [what, operate, served] of [
    ['login', (tokens: TokenManager) => tokens.adopt({ accessToken: 'the-adopted-token' }), 'the-adopted-token'],
    ['logout', (tokens: TokenManager) => tokens.clear(), undefined],
  ] as const) {
    const ended = async (members: Members, tokens: TokenManager, waiting: Promise<unknown>): Promise<void> => {
      await members.clock.advance(10 * second)
      await waiting
      expect(tokens.peek()?.accessToken).to.equal(served)
      expect(tokens.status).to.equal(served === undefined ? 'signed-out' : 'signed-in')
    }

    // S24, S25
    it(`does not end the session: a refresh rejected before the ${what}, and the write to the store delayed until after it`, async () => {
      const store = new SharedMemory()
      const members = membersOver(store)
      const tokens = members.consented()
      await members.exchange(tokens)
      await members.clock.advance(hour)
      const events = eventsOf(tokens)
      members.server.next(refusal('invalid_grant'))
      const claimed = store.late('swap')
      const waiting = tokens.token().catch(() => undefined)
      await flush()
      const told = store.late('swap')
      claimed()
      await flush()
      const operation = operate(tokens)
      await flush()
      told()
      await operation
      await ended(members, tokens, waiting)
      expect(events).to.not.include('reauthentication-required')
    })

    // S24, S25
    it(`does not end the session: a grant sent without the store before the ${what}, and rejected after it`, async () => {
      const store = new SharedMemory()
      const members = membersOver(store)
      const tokens = members.client()
      const events = eventsOf(tokens)
      store.next('read', 'throw')
      const release = members.server.hold()
      members.server.next(refusal('invalid_grant'))
      const waiting = tokens.token().catch(() => undefined)
      await flush()
      await operate(tokens)
      release()
      await ended(members, tokens, waiting)
      expect(events).to.not.include('reauthentication-required')
    })
  }
})

describe('Delayed writes to a store', () => {
  // Fault 110
  it('do not restore a session: a result that arrives after clear()', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const { clock } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    // The claim is in time, the result is not.
    const release = members.server.hold()
    const waiting = tokens.token()
    await flush()
    const lands = store.late('swap')
    release()
    await clock.advance(6 * second)
    await waiting
    await tokens.clear()
    lands()
    await flush()
    expect(store.record()?.end?.kind).to.equal('cleared')
    expect(store.record()?.tokens).to.deep.equal({})
    expect(tokens.peek()).to.equal(undefined)
    expect(await failureOf(members.consented().token())).to.be.instanceOf(ReauthenticationRequiredError)
  })

  // Fault 110
  it('do not restore a session: a result that arrives just before a delayed logout', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const { clock } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    const release = members.server.hold()
    const waiting = tokens.token().catch(() => undefined)
    await flush()
    const resultLands = store.late('swap')
    const logoutLands = store.late('swap')
    release()
    await flush()
    const clearing = tokens.clear()
    await flush()
    resultLands()
    await flush()
    logoutLands()
    await flush()
    await clock.advance(10 * second)
    await clearing
    await waiting
    expect(store.record()?.end?.kind).to.equal('cleared')
    expect(tokens.peek()).to.equal(undefined)
  })

  // Fault 110
  it('do not restore a used refresh token: results that arrive in the wrong order', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    const release = server.hold()
    const waiting = tokens.token()
    await flush()
    const lands = store.late('swap')
    release()
    await clock.advance(6 * second)
    expect((await waiting).accessToken).to.equal('AT-2')
    await clock.advance(hour)
    expect(await accessToken(tokens)).to.equal('AT-3')
    lands()
    await flush()
    expect(store.record()?.refreshToken).to.equal('RT-3')
    await clock.advance(hour)
    expect(await accessToken(members.consented())).to.equal('AT-4')
    expect(server.replays).to.equal(0)
  })

  // Fault 110
  it('lose no logout: a second attempt to write it, over a login of another process', async () => {
    const store = new SharedMemory()
    const members = membersOver(withoutWatch(store))
    const [tokens, other] = [members.consented(), members.consented()]
    await members.exchange(tokens)
    await other.adopt(members.server.login())
    const { lineage } = store.record() ?? {}
    store.next('swap', 'done', 'throw')
    await tokens.clear()
    expect(store.record()).to.include({ lineage })
    await members.clock.advance(10 * second)
    expect(store.record()).to.deep.include({ after: lineage, end: { kind: 'cleared' } })
  })

  for (const [what, operate] of [
    ['logout', (tokens: TokenManager) => tokens.clear()],
    ['login', (tokens: TokenManager) => tokens.adopt('the-adopted-token')],
  ] as const)
    // Fault 110
    it(`do not count as newer than a ${what} that follows: a result obtained without the store`, async () => {
      const store = new SharedMemory()
      const members = membersOver(withoutWatch(store))
      const tokens = members.client()
      await tokens.clear()
      store.next('read', 'throw')
      const lands = store.late('swap')
      const waiting = tokens.token()
      await members.clock.advance(5 * second)
      expect((await waiting).accessToken).to.equal('AT-1')
      lands()
      await flush()
      expect(store.tokens).to.deep.equal(['AT-1'])
      await operate(tokens)
      expect(store.tokens).to.deep.equal(what === 'login' ? ['the-adopted-token'] : [])
      expect(tokens.peek()?.accessToken).to.equal(store.tokens[0])
    })

  // S17
  it('count as done where only the response was lost: of a claim, a result or a logout', async () => {
    for (const which of [0, 1, 2, 3]) {
      const store = new SharedMemory()
      const members = membersOver(store)
      const { clock, server } = members
      const tokens = members.consented()
      await members.exchange(tokens)
      await clock.advance(hour)
      store.next('swap', ...Array.from({ length: which }, () => 'done' as const), 'lost')
      expect(await accessToken(tokens)).to.equal('AT-2')
      await tokens.clear()
      expect(store.record()?.end?.kind).to.equal('cleared')
      expect(server.replays).to.equal(0)
      expect(clock.timers).to.equal(0)
    }
  })
})

describe('A failing store', () => {
  for (const operation of ['read', 'swap'] as const)
    for (const fate of ['throw', 'hang'] as const) {
      // S18
      it(`does not affect a token that has not expired; no refresh token is sent without a claim: ${operation}, ${fate}`, async () => {
        const store = new SharedMemory()
        const members = membersOver(store)
        const { clock, server } = members
        const tokens = members.consented()
        await members.exchange(tokens)
        await clock.advance(hour - 10 * second)
        store.always(operation, fate)
        const serving = tokens.token()
        await clock.advance(9 * second)
        expect((await serving).accessToken).to.equal('AT-1')
        await clock.advance(hour)
        const failing = failureOf(tokens.token())
        await clock.advance(10 * second)
        const error = (await failing) as TokenRequestError
        expect(error).to.be.instanceOf(TokenRequestError)
        expect(error.reason).to.equal('store')
        expect(error.retryAt).to.be.a('number')
        expect(server.presented).to.deep.equal([])
        store.always(operation, undefined)
        await clock.advance(hour)
        expect(await accessToken(tokens)).to.equal('AT-2')
        expect(server.replays).to.equal(0)
      })
    }

  // S18
  it('after the token request: the result is used at once, and written when the store is back', async () => {
    for (const fate of ['throw', 'hang'] as const) {
      const store = new SharedMemory()
      const members = membersOver(store)
      const { clock, server } = members
      const tokens = members.consented()
      await members.exchange(tokens)
      await clock.advance(hour)
      const release = server.hold()
      const waiting = tokens.token()
      await flush()
      store.always('read', fate)
      store.always('swap', fate)
      release()
      await clock.advance(6 * second)
      expect((await waiting).accessToken).to.equal('AT-2')
      expect(store.record()?.refreshToken).to.equal('RT-1')
      await clock.advance(10 * 60 * second)
      store.always('read', undefined)
      store.always('swap', undefined)
      await clock.advance(2 * 60 * second)
      expect(store.record()?.refreshToken).to.equal('RT-2')
      expect(store.record()?.claim).to.equal(undefined)
      await clock.advance(hour)
      expect(await accessToken(members.consented())).to.equal('AT-3')
      expect(server.replays).to.equal(0)
    }
  })

  // S18
  it('after invalid_grant: the end of the session is written when the store is back, and the refresh token is not sent again', async () => {
    for (const fate of ['throw', 'hang'] as const) {
      const store = new SharedMemory()
      const members = membersOver(store)
      const { clock, server } = members
      const [tokens, other] = [members.consented(), members.consented()]
      await members.exchange(tokens)
      await clock.advance(hour)
      server.next(refusal('invalid_grant'))
      store.next('swap', 'done')
      store.always('swap', fate)
      const failing = failureOf(tokens.token())
      await clock.advance(6 * second)
      expect(await failing).to.be.instanceOf(ReauthenticationRequiredError)
      expect(store.record()?.end).to.equal(undefined)
      store.always('swap', undefined)
      await clock.advance(2 * 60 * second)
      expect(store.record()?.end).to.deep.equal({ kind: 'dead', code: 'invalid_grant' })
      expect(await failureOf(other.token())).to.be.instanceOf(ReauthenticationRequiredError)
      expect(server.presented).to.deep.equal(['RT-1'])
    }
  })

  // S18, S25
  it('after invalid_grant: a session renewed or claimed by another member is not ended later', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    server.next(refusal('invalid_grant'))
    store.next('swap', 'done')
    store.always('swap', 'throw')
    await failureOf(tokens.token())
    const claim = { by: 'another-member', for: 35_000, spends: true }
    const record = store.record()
    store.put({ ...storedSession(), ...record, claim })
    store.always('swap', undefined)
    await clock.advance(2 * 60 * second)
    expect(store.record()).to.deep.include({ claim }).and.not.have.property('end')
    const { accessToken: renewed, refreshToken } = server.login()
    const token = { accessToken: renewed, scheme: 'Bearer', obtainedAt: clock.now(), lifetime: hour }
    store.renewed({ refreshToken, tokens: { '': token } })
    await clock.advance(2 * second)
    expect(await accessToken(tokens)).to.equal(renewed)
    expect(store.record()).to.not.have.property('end')
  })

  // S35
  it('does not prevent the client credentials grant', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    store.always('read', 'throw')
    store.always('swap', 'throw')
    const all = [members.client(), members.client(), members.client()]
    const served = await inTime(members.clock, Promise.all(all.map(accessToken)))
    expect(new Set(served).size).to.equal(3)
    expect(members.server.calls).to.equal(3)
  })

  it('passes the message of a StoreError to the event and to callers, and no other message', async () => {
    for (const [error, expected] of [
      [new StoreError('the table is missing'), 'the table is missing'],
      [new Error('it held RT-1'), undefined],
    ] as const) {
      const store = memoryStore()
      let isBroken = false
      const members = membersOver({
        read: (key) => {
          if (isBroken) throw error
          return store.read(key)
        },
        swap: (key, expected, next) => store.swap(key, expected, next),
      })
      const tokens = members.consented()
      await members.exchange(tokens)
      isBroken = true
      const told: unknown[] = []
      tokens.on('store-failed', ({ operation, message }) => told.push([operation, message]))
      await members.clock.advance(hour)
      const failure = (await failureOf(tokens.token())) as TokenRequestError
      expect(failure.reason).to.equal('store')
      expect(failure.message).to.include(expected ?? 'the read of the token store failed')
      expect(told).to.deep.equal([['read', expected]])
    }
  })

  it('that times out is reported as a timeout', async () => {
    const members = membersOver({ ...memoryStore(), read: () => new Promise(() => undefined) })
    const tokens = members.consented()
    const told: unknown[] = []
    tokens.on('store-failed', ({ message }) => told.push(message))
    const failing = failureOf(tokens.token())
    await members.clock.advance(5 * second)
    expect(((await failing) as TokenRequestError).message).to.include('did not answer within 5000 ms')
    expect(told).to.deep.equal(['the token store did not answer within 5000 ms'])
  })

  it('that throws StoreUnavailable is reported once: the session is kept in memory', async () => {
    let asked = 0
    const store: TokenStore = {
      read() {
        asked += 1
        throw new StoreUnavailable('no storage here')
      },
      swap() {
        throw new Error('not to be reached')
      },
    }
    const members = membersOver(store)
    const { clock } = members
    const tokens = members.consented()
    const failures = failuresOf(tokens)
    await members.exchange(tokens)
    expect(await accessToken(tokens)).to.equal('AT-1')
    await clock.advance(hour)
    expect(await accessToken(tokens)).to.equal('AT-2')
    await tokens.clear()
    expect(failures).to.deep.equal(['unavailable'])
    expect(asked).to.equal(1)
  })

  // Fault 119
  const mad: [what: string, store: () => TokenStore][] = [
    ['throws at every call', () => ({ read: () => raise(), swap: () => raise() })],
    [
      'rejects at every call',
      () => ({ read: () => Promise.reject(new Error()), swap: () => Promise.reject(new Error()) }),
    ],
    ['hangs at every call', () => ({ read: () => never(), swap: () => never() })],
    [
      'gives thenables that throw',
      () => ({ read: () => thenable(raise) as never, swap: () => thenable(raise) as never }),
    ],
    [
      'gives thenables that never settle',
      () => ({ read: () => thenable(none) as never, swap: () => thenable(none) as never }),
    ],
    ['never has what was written', () => ({ read: () => undefined, swap: () => true })],
    ['never lets anything be written', () => ({ read: () => undefined, swap: () => false })],
    ['answers with what is no text, and no boolean', () => ({ read: () => 17 as never, swap: () => 'yes' as never })],
    ['rejects with nothing', () => ({ read: () => rejectedWith(undefined), swap: () => rejectedWith(null) })],
    ['has a watch that throws', () => ({ ...memoryStore(), watch: () => raise() })],
    ['has a watch that gives nothing', () => ({ ...memoryStore(), watch: () => undefined as never })],
    ['calls its watchers without end', () => ({ ...memoryStore(), watch: (_key, changed) => (changed(), none) })],
    [
      'has a presence that throws',
      () => ({ ...memoryStore(), presence: { begin: () => raise(), gone: () => raise() } }),
    ],
    [
      'has a presence that hangs',
      () => ({ ...memoryStore(), presence: { begin: () => never(), gone: () => never() } }),
    ],
    [
      'has a presence without a name',
      () => ({ ...memoryStore(), presence: { begin: () => ({}) as never, gone: () => true } }),
    ],
  ]
  for (const [what, make] of mad)
    it(`does not prevent a token from being obtained: a store that ${what}`, async () => {
      const members = membersOver(make())
      const { clock, server } = members
      const client = members.client()
      for (const expected of [1, 2, 3]) {
        const waiting = client.token()
        await clock.advance(40 * second)
        expect((await waiting).accessToken).to.equal(`AT-${String(expected)}`)
        await clock.advance(hour)
      }
      const person = members.consented({ store: make() })
      const { accessToken, refreshToken } = server.login()
      const adopting = person.adopt({ accessToken, refreshToken })
      await clock.advance(40 * second)
      expect((await adopting).accessToken).to.equal(accessToken)
      expect(person.peek()?.accessToken).to.equal(accessToken)
    })

  // Fault 119
  it('that is slow does not prevent it either: a record read after 150 ms is used', async () => {
    const store = new SharedMemory()
    const first = membersOver(store)
    await first.exchange(first.consented())
    const slow: TokenStore = {
      async read(key) {
        await new Promise<void>((resolve) => first.clock.after(150, resolve))
        return store.read(key)
      },
      async swap(key, expected, next) {
        await new Promise<void>((resolve) => first.clock.after(150, resolve))
        return store.swap(key, expected, next)
      },
    }
    const waiting = first.consented({ store: slow }).token()
    await first.clock.advance(second)
    expect((await waiting).accessToken).to.equal('AT-1')
  })
})

function raise(): never {
  throw new Error('mad')
}

function none(): void {
  // Nothing is done.
}

async function rejectedWith(reason: null | undefined): Promise<never> {
  await Promise.resolve()
  throw reason as unknown as Error
}

function never<T>(): Promise<T> {
  return new Promise(none)
}

function thenable(then: () => void): PromiseLike<never> {
  return { then } as unknown as PromiseLike<never>
}

describe('A store without the account option', () => {
  // Fault 113
  it('throws a TypeError that names account, for grants of a user', () => {
    const members = membersOver(memoryStore(), { account: undefined as never })
    expect(() => members.password()).to.throw(TypeError, /account/)
    expect(() => members.consented()).to.throw(TypeError, /account/)
    expect(() => members.client()).to.not.throw()
  })
})

describe('A manager that has not read its store', () => {
  it('does not serve a stored token that was rejected', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    await members.exchange(members.consented())
    const rejected = await members.consented().token()
    const restarted = members.consented()
    const renewing = restarted.renew(rejected)
    const waiting = restarted.token()
    expect((await waiting).accessToken).to.equal('AT-2')
    expect((await renewing).accessToken).to.equal('AT-2')
  })
})

describe('Two managers with one memoryStore()', () => {
  // Fault 103
  it('share a session: one token request, one renewal, one logout', async () => {
    const members = membersOver(memoryStore())
    const { clock, server } = members
    const [one, other] = [members.client(), members.client()]
    const heard = eventsOf(other)
    expect(await inTime(clock, Promise.all([accessToken(one), accessToken(other)]))).to.deep.equal(['AT-1', 'AT-1'])
    await clock.advance(hour)
    expect(await inTime(clock, Promise.all([accessToken(one), accessToken(other)]))).to.deep.equal(['AT-2', 'AT-2'])
    const rejected = await one.token()
    const renewed = await inTime(clock, Promise.all([one.renew(rejected), other.renew(rejected)]))
    expect(renewed.map((token) => token.accessToken)).to.deep.equal(['AT-3', 'AT-3'])
    expect(server.calls).to.equal(3)
    await one.clear()
    await flush()
    expect(other.peek()).to.equal(undefined)
    expect(heard).to.include('cleared elsewhere')
  })

  // Fault 103
  it('share a login: the other serves its token, and a logout signs both out', async () => {
    const members = membersOver(memoryStore())
    const [one, other] = [members.consented(), members.consented()]
    expect(await failureOf(other.token())).to.be.instanceOf(ReauthenticationRequiredError)
    const heard = eventsOf(other)
    await members.exchange(one)
    await flush()
    expect(await accessToken(other)).to.equal('AT-1')
    expect(heard).to.deep.equal(['adopted elsewhere'])
    await other.clear()
    await flush()
    expect(one.status).to.equal('signed-out')
    expect(await failureOf(one.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(members.server.calls).to.equal(1)
  })
})

describe('A member that may have missed changes', () => {
  /** Two members of one session; `wake` tells the second that it may have missed changes. */
  async function frozen(): Promise<{
    store: SharedMemory
    members: Members
    one: TokenManager
    other: TokenManager
    wake: () => void
  }> {
    const store = new SharedMemory()
    const members = membersOver(store)
    const [one, other] = [members.consented(), members.consented()]
    await members.exchange(one)
    await other.token()
    return { store, members, one, other, wake: store.freeze() }
  }

  it('reads the store before it serves a token: none after a logout', async () => {
    const { one, other, wake } = await frozen()
    await one.clear()
    expect(other.peek()?.accessToken).to.equal('AT-1')
    const heard = eventsOf(other)
    wake()
    expect(other.peek()).to.equal(undefined)
    expect(await failureOf(other.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(heard).to.include('cleared elsewhere')
    expect(other.status).to.equal('signed-out')
  })

  it('serves the token of a login that it missed, or the same token where nothing has changed', async () => {
    for (const [another, expected] of [
      [true, 'AT-2'],
      [false, 'AT-1'],
    ] as const) {
      const { members, one, other, wake } = await frozen()
      if (another) await members.exchange(one)
      wake()
      expect(await accessToken(other)).to.equal(expected)
      expect(other.peek()?.accessToken).to.equal(expected)
      expect(members.server.calls).to.equal(another ? 2 : 1)
    }
  })

  it('serves the token that has not expired once reading the store has failed', async () => {
    const { store, members, other, wake } = await frozen()
    store.always('read', 'hang')
    wake()
    const waiting = accessToken(other)
    expect(other.peek()).to.equal(undefined)
    expect(await inTime(members.clock, waiting)).to.equal('AT-1')
    expect(members.clock.asked).to.include(5 * second)
  })

  it('accepts a login of its own while it reads', async () => {
    const { store, members, other, wake } = await frozen()
    const go = store.late('read')
    wake()
    const { accessToken: theirs, refreshToken } = members.server.login()
    const adopting = other.adopt({ accessToken: theirs, refreshToken, expiresIn: 3_600 })
    const waiting = accessToken(other)
    await flush()
    go()
    expect((await adopting).accessToken).to.equal(theirs)
    expect(await waiting).to.equal(theirs)
  })
})

describe('A session that another member finds ended', () => {
  it('ends here at once, with event and status; the token is served until it expires', async () => {
    const members = membersOver(new SharedMemory())
    const { clock, server } = members
    const [one, other] = [members.consented(), members.consented()]
    await members.exchange(one)
    const token = await other.token()
    const [heard, statuses] = [eventsOf(other), [] as string[]]
    other.on('status', ({ status }) => statuses.push(status))
    server.next(refusal('invalid_grant'))
    one.renew(token, { origin: 'https://one.example' }).catch(() => undefined)
    await flush()
    await clock.advance(0)
    expect(heard).to.deep.equal(['reauthentication-required elsewhere'])
    expect(statuses).to.deep.equal(['ended'])
    expect(await accessToken(other)).to.equal('AT-1')
    await clock.advance(hour)
    const error = (await failureOf(other.token())) as ReauthenticationRequiredError
    expect(error).to.be.instanceOf(ReauthenticationRequiredError)
    expect((error.cause as OAuthError).error).to.equal('invalid_grant')
    expect(heard).to.have.length(1)
    await members.exchange(one)
    await flush()
    expect(await accessToken(other)).to.equal('AT-2')
    expect(other.status).to.equal('signed-in')
    expect(server.calls).to.equal(3)
  })
})

describe('clear()', () => {
  it('logs out every scope, in every manager and in the store', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const scopes = ['read', 'write', 'admin'].map((scope) => members.password(undefined, { scope }))
    for (const tokens of scopes) await tokens.token()
    expect(store.tokens).to.have.members(['AT-1', 'AT-2', 'AT-3'])
    await scopes[1]?.clear()
    await flush()
    expect(store.tokens).to.deep.equal([])
    expect(scopes.map((tokens) => tokens.peek())).to.deep.equal([undefined, undefined, undefined])
    expect(scopes.map(({ status }) => status)).to.deep.equal(['signed-out', 'signed-out', 'signed-out'])
  })

  it('logs out every scope of an account in a pool, and no other account', async () => {
    for (const store of [undefined, memoryStore()]) {
      const { server, clock } = membersOver(undefined)
      server.passwords.set('bob', "bob's password")
      const pool = createTokenPool({
        provider: strict,
        grant: 'password',
        credentials: (account) => ({
          clientId: 'the-client',
          clientSecret: 'client-secret-value',
          username: account,
          password: `${account}'s password`,
        }),
        transport: server.transport,
        clock,
        ...(store && { store }),
      })
      const [read, write, bob] = [
        pool.for('ann', { scope: 'read' }),
        pool.for('ann', { scope: 'write' }),
        pool.for('bob'),
      ]
      for (const tokens of [read, write, bob]) await tokens.token()
      await read.clear()
      await flush()
      expect(write.peek()).to.equal(undefined)
      expect(bob.peek()?.accessToken).to.equal('AT-3')
    }
  })

  it('is recorded: a member that still holds the session does not restore it', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const [one, other] = [members.consented(), members.consented()]
    await members.exchange(one)
    await other.token()
    await one.clear()
    await members.clock.advance(2 * hour)
    expect(await failureOf(other.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(store.record()?.end?.kind).to.equal('cleared')
  })
})

describe('A member notified of a change during its first read of the store', () => {
  it('emits the event of the change', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const [one, other] = [members.consented({ store: withoutWatch(store) }), members.consented()]
    await members.exchange(one)
    const told: unknown[] = []
    other.on('cleared', (event) => told.push(event.elsewhere))
    const reads = [store.late('read'), store.late('read'), store.late('read')] as const
    const waiting = other.token()
    await flush()
    // Called back, although the session is the same: it is read again.
    store.put(store.text())
    reads[0]()
    await waiting
    await one.clear()
    reads[1]()
    await flush()
    expect(told).to.deep.equal([true])
    reads[2]()
    await flush()
    expect(told).to.deep.equal([true])
  })
})

describe('A store', () => {
  it('is read once and swapped twice per renewal, and not accessed for a fresh token', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const tokens = members.consented({ store: withoutWatch(store) })
    await members.exchange(tokens)
    await tokens.token()
    const since = async (act: () => Promise<unknown>): Promise<typeof store.counts> => {
      const { read, swap } = store.counts
      await act()
      return { read: store.counts.read - read, swap: store.counts.swap - swap }
    }
    const fresh = async (): Promise<void> => {
      for (let n = 0; n < 100; n += 1) await tokens.token()
    }
    expect(await since(fresh)).to.deep.equal({ read: 0, swap: 0 })
    expect(await since(async () => tokens.renew(await tokens.token()))).to.deep.equal({ read: 1, swap: 2 })
    await members.clock.advance(hour)
    expect(await since(() => tokens.token())).to.deep.equal({ read: 1, swap: 2 })
    await members.clock.advance(hour - 100 * second)
    const inBackground = async (): Promise<void> => {
      await tokens.token()
      await flush()
    }
    expect(await since(inBackground)).to.deep.equal({ read: 1, swap: 2 })
    expect(await since(fresh)).to.deep.equal({ read: 0, swap: 0 })
    expect(members.server.calls).to.equal(4)
  })

  it('is told which records it may delete: of a logout and of an ended session, and no other', async () => {
    const memory = memoryStore()
    const swaps: unknown[] = []
    const members = membersOver({
      ...memory,
      swap(key, expected, next, isEnd) {
        swaps.push([isEnd, (JSON.parse(next) as SessionRecord).end?.kind])
        return memory.swap(key, expected, next)
      },
    })
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    await tokens.token()
    await tokens.clear()
    await members.exchange(tokens)
    await clock.advance(hour)
    server.next(refusal('invalid_grant'))
    await failureOf(tokens.token())
    await members.exchange(tokens)
    const living = [false, undefined]
    const renewal = [living, living]
    const [cleared, dead] = [
      [true, 'cleared'],
      [true, 'dead'],
    ]
    expect(swaps).to.deep.equal([living, ...renewal, cleared, living, living, dead, living])
  })
})

describe('A changed client secret', () => {
  // Fault 114, S27
  it('on some members, or between two starts, keeps the session', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const first = members.password()
    await first.token()
    const { lineage } = store.record() ?? {}
    const restarted = members.password(undefined, { clientSecret: 'another-secret-value' })
    expect(await accessToken(restarted)).to.equal('AT-1')
    for (const [renewing, other, renewed] of [
      [restarted, first, 'AT-2'],
      [first, restarted, 'AT-3'],
    ] as const) {
      await members.clock.advance(hour)
      expect(await accessToken(renewing)).to.equal(renewed)
      expect(await accessToken(other)).to.equal(renewed)
    }
    expect(members.server.presented).to.deep.equal(['RT-1', 'RT-2'])
    expect(store.record()?.lineage).to.equal(lineage)
    expect(new Set(store.keys).size).to.equal(1)
  })

  // S40
  it('is in no key of the store; nor is any other secret', async () => {
    const store = new SharedMemory()
    await membersOver(store).password().token()
    for (const secret of ['client-secret-value', "ann's password", 'AT-1', 'RT-1'])
      expect(decodeURIComponent(store.key)).to.not.contain(secret)
  })
})

describe('A store that has lost', () => {
  /** A session that two members know, and what the store held at each step. */
  async function begun() {
    const store = new SharedMemory()
    const members = membersOver(store)
    const tokens = members.consented()
    await members.exchange(tokens)
    return { store, members, tokens }
  }

  // S19
  it('everything: a member that holds the session writes it again, and the session continues', async () => {
    const { store, members, tokens } = await begun()
    const { clock, server } = members
    store.drop()
    await clock.advance(hour)
    expect(await accessToken(tokens)).to.equal('AT-2')
    expect(store.record()).to.include({ refreshToken: 'RT-2', generation: 1 })
    expect(await accessToken(members.consented())).to.equal('AT-2')
    expect(server.replays).to.equal(0)
  })

  // S20
  it('the last rotation: a member that holds the newer record writes it again, and no used refresh token is sent', async () => {
    const { store, members, tokens } = await begun()
    const { clock, server } = members
    const older = store.text()
    await clock.advance(hour)
    await tokens.token()
    store.put(older)
    await flush()
    await clock.advance(hour)
    expect(await accessToken(tokens)).to.equal('AT-3')
    expect(server.presented).to.deep.equal(['RT-1', 'RT-2'])
    expect(store.record()?.refreshToken).to.equal('RT-3')
  })

  // S20
  it('the last login: the login is written again over the session that it replaced', async () => {
    const { store, members, tokens } = await begun()
    const { clock, server } = members
    // An old session of many generations covers no login of the first.
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(hour)
      await tokens.token()
    }
    const older = store.text()
    await tokens.adopt({ ...server.login(), expiresAt: clock.now() + hour })
    store.put(older)
    await clock.advance(hour)
    expect(await accessToken(tokens)).to.equal('AT-8')
    expect(server.presented.at(-1)).to.equal('RT-7')
    expect(store.record()?.refreshToken).to.equal('RT-8')
  })

  // S20
  it('nothing, but holds a later login: the later login is used', async () => {
    const { store, members, tokens } = await begun()
    const { clock, server } = members
    for (let n = 0; n < 5; n += 1) {
      await clock.advance(hour)
      await tokens.token()
    }
    const later = members.consented()
    await later.adopt({ ...server.login(), expiresAt: clock.now() + hour })
    await flush()
    expect(await accessToken(tokens)).to.equal('AT-7')
    expect(store.record()).to.include({ refreshToken: 'RT-7', generation: 0 })
  })

  // S21
  it('a session: a member with an older refresh token does not send it while another holds the newer', async () => {
    const { store, members, tokens } = await begun()
    const { clock, server } = members
    const quiet = members.consented({
      store: withoutWatch(store),
    })
    await quiet.token()
    await clock.advance(hour)
    await tokens.token()
    store.drop()
    await flush()
    await clock.advance(second)
    // The watch has told the holder of the newer record of the loss.
    expect(await accessToken(quiet)).to.equal('AT-2')
    expect(server.presented).to.deep.equal(['RT-1'])
    expect(server.replays).to.equal(0)
  })

  it('a session unused for more than a day: it is not written again, as stores may delete ended sessions', async () => {
    const { store, members, tokens } = await begun()
    store.drop(true)
    await members.clock.advance(2 * day)
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
  })

  it('a logout: it is written again over the session that it ended', async () => {
    const { store, members, tokens } = await begun()
    const older = store.text()
    await tokens.clear()
    store.put(older)
    await members.clock.advance(second)
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(store.record()?.end?.kind).to.equal('cleared')
  })
})

describe('Pauses between token requests of one session', () => {
  // S23
  it('are shared by all members: a 503 for a minute gets as many requests as from one member', async () => {
    const attempts: number[] = []
    for (const count of [1, 4]) {
      const members = membersOver(new SharedMemory())
      const { clock, server } = members
      const first = members.consented()
      await members.exchange(first)
      const all = [first, ...Array.from({ length: count - 1 }, () => members.consented())]
      await inTime(clock, Promise.all(all.map(accessToken)))
      await clock.advance(hour)
      server.always(answer(503, ''))
      const before = server.calls
      for (let n = 0; n < 600; n += 1) {
        for (const tokens of all) tokens.token().catch(() => undefined)
        await clock.advance(100)
      }
      attempts.push(server.calls - before)
      server.always('token')
      await clock.advance(60 * second)
      expect(new Set(await inTime(clock, Promise.all(all.map(accessToken)))).size).to.equal(1)
      expect(server.replays).to.equal(0)
    }
    const [alone = 0, together = 0] = attempts
    expect(together).to.be.within(alone - 2, alone + 2)
    expect(together).to.be.at.most(12)
  })

  // S23
  it('follow Retry-After for all members', async () => {
    const members = membersOver(new SharedMemory())
    const { clock, server } = members
    const [one, other] = [members.consented(), members.consented()]
    await members.exchange(one)
    await other.token()
    await clock.advance(hour)
    server.next(answer(503, '', { 'retry-after': '120' }))
    expect(await failureOf(one.token())).to.include({ reason: 'unavailable' })
    const calls = server.calls
    await clock.advance(119 * second)
    const error = (await failureOf(other.token())) as TokenRequestError
    expect(error.retryAt).to.equal(clock.now() + second)
    expect(server.calls).to.equal(calls)
    await clock.advance(second)
    expect(await accessToken(other)).to.equal('AT-2')
  })

  it('apply to one member where its request was not sent', async () => {
    const members = membersOver(new SharedMemory())
    const { clock, server } = members
    const [one, other] = [members.consented(), members.consented()]
    await members.exchange(one)
    await other.token()
    await clock.advance(hour)
    server.next('not-sent', 'not-sent', 'not-sent')
    const failing = failureOf(one.token())
    await clock.advance(4 * second)
    expect(await failing).to.include({ reason: 'unreachable' })
    expect(await accessToken(other)).to.equal('AT-2')
  })
})

describe('A session without a network connection', () => {
  for (const outage of [60 * second, hour, day])
    // Fault 117
    it(`renews within 5 s after the connection is back, after ${String(outage / second)} s`, async () => {
      const members = membersOver(undefined)
      const { clock, server } = members
      const tokens = members.consented()
      await members.exchange(tokens)
      await clock.advance(hour)
      server.always('not-sent')
      for (const end = clock.now() + outage; clock.now() < end;) {
        tokens.token().catch(() => undefined)
        await clock.advance(outage / 40)
      }
      server.always('token')
      const backAt = clock.now()
      for (let token: unknown; token === undefined;) {
        tokens.token().catch(() => undefined)
        await clock.advance(100)
        token = tokens.peek()
        expect(clock.now() - backAt).to.be.at.most(5_100)
      }
    })

  // Fault 117
  it('renews at once on the online event of the browser', async () => {
    const original = Object.getOwnPropertyDescriptor(globalThis, 'addEventListener')
    const browser = new EventTarget()
    Object.defineProperty(globalThis, 'addEventListener', {
      configurable: true,
      value: (...given: Parameters<EventTarget['addEventListener']>) => {
        browser.addEventListener(...given)
      },
    })
    try {
      const { tokens, members } = await offline()
      browser.dispatchEvent(new Event('online'))
      expect(await accessToken(tokens)).to.equal('AT-2')
      expect(members.server.calls).to.equal(2)
    } finally {
      if (original) Object.defineProperty(globalThis, 'addEventListener', original)
      else Reflect.deleteProperty(globalThis, 'addEventListener')
    }
  })

  // Fault 117
  it('renews at once after retryNow(), not before', async () => {
    const { tokens } = await offline()
    expect(await failureOf(tokens.token())).to.include({ reason: 'unreachable' })
    tokens.retryNow()
    expect(await accessToken(tokens)).to.equal('AT-2')
  })

  it('does not renew by retryNow() before Retry-After has passed', async () => {
    const members = membersOver(undefined)
    const tokens = members.consented()
    await members.exchange(tokens)
    await members.clock.advance(hour)
    members.server.next(answer(429, '', { 'retry-after': '60' }))
    await failureOf(tokens.token())
    tokens.retryNow()
    await failureOf(tokens.token())
    expect(members.server.calls).to.equal(2)
  })

  /** A session whose token has ended, and that has just found nobody. */
  async function offline(): Promise<{ tokens: TokenManager; members: Members }> {
    const members = membersOver(undefined)
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour)
    server.always('not-sent')
    const failing = failureOf(tokens.token())
    await clock.advance(3.1 * second)
    await failing
    server.always('token')
    expect(tokens.status).to.equal('backing-off')
    return { tokens, members }
  }
})

describe('Without crypto.subtle', () => {
  const without: [what: string, subtle: PropertyDescriptor][] = [
    ['there is none', { configurable: true, value: undefined }],
    ['it throws', { configurable: true, value: { digest: raise, importKey: raise, deriveBits: raise } }],
    ['it rejects', { configurable: true, value: { digest: () => Promise.reject(new Error('no')) } }],
  ]
  for (const [what, subtle] of without)
    // Fault 115
    it(`a token is obtained, stored and used: ${what}`, async () => {
      const { crypto } = globalThis
      Object.defineProperty(crypto, 'subtle', subtle)
      try {
        const store = new SharedMemory()
        const members = membersOver(store)
        const { clock, server } = members
        const person = members.consented()
        const { accessToken: adopted, refreshToken } = server.login()
        await person.adopt({ accessToken: adopted, refreshToken, expiresAt: clock.now() + hour })
        expect(await accessToken(person)).to.equal(adopted)
        expect(store.tokens).to.deep.equal([adopted])
        await clock.advance(hour)
        expect(await accessToken(person)).to.equal('AT-2')
        expect(await accessToken(members.client())).to.equal('AT-3')
        expect(await accessToken(members.password())).to.equal('AT-4')
      } finally {
        Reflect.deleteProperty(crypto, 'subtle')
      }
    })

  // Fault 115
  it('a digest that throws once loses no token', async () => {
    const { subtle } = globalThis.crypto
    const digest = subtle.digest.bind(subtle)
    const before = Object.getOwnPropertyDescriptor(subtle, 'digest')
    let thrown = 0
    Object.defineProperty(subtle, 'digest', {
      configurable: true,
      value: (...given: Parameters<SubtleCrypto['digest']>) => {
        if (thrown++ === 0) throw new Error('once')
        return digest(...given)
      },
    })
    try {
      const members = membersOver(new SharedMemory())
      const tokens = members.consented()
      await members.exchange(tokens)
      expect(await accessToken(tokens)).to.equal('AT-1')
      expect(thrown).to.be.greaterThan(0)
    } finally {
      if (before) Object.defineProperty(subtle, 'digest', before)
    }
  })
})
