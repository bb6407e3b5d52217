import { expect } from 'chai'
import { ReauthenticationRequiredError, type TokenError, TokenRequestError } from '../../lib/errors.ts'
import { oauth2 } from '../../lib/providers.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import { VirtualClock } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint, refusal } from '../support/fake-endpoint.ts'
import { setup, type Setup } from '../support/managers.ts'
import { SharedMemory } from '../support/stores.ts'

const HOUR = 3_600_000

describe('A grant whose credentials can be used once', () => {
  for (const [what, result, code] of [
    ['a lost response', { failure: 'lost' }, 'ERR_TOKEN_REQUEST'],
    ['a 200 that cannot be parsed', answer(200, '<html>'), 'ERR_TOKEN_RESPONSE'],
    ['a 200 without a token', answer(200, {}), 'ERR_TOKEN_RESPONSE'],
    ['an OAuth error', refusal('invalid_grant'), 'ERR_OAUTH'],
  ] as const) {
    it(`is not repeated after ${what}`, async () => {
      const { clock, endpoint, tokens } = setup({ once: true })
      endpoint.next(result)
      for (let hours = 0; hours < 3; hours += 1) {
        const error = (await failureOf(tokens.token())) as TokenError
        expect(error).to.be.instanceOf(ReauthenticationRequiredError)
        expect((error.cause as TokenError).code).to.equal(code)
        await clock.advance(HOUR)
      }
      expect(endpoint.calls).to.equal(1)
    })
  }

  it('is not repeated after clear(); the error says so', async () => {
    const { endpoint, tokens } = setup({ once: true })
    await tokens.token()
    await tokens.clear()
    expect(((await failureOf(tokens.token())) as Error).message).to.match(/used up.*adopt\(\)/)
    expect(endpoint.calls).to.equal(1)
  })

  for (const [what, result] of [
    ['a request that was not sent', { failure: 'unreachable' }],
    ['a 503', answer(503, '')],
  ] as const) {
    it(`is repeated after ${what}`, async () => {
      const { clock, endpoint, tokens } = setup({ once: true })
      endpoint.next(result)
      const waiting = tokens.token()
      await clock.advance(2_000)
      expect((await waiting).accessToken).to.equal('AT-1')
      expect(endpoint.calls).to.equal(2)
    })
  }

  it('is repeated after invalid_client: the client may have been corrected', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    endpoint.next(refusal('invalid_client', 401))
    expect(await failureOf(tokens.token())).to.not.be.instanceOf(TokenRequestError)
    await clock.advance(5_000)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })
})

describe('A refresh whose response is lost', () => {
  const lost = { failure: 'lost' } as const

  /** A session of a grant that only a person could repeat, whose token has expired. */
  async function expired(options: Parameters<typeof setup>[0] = {}): Promise<Setup & { readonly store: SharedMemory }> {
    const store = new SharedMemory()
    const made = setup({ once: true, store, ...options })
    made.endpoint.refreshing = true
    await made.tokens.token()
    await made.clock.advance(HOUR)
    return { ...made, store }
  }

  const presented = ({ endpoint }: Setup): (string | null)[] =>
    endpoint.params.slice(1).map((params) => params.get('refresh_token'))

  it('is counted in the record before the refresh token is sent again; a response resets the count', async () => {
    const scene = await expired()
    const counted: (number | undefined)[] = []
    const look = (result: typeof lost | undefined) => () => {
      counted.push(scene.store.record()?.doubt)
      return result ?? scene.endpoint.issue()
    }
    scene.endpoint.next(look(lost), look(undefined))
    const waiting = scene.tokens.token()
    await scene.clock.advance(2_000)
    expect((await waiting).accessToken).to.equal('AT-2')
    expect(presented(scene)).to.deep.equal(['RT-1', 'RT-1'])
    expect(counted).to.deep.equal([undefined, 1])
    expect(scene.store.record()).to.deep.include({ refreshToken: 'RT-2' })
    expect(scene.store.record()).to.not.have.any.keys('doubt', 'claim')
  })

  it('is not sent a third time in one renewal; all members wait for the pause in the record', async () => {
    const scene = await expired()
    scene.endpoint.next(lost, lost)
    const failing = failureOf(scene.tokens.token())
    await scene.clock.advance(2_000)
    expect(await failing).to.include({ code: 'ERR_TOKEN_REQUEST', reason: 'unreachable' })
    expect(presented(scene)).to.deep.equal(['RT-1', 'RT-1'])
    expect(scene.store.record()).to.deep.include({ refreshToken: 'RT-1', doubt: 2 })
    expect(scene.store.record()?.claim).to.include({ by: '', spends: false })
    await scene.clock.advance(60_000)
    expect((await scene.tokens.token()).accessToken).to.equal('AT-2')
    expect(presented(scene)).to.deep.equal(['RT-1', 'RT-1', 'RT-1'])
  })

  it('is counted once where the deadline leaves no time to send the refresh token again', async () => {
    const scene = await expired()
    const answered = deferred()
    scene.endpoint.next(() => answered.promise.then(() => lost))
    const failing = failureOf(scene.tokens.token())
    await scene.clock.advance(29_500)
    answered.resolve()
    expect(await failing).to.include({ code: 'ERR_TOKEN_REQUEST', reason: 'unreachable' })
    expect(presented(scene)).to.deep.equal(['RT-1'])
    expect(scene.store.record()).to.deep.include({ refreshToken: 'RT-1', doubt: 1 })
  })

  it('does not end the session, however often it happens; invalid_grant does', async () => {
    const scene = await expired()
    const told: string[] = []
    scene.tokens.on('reauthentication-required', () => told.push('dead'))
    scene.endpoint.always(lost)
    for (let hours = 0; hours < 12; hours += 1) {
      const failing = failureOf(scene.tokens.token())
      await scene.clock.advance(HOUR)
      expect(await failing).to.be.instanceOf(TokenRequestError)
    }
    expect(told).to.deep.equal([])
    expect(new Set(presented(scene))).to.deep.equal(new Set(['RT-1']))
    scene.endpoint.always(refusal('invalid_grant'))
    expect(await failureOf(scene.tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(scene.store.record()?.end).to.deep.equal({ kind: 'dead', code: 'invalid_grant' })
    expect(told).to.deep.equal(['dead'])
  })

  it("ends the session with onAmbiguousRefresh 'never' where no other grant is left", async () => {
    const scene = await expired({ onAmbiguousRefresh: 'never' })
    scene.endpoint.next(lost)
    expect(await failureOf(scene.tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    await scene.clock.advance(HOUR)
    expect(await failureOf(scene.tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    expect(presented(scene)).to.deep.equal(['RT-1'])
    expect(scene.store.record()?.end).to.deep.equal({ kind: 'dead', code: 'ambiguous' })
  })

  it("is retried with onAmbiguousRefresh 'never' when the request was not sent", async () => {
    const scene = await expired({ onAmbiguousRefresh: 'never' })
    scene.endpoint.next({ failure: 'unreachable' })
    const waiting = scene.tokens.token()
    await scene.clock.advance(2_000)
    expect((await waiting).accessToken).to.equal('AT-2')
    expect(presented(scene)).to.deep.equal(['RT-1', 'RT-1'])
  })
})

describe('A rejected password grant', () => {
  const setup = (refreshing: boolean) => {
    const endpoint = new FakeEndpoint()
    endpoint.refreshing = refreshing
    const clock = new VirtualClock()
    const provider = oauth2({
      tokenEndpoint: 'https://as.example/token',
      clientAuthentication: 'none',
      grants: ['password'],
      api: 'https://api.example',
    })
    const credentials = { clientId: 'app', username: 'ann', password: 'a-password' }
    return {
      endpoint,
      clock,
      tokens: createTokenManager({ provider, credentials, transport: endpoint.transport, clock }),
    }
  }

  for (const renewed of [false, true])
    it(`has a message that asks to correct the credentials, ${renewed ? 'after a refresh too' : 'at the first login'}`, async () => {
      const { endpoint, clock, tokens } = setup(renewed)
      if (renewed) await tokens.token()
      await clock.advance(HOUR)
      endpoint.always(refusal('invalid_grant'))
      const { message } = (await failureOf(tokens.token())) as Error
      expect(message).to.equal(
        'as.example: the password grant was refused (invalid_grant); mend the credentials, or call adopt() with a new token, or clear() to try the grant again',
      )
    })
})
