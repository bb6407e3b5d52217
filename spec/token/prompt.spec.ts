import '../support/instant-digest.ts'
import { expect } from 'chai'
import { OAuthError, PromptRequiredError, ReauthenticationRequiredError } from '../../lib/errors.ts'
import { netsapiens } from '../../lib/providers/presets/netsapiens.ts'
import type { CommonOptions } from '../../lib/token/options.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'

const question = answer(200, {
  access_token: 'partial-token',
  mfa_type: 'authenticator',
  mfa_vendor: 'google',
  ns_id_type: 'subscriber',
  scope: 'mfa_required',
})

interface Asked {
  readonly clock: VirtualClock
  readonly endpoint: FakeEndpoint
  readonly tokens: TokenManager
  /** The bodies of the token requests. */
  readonly sent: () => Record<string, string>[]
}

/** A server that asks for a passcode once. */
function asking(options: CommonOptions = {}): Asked {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  endpoint.refreshing = true
  endpoint.next(question)
  const tokens = createTokenManager({
    provider: netsapiens,
    grant: 'password',
    credentials: { server: 'h.example', clientId: 'c', clientSecret: 's', username: 'u@d', password: 'the-password' },
    transport: endpoint.transport,
    clock,
    ...options,
  })
  const sent = (): Record<string, string>[] =>
    endpoint.requests.map(({ body = '' }) => JSON.parse(body) as Record<string, string>)
  return { clock, endpoint, tokens, sent }
}

describe('A prompt (MFA)', () => {
  it('calls onPrompt once for all waiting callers, and sends its answer with the mfa grant', async () => {
    const asked: unknown[] = []
    const { tokens, sent } = asking({
      account: 'mine',
      onPrompt: (prompt) => {
        asked.push(prompt)
        return { passcode: '110124' }
      },
    })
    const all = await Promise.all(Array.from({ length: 100 }, () => tokens.token()))
    expect(new Set(all.map(({ accessToken }) => accessToken))).to.deep.equal(new Set(['AT-1']))
    expect(asked).to.deep.equal([{ grant: 'mfa', provider: 'netsapiens', account: 'mine' }])
    expect(sent().map(({ grant_type }) => grant_type)).to.deep.equal(['password', 'mfa'])
    expect(sent()[1]).to.deep.equal({
      grant_type: 'mfa',
      client_id: 'c',
      client_secret: 's',
      username: 'u@d',
      password: 'the-password',
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
      ns_id_type: 'subscriber',
      passcode: '110124',
      access_token: 'partial-token',
    })
  })

  it('does not serve the partial token', async () => {
    const gate = deferred<{ passcode: string }>()
    const { tokens } = asking({ onPrompt: () => gate.promise })
    const waiting = tokens.token()
    await flush()
    expect(tokens.peek()).to.equal(undefined)
    gate.resolve({ passcode: '1' })
    expect((await waiting).accessToken).to.equal('AT-1')
  })

  it('may take longer than the deadline of a renewal', async () => {
    const gate = deferred<{ passcode: string }>()
    const { clock, tokens } = asking({ onPrompt: () => gate.promise })
    const waiting = tokens.token()
    await clock.advance(240_000)
    gate.resolve({ passcode: '1' })
    expect((await waiting).accessToken).to.equal('AT-1')
  })

  for (const [what, onPrompt] of [
    ['throws', () => Promise.reject(new Error('typed 110124'))],
    [
      'throws at once',
      () => {
        throw new Error('typed 110124')
      },
    ],
    ['returns nothing', () => undefined as never],
    ['never settles', () => new Promise<never>(() => undefined)],
  ] as const) {
    it(`ends the session with a clear error, without another token request, when onPrompt ${what}`, async () => {
      const { clock, endpoint, tokens } = asking({ onPrompt })
      const waiting = Promise.all([failureOf(tokens.token()), failureOf(tokens.token())])
      await clock.advance(300_000)
      const [error] = await waiting
      expect(error).to.be.instanceOf(ReauthenticationRequiredError)
      expect(String(error)).to.contain('onPrompt').and.not.contain('110124')
      expect(await failureOf(tokens.token())).to.equal(error)
      expect(endpoint.calls).to.equal(1)
    })
  }

  it('ends the session when the passcode is wrong, without another token request until clear()', async () => {
    let asked = 0
    const { endpoint, tokens } = asking({
      onPrompt: () => {
        asked += 1
        return { passcode: 'wrong' }
      },
    })
    endpoint.next(answer(401, { code: 401, message: 'Invalid passcode' }))
    const error = (await failureOf(tokens.token())) as ReauthenticationRequiredError
    expect(error).to.be.instanceOf(ReauthenticationRequiredError)
    expect(error.cause).to.be.instanceOf(OAuthError)
    expect((error.cause as OAuthError).errorDescription).to.equal('Invalid passcode')
    expect(await failureOf(tokens.token())).to.equal(error)
    expect([asked, endpoint.calls]).to.deep.equal([1, 2])
    await tokens.clear()
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  for (const [what, refused] of [
    ['has no error code', answer(401, { message: 'No' })],
    ['is a page', answer(403, '<html>no</html>')],
    ['is a success without a token', answer(200, {})],
  ] as const) {
    it(`ends the session without another prompt after a response to the passcode that ${what}`, async () => {
      let asked = 0
      const { clock, endpoint, tokens } = asking({
        onPrompt: () => {
          asked += 1
          return { passcode: 'wrong' }
        },
      })
      endpoint.next(refused)
      for (let hours = 0; hours < 3; hours += 1) {
        expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
        await clock.advance(3_600_000)
      }
      expect([asked, endpoint.calls]).to.deep.equal([1, 2])
    })
  }

  it('rejects with PromptRequiredError, which can be answered, where there is no onPrompt', async () => {
    const { endpoint, tokens, sent } = asking()
    const error = (await failureOf(tokens.token())) as PromptRequiredError
    expect(error).to.be.instanceOf(PromptRequiredError)
    expect(await failureOf(tokens.token())).to.equal(error)
    expect(endpoint.calls).to.equal(1)
    endpoint.next(answer(401, { code: 401, message: 'Invalid passcode' }))
    expect(await failureOf(error.answer({ passcode: 'wrong' }))).to.be.instanceOf(ReauthenticationRequiredError)
    await error.answer({ passcode: '110124' })
    expect((await tokens.token()).accessToken).to.equal('AT-1')
    expect(sent().map(({ passcode }) => passcode)).to.deep.equal([undefined, 'wrong', '110124'])
  })
})
