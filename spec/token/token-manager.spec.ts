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
  it('sends one token request for 10,000 concurrent callers', async () => {
    const { endpoint, tokens } = setup()
    const all = await Promise.all(Array.from({ length: 10_000 }, () => tokens.token()))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-1']))
    expect(endpoint.calls).to.equal(1)
  })

  // Fault 2
  it('sends one token request for 10,000 callers with an expired token', async () => {
    const its = setup()
    await its.tokens.token()
    await until('EXPIRED', its)
    const all = await Promise.all(Array.from({ length: 10_000 }, () => its.tokens.token()))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-2']))
    expect(its.endpoint.calls).to.equal(2)
  })

  // Fault 3
  it('serves a stale token to 10,000 callers at once, with one renewal in the background', async () => {
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
  it('makes 10,000 callers wait with a critical token, and serves them the new one', async () => {
    const its = setup()
    await its.tokens.token()
    await until('CRITICAL', its)
    expect(its.tokens.peek()).to.equal(undefined)
    const all = await Promise.all(Array.from({ length: 10_000 }, () => its.tokens.token()))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-2']))
    expect(its.endpoint.calls).to.equal(2)
  })

  it('serves the critical token until it expires when its renewal fails', async () => {
    const its = setup()
    await its.tokens.token()
    await until('CRITICAL', its)
    its.endpoint.always(answer(503, ''))
    const waiting = its.tokens.token()
    await its.clock.advance(3.2 * second)
    expect((await waiting).accessToken).to.equal('AT-1')
    expect(its.tokens.peek()?.accessToken).to.equal('AT-1')
  })

  it('counts the lifetime from when the token request was sent', async () => {
    const { clock, endpoint, tokens } = setup()
    const sentAt = clock.now()
    const release = endpoint.hold()
    const waiting = tokens.token()
    await clock.advance(10 * second)
    release()
    expect((await waiting).expiresAt).to.equal(sentAt + hour)
  })

  it('uses a token without a known expiry until it is rejected', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.lifetime = undefined
    const token = await tokens.token()
    await clock.advance(1_000 * hour)
    expect(tokens.peek()).to.equal(token)
    expect((await tokens.renew(token)).accessToken).to.equal('AT-2')
  })

  it('waits for a token with the requested minValidity, at most half of its lifetime', async () => {
    const { clock, endpoint, tokens } = setup()
    await tokens.token()
    await clock.advance(hour / 2 - second)
    expect((await tokens.token({ minValidity: hour })).accessToken).to.equal('AT-1')
    await clock.advance(2 * second)
    expect((await tokens.token({ minValidity: hour })).accessToken).to.equal('AT-2')
    expect(endpoint.calls).to.equal(2)
  })

  // Fault 50
  it('rejects an aborted caller with the reason of its signal; the renewal continues for the others', async () => {
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

  it('sends no token request for a caller whose signal is already aborted', async () => {
    const { endpoint, tokens } = setup()
    const reason = new Error('never mind')
    expect(await failureOf(tokens.token({ signal: AbortSignal.abort(reason) }))).to.equal(reason)
    expect(endpoint.calls).to.equal(0)
  })

  it('rejects a caller after its timeout; the renewal continues', async () => {
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

  it('rejects a caller beyond maxWaiters with a typed error', async () => {
    const { endpoint, tokens } = setup({ maxWaiters: 2 })
    const release = endpoint.hold()
    const waiting = [tokens.token(), tokens.token()]
    const error = (await failureOf(tokens.token())) as TokenRequestError
    expect(error.reason).to.equal('overload')
    release()
    expect(accessTokens(await Promise.all(waiting))).to.deep.equal(['AT-1', 'AT-1'])
  })

  it('does not count an aborted caller in maxWaiters', async () => {
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

  it('keeps the process alive only while a caller waits', async () => {
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

describe('TokenManager, when a renewal fails', () => {
  // Fault 15
  it('sends up to three token requests in the first renewal', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next(answer(503, ''), answer(503, ''))
    const waiting = tokens.token()
    await clock.advance(1 * second)
    expect(endpoint.calls).to.equal(2)
    await clock.advance(2 * second)
    expect((await waiting).accessToken).to.equal('AT-1')
    expect(endpoint.calls).to.equal(3)
  })

  it('rejects all waiting callers with one error, without another renewal', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.always(answer(503, ''))
    const waiting = Array.from({ length: 500 }, () => failureOf(tokens.token()))
    await clock.advance(3 * second)
    const errors = new Set(await Promise.all(waiting))
    expect(errors.size).to.equal(1)
    expect(endpoint.calls).to.equal(3)
  })

  // Fault 17
  it('rejects at once with retryAt during a pause, and sends one token request per pause', async () => {
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

  it('renews again after the pause; a success resets the backoff', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next(answer(503, ''), answer(503, ''), answer(503, ''))
    const first = failureOf(tokens.token())
    await clock.advance(3 * second)
    const { retryAt } = (await first) as TokenRequestError
    await clock.advance((retryAt ?? 0) - clock.now())
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  // Fault 18
  it('follows Retry-After, up to an hour', async () => {
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
  it('keeps the length of a pause when the system clock is set back', async () => {
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
  it('serves a stale token until it expires, and retries by backoff, not per request', async () => {
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
  it('ends a renewal at its deadline for all callers; the next caller starts another', async () => {
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
  it('sends no further token request after invalid_grant where no other grant is left', async () => {
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
  it('serves the token until it expires after invalid_grant', async () => {
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
  it('shares a configuration error for 1 to 5 s, then sends another request', async () => {
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

  it('rejects with a typed error for a response without a token, and retries after the pause', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.next(answer(200, '<html>welcome</html>'))
    const error = (await failureOf(tokens.token())) as TokenResponseError
    expect(error).to.be.instanceOf(TokenResponseError)
    expect(error.message).to.not.contain('welcome')
    await clock.advance(second)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })
})

describe('TokenManager, with a refresh token', () => {
  it('sends the newest refresh token, and keeps the previous one when a response has none', async () => {
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

  it('falls back to the grant when the refresh is rejected', async () => {
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

  it('ends the session at the third ambiguous error response in a row where no other grant is left', async () => {
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
  it('sends a refresh once more when its response was lost, and not a third time in one renewal', async () => {
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

  it("does not send a refresh token again after a lost response with onAmbiguousRefresh 'never'", async () => {
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
  it('sends one token request for 1,000 rejections of the same token', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    const all = await Promise.all(Array.from({ length: 1_000 }, () => tokens.renew(rejected)))
    expect(new Set(accessTokens(all))).to.deep.equal(new Set(['AT-2']))
    expect(endpoint.calls).to.equal(2)
  })

  // Fault 6
  it('sends none when the rejected token is no longer the current one', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    const current = await tokens.renew(rejected)
    expect(await tokens.renew(rejected)).to.equal(current)
    expect(endpoint.calls).to.equal(2)
  })

  it('does not serve the rejected token', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    endpoint.always(answer(503, '', { 'retry-after': '60' }))
    await failureOf(tokens.renew(rejected))
    expect(tokens.peek()).to.equal(undefined)
    expect(await failureOf(tokens.token())).to.be.instanceOf(TokenRequestError)
  })

  it('fails when the server issues the same token again, and backs off', async () => {
    const { endpoint, tokens } = setup()
    const rejected = await tokens.token()
    endpoint.always(answer(200, { access_token: 'AT-1', expires_in: 3600 }))
    const error = (await failureOf(tokens.renew(rejected))) as TokenResponseError
    expect(error.reason).to.equal('same_token')
    await failureOf(tokens.renew(rejected))
    expect(endpoint.calls).to.equal(2)
  })

  it('does not accept the rejected token again because of a late rejection of another', async () => {
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
  it('does not accept the rejected token from the store', async () => {
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
  it('renews once more for a caller that rejects the token of a running renewal', async () => {
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
  it('sends one token request when a background renewal, a rejection and an expiry come in the same tick', async () => {
    const its = setup()
    const token = await its.tokens.token()
    await until('STALE', its)
    its.tokens.peek()
    const all = [its.tokens.renew(token), its.tokens.token(), its.tokens.token({ minValidity: hour })]
    expect(new Set(accessTokens(await Promise.all(all)))).to.deep.equal(new Set(['AT-2']))
    expect(its.endpoint.calls).to.equal(2)
  })
})

describe('TokenManager, when the server issues the same token again', () => {
  it('renews again after half of the remaining lifetime at the earliest', async () => {
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
  it('discard the result of a renewal that ends after clear(), and reject its waiting callers', async () => {
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

  it('do not restore a session from a store that could not be written', async () => {
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

  it('send no token request for a renewal cleared while it read the store', async () => {
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

  it('start another renewal for a caller after clear()', async () => {
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

  it('use an adopted token, store it, and serve it to waiting callers', async () => {
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

  it('start an ended session again with an adopted refresh token', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    endpoint.next(refusal('invalid_grant'))
    await failureOf(tokens.token())
    await tokens.adopt({ accessToken: 'mine', refreshToken: 'mine too', expiresAt: clock.now() })
    expect((await tokens.token()).accessToken).to.equal('AT-1')
    expect(endpoint.params[1]?.get('refresh_token')).to.equal('mine too')
  })

  it('reject a token that is not valid in a header', async () => {
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
  it('serves a stored token of an earlier process without a token request, and renews it with its refresh token', async () => {
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

  it('writes the token before callers get it', async () => {
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
  it('sends a repeatable grant although reading the store throws or hangs', async () => {
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

  it('writes pending changes when it is disposed', async () => {
    const store = new SharedMemory()
    store.always('swap', 'throw')
    const { tokens } = setup({ store })
    await tokens.token()
    store.always('swap', undefined)
    await tokens[Symbol.asyncDispose]()
    expect(store.tokens).to.deep.equal(['AT-1'])
  })

  it('continues an ended session when the store has another refresh token', async () => {
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

  it('continues with the refresh token in the store after ambiguous error responses', async () => {
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

  it('uses the token renewed by another process when its own refresh token is rejected', async () => {
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

describe('TokenManager with invalid arguments', () => {
  it('rejects with an error that names the argument, without waiting callers or unhandled rejections', async () => {
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
  it('is unaffected by a listener that throws, as are other listeners', async () => {
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

  it('is unaffected by a listener that rejects', async () => {
    const { tokens } = setup()
    // An unhandled rejection fails the spec: the root hooks listen for it.
    const rejecting: () => unknown = () => Promise.reject(new Error('a listener of no use'))
    tokens.on('acquired', rejecting)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  it('is removed by the returned function', async () => {
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
