import { expect } from 'chai'
import {
  OAuthError,
  ReauthenticationRequiredError,
  TokenRequestError,
  TokenResponseError,
  type TokenError,
} from '../../lib/errors.ts'
import { flush } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, refusal } from '../support/fake-endpoint.ts'
import { setup, type Setup } from '../support/managers.ts'
import { SharedMemory, storedSession } from '../support/stores.ts'

const second = 1_000
const hour = 3_600 * second

/** Advances to where a token of an hour, drawn with chance 0.5, is in this state. */
async function until(state: 'STALE' | 'CRITICAL' | 'EXPIRED', { clock }: Setup): Promise<void> {
  await clock.advance({ STALE: hour - 300 * second, CRITICAL: hour - 30 * second, EXPIRED: hour }[state])
}

function accessTokens(tokens: readonly { readonly accessToken: string }[]): string[] {
  return tokens.map(({ accessToken }) => accessToken)
}

describe('TokenManager.token()', () => {
  // Fault 1
  it('makes one token request for 10,000 callers at once', async () => {
    const { endpoint, tokens } = setup()
    const all = await Promise.all(Array.from({ length: 10_000 }, () => tokens.token()))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-1']))
    expect(endpoint.calls).to.equal(1)
  })

  // Fault 2
  it('makes one token request for 10,000 callers over an expired token', async () => {
    const its = setup()
    await its.tokens.token()
    await until('EXPIRED', its)
    const all = await Promise.all(Array.from({ length: 10_000 }, () => its.tokens.token()))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-2']))
    expect(its.endpoint.calls).to.equal(2)
  })

  // Fault 3
  it('serves a stale token to 10,000 callers at once, with one renewal behind their backs', async () => {
    const its = setup()
    await its.tokens.token()
    await until('STALE', its)
    const release = its.endpoint.hold()
    const peeked = Array.from({ length: 10_000 }, () => its.tokens.peek()?.accessToken)
    expect(new Set(peeked)).to.deep.equal(new Set(['AT-1']))
    await flush()
    expect(its.endpoint.calls).to.equal(2)
    release()
    await flush()
    expect(its.tokens.peek()?.accessToken).to.equal('AT-2')
    expect(its.endpoint.calls).to.equal(2)
  })

  // Fault 4
  it('lets 10,000 callers wait over a critical token, and serves them the new one', async () => {
    const its = setup()
    await its.tokens.token()
    await until('CRITICAL', its)
    expect(its.tokens.peek()).to.equal(undefined)
    const all = await Promise.all(Array.from({ length: 10_000 }, () => its.tokens.token()))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-2']))
    expect(its.endpoint.calls).to.equal(2)
  })

  it('gives the critical token while it lives when its renewal fails', async () => {
    const its = setup()
    await its.tokens.token()
    await until('CRITICAL', its)
    its.endpoint.always(answer(503, ''))
    const waiting = its.tokens.token()
    await its.clock.advance(3.2 * second)
    expect((await waiting).accessToken).to.equal('AT-1')
    expect(its.tokens.peek()?.accessToken).to.equal('AT-1')
  })

  it('measures the lifetime from the moment the request was sent', async () => {
    const { clock, endpoint, tokens } = setup()
    const sentAt = clock.now()
    const release = endpoint.hold()
    const waiting = tokens.token()
    await clock.advance(10 * second)
    release()
    expect((await waiting).expiresAt).to.equal(sentAt + hour)
  })

  it('uses a token whose end is not known until it is rejected', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.lifetime = undefined
    const token = await tokens.token()
    await clock.advance(1_000 * hour)
    expect(tokens.peek()).to.equal(token)
    expect((await tokens.renew(token)).accessToken).to.equal('AT-2')
  })

  it('waits for a token that lives as long as the caller asks, half of its lifetime at most', async () => {
    const { clock, endpoint, tokens } = setup()
    await tokens.token()
    await clock.advance(hour / 2 - second)
    expect((await tokens.token({ minValidity: hour })).accessToken).to.equal('AT-1')
    await clock.advance(2 * second)
    expect((await tokens.token({ minValidity: hour })).accessToken).to.equal('AT-2')
    expect(endpoint.calls).to.equal(2)
  })

  // Fault 50
  it("rejects a caller who leaves with the signal's own reason, and goes on for the others", async () => {
    const { endpoint, tokens } = setup()
    const release = endpoint.hold()
    const controller = new AbortController()
    const leaving = tokens.token({ signal: controller.signal })
    const staying = tokens.token()
    const reason = new Error('had enough')
    controller.abort(reason)
    expect(await failureOf(leaving)).to.equal(reason)
    release()
    expect((await staying).accessToken).to.equal('AT-1')
    expect(endpoint.calls).to.equal(1)
  })

  it('asks nothing for a caller whose signal is aborted already', async () => {
    const { endpoint, tokens } = setup()
    const reason = new Error('never mind')
    expect(await failureOf(tokens.token({ signal: AbortSignal.abort(reason) }))).to.equal(reason)
    expect(endpoint.calls).to.equal(0)
  })

  it("ends a caller's wait after the caller's own time, and the flight goes on", async () => {
    const { clock, endpoint, tokens } = setup()
    const release = endpoint.hold()
    const waiting = failureOf(tokens.token({ timeout: 50 }))
    await clock.advance(50)
    const error = (await waiting) as TokenRequestError
    expect(error).to.be.instanceOf(TokenRequestError)
    expect(error.reason).to.equal('timeout')
    release()
    await flush()
    expect(tokens.peek()?.accessToken).to.equal('AT-1')
  })

  it('turns away a caller too many with a typed error', async () => {
    const { endpoint, tokens } = setup({ maxWaiters: 2 })
    const release = endpoint.hold()
    const waiting = [tokens.token(), tokens.token()]
    const error = (await failureOf(tokens.token())) as TokenRequestError
    expect(error.reason).to.equal('overload')
    release()
    expect(accessTokens(await Promise.all(waiting))).to.deep.equal(['AT-1', 'AT-1'])
  })

  it('counts a caller who has left no longer among those who wait', async () => {
    const { endpoint, tokens } = setup({ maxWaiters: 1 })
    const release = endpoint.hold()
    const controller = new AbortController()
    const leaving = failureOf(tokens.token({ signal: controller.signal }))
    controller.abort()
    await leaving
    const next = tokens.token()
    release()
    expect((await next).accessToken).to.equal('AT-1')
  })

  it('holds the process only while somebody waits', async () => {
    const its = setup()
    await its.tokens.token()
    await until('STALE', its)
    const release = its.endpoint.hold()
    its.tokens.peek()
    await flush()
    expect(its.clock.held).to.equal(0)
    await its.clock.advance(275 * second)
    const waiting = its.tokens.token()
    await flush()
    expect(its.clock.held).to.equal(1)
    release()
    await waiting
    expect(its.clock.timers).to.equal(0)
  })
})

describe('TokenManager, when renewal fails', () => {
  // Fault 15
  it('tries three times in the first flight', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next(answer(503, ''), answer(503, ''))
    const waiting = tokens.token()
    await clock.advance(1 * second)
    expect(endpoint.calls).to.equal(2)
    await clock.advance(2 * second)
    expect((await waiting).accessToken).to.equal('AT-1')
    expect(endpoint.calls).to.equal(3)
  })

  it('tells all who waited of the one failure, and none of them starts another flight', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.always(answer(503, ''))
    const waiting = Array.from({ length: 500 }, () => failureOf(tokens.token()))
    await clock.advance(3 * second)
    const errors = new Set(await Promise.all(waiting))
    expect(errors.size).to.equal(1)
    expect(endpoint.calls).to.equal(3)
  })

  // Fault 17
  it('fails at once with retryAt while backing off, and asks once per pause', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.always(answer(503, ''))
    let failed = 0
    for (let n = 0; n < 600; n++) {
      const waiting = failureOf(tokens.token())
      await clock.advance(100)
      const error = (await Promise.race([waiting, Promise.resolve(undefined)])) as TokenRequestError | undefined
      if (error) {
        failed += 1
        expect(error.retryAt).to.be.a('number')
      }
    }
    expect(failed).to.be.greaterThan(500)
    expect(endpoint.calls).to.be.at.most(10)
  })

  it('asks again once the pause is over, and a success forgets the failures', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next(answer(503, ''), answer(503, ''), answer(503, ''))
    const first = failureOf(tokens.token())
    await clock.advance(3 * second)
    const { retryAt } = (await first) as TokenRequestError
    await clock.advance((retryAt ?? 0) - clock.now())
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  // Fault 18
  it('waits as long as the server says, an hour at most', async () => {
    for (const [header, wait] of [
      ['120', 120 * second],
      ['315360000', hour],
    ] as const) {
      const { clock, endpoint, tokens } = setup()
      endpoint.next(answer(503, '', { 'retry-after': header }))
      const error = (await failureOf(tokens.token())) as TokenRequestError
      expect(error.retryAt).to.equal(clock.now() + wait)
      await clock.advance(wait - 1)
      await failureOf(tokens.token())
      expect(endpoint.calls).to.equal(1)
      await clock.advance(1)
      expect((await tokens.token()).accessToken).to.equal('AT-1')
    }
  })

  // Fault 126
  it('is kept waiting neither longer nor shorter by a clock that was turned back', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next(answer(503, '', { 'retry-after': '120' }))
    await failureOf(tokens.token())
    clock.turn(-hour)
    await clock.advance(119 * second)
    expect(await failureOf(tokens.token())).to.be.instanceOf(TokenRequestError)
    await clock.advance(second)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  // Fault 16
  it('serves a stale token while it lives, and asks by backoff, not by request', async () => {
    const its = setup()
    await its.tokens.token()
    await until('STALE', its)
    its.endpoint.always(answer(503, ''))
    for (let n = 0; n < 250; n++) {
      expect(its.tokens.peek()?.accessToken).to.equal('AT-1')
      await its.clock.advance(second)
    }
    expect(its.endpoint.calls).to.be.at.most(1 + 3 + 11)
    await its.clock.advance(50 * second)
    expect(its.tokens.peek()).to.equal(undefined)
  })

  // Fault 20
  it('ends a renewal at its deadline for all callers, and the next caller starts another', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next('hang')
    const waiting = failureOf(tokens.token())
    await clock.advance(30 * second)
    const error = (await waiting) as TokenRequestError
    expect(error.reason).to.equal('timeout')
    await clock.advance(second)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  // Fault 24, 92
  it('asks nobody any more after invalid_grant with no other grant left', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    const dead: TokenError[] = []
    tokens.on('reauthentication-required', ({ error }) => dead.push(error))
    endpoint.next(refusal('invalid_grant'))
    const errors = await Promise.all([1, 2, 3].map(() => failureOf(tokens.token())))
    expect(new Set(errors).size).to.equal(1)
    expect(errors[0]).to.be.instanceOf(ReauthenticationRequiredError)
    expect((errors[0] as Error).cause).to.be.instanceOf(OAuthError)
    for (let n = 0; n < 15; n++) {
      await clock.advance(240 * second)
      expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    }
    expect(endpoint.calls).to.equal(1)
    expect(dead).to.have.length(1)
  })

  // Fault 25
  it('serves the living token after invalid_grant, until its end', async () => {
    const its = setup({ once: true })
    its.endpoint.refreshing = true
    await its.tokens.token()
    await until('STALE', its)
    its.endpoint.always(refusal('invalid_grant'))
    its.tokens.peek()
    await flush()
    expect(its.tokens.peek()?.accessToken).to.equal('AT-1')
    await its.clock.advance(300 * second)
    expect(await failureOf(its.tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(its.endpoint.calls).to.equal(2)
  })

  // Fault 93
  it('shares a configuration error for 1 to 5 s, then asks again', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.always(refusal('invalid_client', 401))
    const error = (await failureOf(tokens.token())) as OAuthError
    expect(error.error).to.equal('invalid_client')
    expect((error.retryAt ?? 0) - clock.now()).to.be.within(second, 5 * second)
    for (let n = 0; n < 100; n++) expect(await failureOf(tokens.token())).to.equal(error)
    expect(endpoint.calls).to.equal(1)
    await clock.advance(5 * second)
    await failureOf(tokens.token())
    expect(endpoint.calls).to.equal(2)
  })

  it('gives a typed error for an answer that is none, and asks again after the pause', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next(answer(200, '<html>welcome</html>'))
    const error = (await failureOf(tokens.token())) as TokenResponseError
    expect(error).to.be.instanceOf(TokenResponseError)
    expect(error.message).to.not.contain('welcome')
    await clock.advance(second)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })
})

describe('TokenManager, refreshing', () => {
  it('refreshes with the newest refresh token, and keeps the old one when none comes', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    await tokens.token()
    endpoint.refreshing = false
    await clock.advance(hour)
    await tokens.token()
    await clock.advance(hour)
    await tokens.token()
    const spent = endpoint.params.map((params) => params.get('refresh_token'))
    expect(spent).to.deep.equal([null, 'RT-1', 'RT-2', 'RT-2'])
  })

  it('goes back to the grant when the refresh is refused', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.next(refusal('invalid_grant'))
    expect((await tokens.token()).accessToken).to.equal('AT-2')
    expect(endpoint.params.map((params) => params.get('grant_type'))).to.deep.equal([
      'client_credentials',
      'refresh_token',
      'client_credentials',
    ])
  })

  it('takes three untidy refusals in a row for the end of a refresh token with no grant behind it', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.always(answer(400, ''))
    for (let n = 0; n < 2; n++) {
      expect(await failureOf(tokens.token())).to.not.be.instanceOf(ReauthenticationRequiredError)
      await clock.advance(hour)
    }
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
  })

  // Fault 23
  it('tries a refresh whose answer was lost once more, and never a third time in the flight', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.next({ failure: 'lost' }, refusal('invalid_grant'))
    const waiting = failureOf(tokens.token())
    await clock.advance(5 * second)
    expect(await waiting).to.be.instanceOf(ReauthenticationRequiredError)
    expect(endpoint.params.map((params) => params.get('refresh_token'))).to.deep.equal([null, 'RT-1', 'RT-1'])
  })

  it('presents a refresh token that may be spent never again when told so', async () => {
    const { clock, endpoint, tokens } = setup({ onAmbiguousRefresh: 'never' })
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.next({ failure: 'lost' })
    expect((await tokens.token()).accessToken).to.equal('AT-2')
    expect(endpoint.params.map((params) => params.get('refresh_token'))).to.deep.equal([null, 'RT-1', null])
  })
})

describe('TokenManager.renew(rejected)', () => {
  // Fault 5
  it('makes one token request for 1,000 rejections of the same token', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    const all = await Promise.all(Array.from({ length: 1_000 }, () => tokens.renew(rejected)))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-2']))
    expect(endpoint.calls).to.equal(2)
  })

  // Fault 6
  it('makes none when the rejected token is no longer the current one', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    const current = await tokens.renew(rejected)
    expect(await tokens.renew(rejected)).to.equal(current)
    expect(endpoint.calls).to.equal(2)
  })

  it('serves the rejected token to nobody', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    endpoint.always(answer(503, '', { 'retry-after': '60' }))
    await failureOf(tokens.renew(rejected))
    expect(tokens.peek()).to.equal(undefined)
    expect(await failureOf(tokens.token())).to.be.instanceOf(TokenRequestError)
  })

  it('takes the same token given again for a failure, and backs off', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    endpoint.always(answer(200, { access_token: 'AT-1', expires_in: 3600 }))
    const error = (await failureOf(tokens.renew(rejected))) as TokenResponseError
    expect(error.reason).to.equal('same_token')
    await failureOf(tokens.renew(rejected))
    expect(endpoint.calls).to.equal(2)
  })

  it('does not take the rejected token back because another one was rejected late', async () => {
    const { endpoint, tokens } = setup()
    const first = await tokens.token()
    const current = await tokens.renew(first)
    const release = endpoint.hold()
    endpoint.next(answer(200, { access_token: current.accessToken, expires_in: 3600 }))
    const renewing = failureOf(tokens.renew(current))
    const late = failureOf(tokens.renew(first))
    release()
    expect(await renewing).to.include({ reason: 'same_token' })
    expect(await late).to.include({ reason: 'same_token' })
    expect(tokens.peek()).to.equal(undefined)
  })

  // Fault 85
  it('does not take the rejected token back from the store', async () => {
    const store = new SharedMemory()
    const first = setup({ store })
    const rejected = await first.tokens.token()
    expect(store.tokens).to.deep.equal(['AT-1'])
    const second = setup({ store })
    second.endpoint.issue()
    expect((await second.tokens.renew(rejected)).accessToken).to.equal('AT-2')
    expect(second.endpoint.calls).to.equal(1)
  })

  // Fault 86
  it('forces one more renewal for a caller that rejects the token of a running renewal', async () => {
    const its = setup()
    const { endpoint, tokens } = its
    const a = await tokens.token()
    const release = endpoint.hold()
    const groupA = [tokens.renew(a), tokens.renew(a)]
    await flush()
    release()
    const b = await groupA[0]
    if (!b) throw new Error('a token was to come')
    const groupB = [tokens.renew(b), tokens.renew(b)]
    expect(accessTokens(await Promise.all(groupA))).to.deep.equal(['AT-2', 'AT-2'])
    expect(accessTokens(await Promise.all(groupB))).to.deep.equal(['AT-3', 'AT-3'])
    expect(endpoint.calls).to.equal(3)
  })

  // Fault 96
  it('makes one token request when background, rejection and expiry come in the same tick', async () => {
    const its = setup()
    const token = await its.tokens.token()
    await until('STALE', its)
    its.tokens.peek()
    const all = [its.tokens.renew(token), its.tokens.token(), its.tokens.token({ minValidity: hour })]
    expect(new Set(accessTokens(await Promise.all(all)))).to.deep.equal(new Set(['AT-2']))
    expect(its.endpoint.calls).to.equal(2)
  })
})

describe('TokenManager and the same token again', () => {
  it('asks no sooner than after half of what remains', async () => {
    const its = setup()
    await its.tokens.token()
    await until('STALE', its)
    its.endpoint.always(() => answer(200, { access_token: 'AT-1', expires_in: 300 }))
    for (let n = 0; n < 140; n++) {
      expect(its.tokens.peek()?.accessToken).to.equal('AT-1')
      await its.clock.advance(second)
    }
    expect(its.endpoint.calls).to.equal(2)
    await its.clock.advance(20 * second)
    its.tokens.peek()
    await its.tokens.token()
    expect(its.endpoint.calls).to.equal(3)
    expect((await its.tokens.token()).generation).to.equal(1)
  })
})

describe('TokenManager.clear() and adopt()', () => {
  it('discards the result of a renewal that ends after clear(), and rejects the waiting callers', async () => {
    const store = new SharedMemory()
    const { endpoint, tokens } = setup({ store })
    const release = endpoint.hold()
    const waiting = failureOf(tokens.token())
    await flush()
    await tokens.clear()
    release()
    expect(((await waiting) as TokenRequestError).reason).to.equal('cleared')
    await flush()
    expect(tokens.peek()).to.equal(undefined)
    expect(store.record()?.end).to.deep.equal({ kind: 'cleared' })
    expect(store.tokens).to.deep.equal([])
  })

  it('does not come back by a store that could not be written yet', async () => {
    const store = new SharedMemory()
    const { clock, endpoint, tokens } = setup({ store })
    await tokens.token()
    store.always('swap', 'throw')
    await tokens.clear()
    expect(tokens.peek()).to.equal(undefined)
    endpoint.always(refusal('invalid_grant'))
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    store.always('swap', undefined)
    await clock.advance(10_000)
    expect(store.record()?.end).to.deep.equal({ kind: 'cleared' })
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
  })

  it('sends nothing for a flight that was let go while it read the store', async () => {
    const store = new SharedMemory()
    const { endpoint, tokens } = setup({ store })
    const release = store.hold()
    const waiting = failureOf(tokens.token())
    await flush()
    const clearing = tokens.clear()
    release()
    await clearing
    expect(((await waiting) as TokenRequestError).reason).to.equal('cleared')
    expect(endpoint.calls).to.equal(0)
  })

  it('starts a flight of its own for who comes after clear()', async () => {
    const { endpoint, tokens } = setup()
    const release = endpoint.hold()
    const before = failureOf(tokens.token())
    await flush()
    await tokens.clear()
    const after = tokens.token()
    await flush()
    expect(endpoint.calls).to.equal(2)
    release()
    await before
    expect((await after).accessToken).to.be.oneOf(['AT-1', 'AT-2'])
  })

  it('uses an adopted token, stores it, and gives it to those who waited', async () => {
    const store = new SharedMemory()
    const { clock, endpoint, tokens } = setup({ store })
    const release = endpoint.hold()
    const waiting = tokens.token()
    await flush()
    const adopted = await tokens.adopt({ accessToken: 'mine', expiresAt: clock.now() + hour })
    release()
    expect(await waiting).to.equal(adopted)
    await flush()
    expect(store.tokens).to.deep.equal(['mine'])
  })

  it('comes back to life with an adopted refresh token', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    endpoint.next(refusal('invalid_grant'))
    await failureOf(tokens.token())
    await tokens.adopt({ accessToken: 'mine', refreshToken: 'mine too', expiresAt: clock.now() })
    expect((await tokens.token()).accessToken).to.equal('AT-1')
    expect(endpoint.params[1]?.get('refresh_token')).to.equal('mine too')
  })

  it('refuses a token that cannot be put on a request', async () => {
    const { tokens } = setup()
    for (const accessToken of ['', 'line\nbreak', 'sp ace', 'é', 'x'.repeat(32_769)]) {
      const error = await failureOf(tokens.adopt({ accessToken }))
      expect(error).to.be.instanceOf(TypeError)
      expect((error as Error).message).to.match(/accessToken/)
    }
    for (const wrong of [{ accessToken: 48151623 }, { accessToken: 'a', refreshToken: 48151623 }])
      expect(String(await failureOf(tokens.adopt(wrong as never)))).to.match(/Token: expected .* ASCII/)
  })
})

describe('TokenManager and its store', () => {
  it('serves a stored token of an earlier process without asking, and renews it by its refresh token', async () => {
    const store = new SharedMemory()
    const first = setup({ store })
    first.endpoint.refreshing = true
    await first.tokens.token()
    const second_ = setup({ store })
    expect((await second_.tokens.token()).accessToken).to.equal('AT-1')
    expect(second_.endpoint.calls).to.equal(0)
    await until('EXPIRED', second_)
    await second_.tokens.token()
    expect(second_.endpoint.params[0]?.get('refresh_token')).to.equal('RT-1')
  })

  it('writes before anyone gets the token', async () => {
    const store = new SharedMemory()
    const { endpoint, tokens } = setup({ store })
    const answered = endpoint.hold()
    let served = false
    const waiting = tokens.token().then(() => {
      served = true
    })
    await flush()
    const written = store.hold()
    answered()
    await flush()
    expect(served).to.equal(false)
    expect(tokens.peek()).to.equal(undefined)
    written()
    await waiting
    expect(store.tokens).to.deep.equal(['AT-1'])
  })

  // Fault 40
  it('asks a grant that can be repeated though a read throws, or hangs', async () => {
    for (const fate of ['throw', 'hang'] as const) {
      const store = new SharedMemory()
      store.next('read', fate)
      const { clock, tokens } = setup({ store })
      const failures: string[] = []
      tokens.on('store-failed', ({ operation }) => failures.push(operation))
      const waiting = tokens.token()
      await clock.advance(5 * second)
      expect((await waiting).accessToken).to.equal('AT-1')
      expect(failures).to.deep.equal(['read'])
    }
  })

  it('uses a token that could not be written, and writes it when the store is back', async () => {
    const store = new SharedMemory()
    store.always('swap', 'throw')
    const { clock, tokens } = setup({ store })
    const failures: string[] = []
    tokens.on('store-failed', ({ operation }) => failures.push(operation))
    expect((await tokens.token()).accessToken).to.equal('AT-1')
    expect(new Set(failures)).to.deep.equal(new Set(['swap']))
    const before = failures.length
    await clock.advance(2 * second)
    expect(failures.length).to.be.greaterThan(before)
    store.always('swap', undefined)
    await clock.advance(10 * second)
    expect(store.tokens).to.deep.equal(['AT-1'])
    expect(clock.timers).to.equal(0)
  })

  it('writes what is unsaved before it is disposed of', async () => {
    const store = new SharedMemory()
    store.always('swap', 'throw')
    const { tokens } = setup({ store })
    await tokens.token()
    store.always('swap', undefined)
    await tokens[Symbol.asyncDispose]()
    expect(store.tokens).to.deep.equal(['AT-1'])
  })

  it('comes back to life when the store holds another refresh token', async () => {
    const store = new SharedMemory()
    const { clock, endpoint, tokens } = setup({ once: true, store })
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.next(refusal('invalid_grant'))
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    store.put(storedSession({ refreshToken: 'RT-9' }))
    await clock.advance(2 * second)
    expect((await tokens.token()).accessToken).to.equal('AT-2')
    expect(endpoint.params[2]?.get('refresh_token')).to.equal('RT-9')
  })

  it('comes back to life with the refresh token of the store, though none said that its own is spent', async () => {
    const store = new SharedMemory()
    const { clock, endpoint, tokens } = setup({ once: true, store })
    endpoint.refreshing = true
    await tokens.token()
    for (let n = 0; n < 3; n++) {
      await clock.advance(hour)
      endpoint.next(answer(400, ''))
      await failureOf(tokens.token())
    }
    store.put(storedSession({ refreshToken: 'RT-9' }))
    await tokens.token()
    expect(endpoint.params.at(-1)?.get('refresh_token')).to.equal('RT-9')
  })

  it('takes over what another process has renewed when its own refresh token is refused', async () => {
    const store = new SharedMemory()
    const { clock, endpoint, tokens } = setup({ once: true, store })
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.next(() => {
      const theirs = { accessToken: 'theirs', scheme: 'Bearer', obtainedAt: clock.now(), lifetime: hour }
      store.renewed({ refreshToken: 'RT-9', tokens: { '': theirs } })
      return refusal('invalid_grant')
    })
    expect((await tokens.token()).accessToken).to.equal('theirs')
    expect(endpoint.calls).to.equal(2)
  })
})

describe('TokenManager, asked in a wrong way', () => {
  it('names what is wrong, leaves nobody waiting and nothing unhandled', async () => {
    const { endpoint, tokens } = setup()
    const wrong: [unknown, string][] = [
      [await failureOf(tokens.token({ signal: 5 as never })), 'signal: expected an AbortSignal, got 5'],
      [
        await failureOf(tokens.token({ timeout: 'x' as never })),
        'timeout: expected milliseconds, 0 or more, got a string',
      ],
      [await failureOf(tokens.exchangeCallback('nowhere')), 'callbackUrl: expected the absolute URL of the callback'],
    ]
    for (const adopted of [undefined, null, 7, []])
      wrong.push([
        await failureOf(tokens.adopt(adopted as never)),
        'adopt: expected text, or an object with accessToken or access_token',
      ])
    for (const [error, message] of wrong) {
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.contain(message)
    }
    expect(() => tokens.on('renew' as never, () => undefined)).to.throw(
      TypeError,
      'name: expected one of acquired, renewed',
    )
    expect(() => tokens.on('renewed', 'x' as never)).to.throw(TypeError, 'listener: expected a function')
    expect(endpoint.calls).to.equal(0)
  })
})

describe('TokenManager.on(name, listener)', () => {
  it('is not harmed by a listener that throws, nor are the other listeners', async () => {
    const { tokens } = setup()
    let heard = 0
    tokens.on('acquired', () => {
      throw new Error('a listener of no use')
    })
    tokens.on('acquired', () => {
      heard += 1
    })
    expect((await tokens.token()).accessToken).to.equal('AT-1')
    expect(heard).to.equal(1)
  })

  it('is not harmed by a listener that rejects', async () => {
    const { tokens } = setup()
    // An unhandled rejection fails the spec: the root hooks listen for it.
    const rejecting: () => unknown = () => Promise.reject(new Error('a listener of no use'))
    tokens.on('acquired', rejecting)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  it('stops when the function it gave is called', async () => {
    const { tokens } = setup()
    let heard = 0
    const stop = tokens.on('acquired', () => {
      heard += 1
    })
    stop()
    await tokens.token()
    expect(heard).to.equal(0)
  })
})
