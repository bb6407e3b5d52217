import '../support/instant-digest.ts'
import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { OAuthError, ReauthenticationRequiredError, TokenResponseError } from '../../lib/errors.ts'
import type { ProviderDefinition } from '../../lib/providers.ts'
import { oauth2 } from '../../lib/providers/oauth2.ts'
import { telstra } from '../../lib/providers/presets/telstra.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint, refusal } from '../support/fake-endpoint.ts'

const provider = oauth2({
  tokenEndpoint: 'https://as.example/token',
  authorizationEndpoint: 'https://as.example/authorize',
  revocationEndpoint: 'https://as.example/revoke',
  clientAuthentication: 'client_secret_post',
  grants: ['authorization_code'],
  api: 'https://api.example',
})
const credentials = { clientId: 'the-client', clientSecret: 'the-secret', redirectUri: 'https://app.example/back' }

function asking(given: ProviderDefinition = provider): {
  clock: VirtualClock
  endpoint: FakeEndpoint
  tokens: TokenManager
} {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  endpoint.refreshing = true
  const tokens = createTokenManager({
    provider: given,
    grant: 'authorization_code',
    credentials,
    clock,
    transport: endpoint.transport,
  })
  return { clock, endpoint, tokens }
}

const back = (fields: Readonly<Record<string, string>>): string =>
  `https://app.example/back?${new URLSearchParams(fields).toString()}`

describe('TokenManager.authorizationUrl() and exchangeCallback(callbackUrl)', () => {
  it('request a code with a new state and code challenge each time', async () => {
    const { tokens } = asking()
    const [one, two] = [await tokens.authorizationUrl(), await tokens.authorizationUrl()]
    const query = Object.fromEntries(new URL(one.url).searchParams)
    expect(query).to.deep.equal({
      response_type: 'code',
      client_id: 'the-client',
      redirect_uri: 'https://app.example/back',
      state: one.state,
      code_challenge: createHash('sha256')
        .update(one.codeVerifier ?? '')
        .digest('base64url'),
      code_challenge_method: 'S256',
    })
    expect(one.state).to.match(/^[\w-]{43}$/)
    expect([one.state, one.codeVerifier]).to.not.have.any.members([two.state, two.codeVerifier])
  })

  it('exchange the code with its code_verifier once, and then refresh', async () => {
    const { clock, endpoint, tokens } = asking()
    const { state, codeVerifier } = await tokens.authorizationUrl()
    const { token } = await tokens.exchangeCallback(back({ code: 'the-code', state }))
    expect(token.accessToken).to.equal('AT-1')
    expect(tokens.peek()).to.equal(token)
    expect(Object.fromEntries(endpoint.params[0] ?? [])).to.deep.equal({
      grant_type: 'authorization_code',
      client_id: 'the-client',
      client_secret: 'the-secret',
      code: 'the-code',
      code_verifier: codeVerifier,
      redirect_uri: 'https://app.example/back',
    })
    await clock.advance(3_600_000)
    await tokens.token()
    expect(endpoint.params[1]?.get('refresh_token')).to.equal('RT-1')
    const error = (await failureOf(tokens.exchangeCallback(back({ code: 'the-code', state })))) as TokenResponseError
    expect(error.reason).to.equal('unknown_request')
    expect(endpoint.calls).to.equal(2)
  })

  it('reject a callback with another state or none, without a token request', async () => {
    const { endpoint, tokens } = asking()
    await tokens.authorizationUrl()
    for (const [fields, reason] of [
      [{ code: 'x', state: 'forged' }, 'unknown_request'],
      [{ code: 'x' }, 'state'],
    ] as const) {
      const error = (await failureOf(tokens.exchangeCallback(back(fields)))) as TokenResponseError
      expect(error).to.be.instanceOf(TokenResponseError)
      expect(error.reason).to.equal(reason)
    }
    expect(endpoint.calls).to.equal(0)
  })

  it('accept a kept authorization request in another process', async () => {
    const asked = await asking().tokens.authorizationUrl()
    const { endpoint, tokens } = asking()
    await tokens.exchangeCallback(back({ code: 'the-code', state: asked.state }), asked)
    expect(endpoint.params[0]?.get('code_verifier')).to.equal(asked.codeVerifier)
  })

  it('reject with the error code of the server', async () => {
    const { tokens } = asking()
    const { state } = await tokens.authorizationUrl()
    const error = (await failureOf(tokens.exchangeCallback(back({ error: 'access_denied', state })))) as OAuthError
    expect(error).to.be.instanceOf(OAuthError)
    expect(error.error).to.equal('access_denied')
  })

  it('limit the texts of an error response to what fits a log line', async () => {
    const { tokens } = asking()
    const { state } = await tokens.authorizationUrl()
    const fields = { error: 'access_denied\u001b[2J', error_description: `no\r\nadmin: yes ${'x'.repeat(1000)}`, state }
    const { error, errorDescription = '' } = (await failureOf(tokens.exchangeCallback(back(fields)))) as OAuthError
    expect(error).to.equal('access_denied [2J')
    expect(errorDescription)
      .to.match(/^no admin: yes x+…$/)
      .and.have.lengthOf(256)
  })

  it('reject when the token endpoint rejects the code; the error does not contain the code', async () => {
    const { endpoint, tokens } = asking()
    const { state } = await tokens.authorizationUrl()
    endpoint.next(answer(400, { error: 'invalid_grant', error_description: 'no such code: the-code' }))
    const error = (await failureOf(tokens.exchangeCallback(back({ code: 'the-code', state })))) as OAuthError
    expect(error.error).to.equal('invalid_grant')
    expect(error.message).to.not.contain('the-code')
  })

  it('read the token of the implicit grant from the fragment', async () => {
    const { clock, endpoint, tokens } = asking({
      ...provider,
      authorize: {
        url: 'https://as.example/authorize',
        params: { response_type: 'token', redirect_uri: '{redirectUri}', state: '{state}' },
      },
    })
    const { state } = await tokens.authorizationUrl()
    const fragment = new URLSearchParams({ access_token: 'direct', token_type: 'Bearer', expires_in: '600', state })
    const { token } = await tokens.exchangeCallback(`https://app.example/back#${fragment.toString()}`)
    expect(token).to.include({ accessToken: 'direct', expiresAt: clock.now() + 600_000 })
    expect(endpoint.calls).to.equal(0)
  })

  it('have token() reject with ReauthenticationRequiredError before the first login', async () => {
    const { endpoint, tokens } = asking()
    const error = (await failureOf(tokens.token())) as Error
    expect(error).to.be.instanceOf(ReauthenticationRequiredError)
    expect(error.message).to.contain('authorizationUrl()')
    expect(endpoint.calls).to.equal(0)
    const { state } = await tokens.authorizationUrl()
    await tokens.exchangeCallback(back({ code: 'the-code', state }))
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })
})

describe('TokenManager.revoke()', () => {
  it('discards the tokens at once and revokes them, the refresh token first', async () => {
    const { endpoint, tokens } = asking()
    const { state } = await tokens.authorizationUrl()
    await tokens.exchangeCallback(back({ code: 'the-code', state }))
    endpoint.always(answer(200, ''))
    const revoking = tokens.revoke()
    expect(tokens.peek()).to.equal(undefined)
    await revoking
    const revoked = endpoint.requests.slice(1)
    expect(revoked.map(({ url }) => url)).to.deep.equal(Array.from({ length: 2 }, () => 'https://as.example/revoke'))
    expect(endpoint.params.slice(1).map((params) => params.get('token'))).to.deep.equal(['RT-1', 'AT-1'])
    expect(endpoint.params[1]?.get('client_secret')).to.equal('the-secret')
  })

  it('discards the tokens even when the revocation is rejected', async () => {
    const { endpoint, tokens } = asking()
    const { state } = await tokens.authorizationUrl()
    await tokens.exchangeCallback(back({ code: 'the-code', state }))
    endpoint.always(refusal('invalid_client', 401))
    expect(await failureOf(tokens.revoke())).to.be.instanceOf(OAuthError)
    expect(tokens.peek()).to.equal(undefined)
  })

  it('revokes the access token too when the server does not revoke refresh tokens', async () => {
    const { endpoint, tokens } = asking()
    const { state } = await tokens.authorizationUrl()
    await tokens.exchangeCallback(back({ code: 'the-code', state }))
    endpoint.next(refusal('unsupported_token_type'), answer(200, ''))
    expect(await failureOf(tokens.revoke())).to.include({ error: 'unsupported_token_type' })
    expect(endpoint.params.slice(1).map((params) => params.get('token'))).to.deep.equal(['RT-1', 'AT-1'])
  })

  it('throws where the provider has no revocation endpoint, and discards nothing; inspect() requests no token first', async () => {
    const endpoint = new FakeEndpoint()
    const options = { provider: telstra, credentials: { clientId: 'a', clientSecret: 'b' } }
    const tokens = createTokenManager({ ...options, transport: endpoint.transport })
    for (const call of [() => tokens.revoke(), () => tokens.inspect()]) {
      const error = await failureOf(call())
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.match(/has no (revoke|inspect) endpoint/)
    }
    expect(endpoint.requests).to.deep.equal([])
    await tokens.token()
    expect(await failureOf(tokens.revoke())).to.be.instanceOf(TypeError)
    expect(tokens.peek()).to.not.equal(undefined)
  })

  it('includes the tokens of a renewal that ends after clear()', async () => {
    const { clock, endpoint, tokens } = asking()
    const { state } = await tokens.authorizationUrl()
    await tokens.exchangeCallback(back({ code: 'the-code', state }))
    await clock.advance(3_600_000)
    const release = endpoint.hold()
    const waiting = failureOf(tokens.token())
    await flush()
    await tokens.clear()
    release()
    await waiting
    await flush()
    expect(endpoint.requests.at(-1)?.url).to.equal('https://as.example/revoke')
    expect(endpoint.params.at(-1)?.get('token')).to.equal('AT-2')
  })
})
