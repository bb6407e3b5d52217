import { expect } from 'chai'
import { createTokenManager, OAuthError, ReauthenticationRequiredError, type TokenManager } from '../../lib/index.ts'
import { type Emulator, phonecomEmulator, type PhonecomSystem, startEmulator } from '../../lib/testing.ts'
import { axiosTransport } from '../../lib/token-endpoint/axios-transport.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { tokenRequestsOf, byAxios, byFetch, fieldsOf, grantsOf, textOf, WatchedClock } from './support.ts'

/** Where a person comes back to. */
async function consent(url: string): Promise<string> {
  return (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? ''
}

describe('Phone.com', () => {
  realNetwork()
  let clock: WatchedClock
  let emulator: Emulator<PhonecomSystem>
  beforeEach(async () => {
    clock = new WatchedClock()
    emulator = await startEmulator(phonecomEmulator(), { clock })
  })
  afterEach(() => emulator.close())

  function byClient(): TokenManager {
    const { provider, credentials } = emulator
    return createTokenManager({ provider, grant: 'client_credentials', credentials, clock })
  }

  function byConsent(placeholders: { readonly responseType?: string } = {}): TokenManager {
    const { provider, grants } = emulator
    const credentials = { ...grants.authorization_code, ...placeholders }
    return createTokenManager({ provider, grant: 'authorization_code', credentials, scope: 'account-owner', clock })
  }

  describe('client_credentials', () => {
    it('is sent as JSON, succeeds with 201, and is followed by rotating refresh tokens', async () => {
      const { provider, credentials } = emulator
      const transport = axiosTransport()
      const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, clock, transport })
      const get = byAxios(emulator, tokens)
      for (let days = 0; days < 3; days += 1) {
        expect((await get('/accounts')).status).to.equal(200)
        await clock.advance(86_400_000)
      }
      const requests = tokenRequestsOf(emulator)
      const client = { client_id: credentials.clientId, client_secret: credentials.clientSecret }
      expect(requests.map(({ status }) => status)).to.deep.equal([201, 201, 201])
      expect(requests.map(fieldsOf)).to.deep.equal([
        { grant_type: 'client_credentials', ...client },
        { grant_type: 'refresh_token', ...client, refresh_token: emulator.issued[0]?.refreshToken },
        { grant_type: 'refresh_token', ...client, refresh_token: emulator.issued[1]?.refreshToken },
      ])
      expect(requests[0]?.headers['content-type']).to.equal('application/json')
    })

    it('is sent in the query with a definition changed by spreading', async () => {
      const { provider, credentials } = emulator
      const byQuery = { ...provider, token: { ...provider.token, encoding: 'query' } } as const
      const tokens = createTokenManager({ provider: byQuery, grant: 'client_credentials', credentials })
      const get = byFetch(emulator, tokens)
      await get('/accounts')
      emulator.revokeAll()
      expect((await get('/accounts')).status).to.equal(200)
      const requests = tokenRequestsOf(emulator)
      expect(requests.map(({ body, query }) => [body, query.get('grant_type')])).to.deep.equal([
        ['', 'client_credentials'],
        ['', 'refresh_token'],
      ])
      expect(requests[0]?.query.get('client_secret')).to.equal(credentials.clientSecret)
    })

    it('sends scopes separated by spaces', async () => {
      const { provider, credentials } = emulator
      const scope = 'call-logs methods:ALL'
      const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, scope })
      expect((await tokens.token()).scope).to.equal(scope)
      expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.include({ scope })
    })

    it('gives tokens without expiry, which are used until they are rejected', async () => {
      emulator.switches.permanent = true
      const tokens = byClient()
      const get = byFetch(emulator, tokens)
      await get('/accounts')
      expect(tokens.peek()).to.not.have.property('expiresAt')
      expect(await tokens.inspect()).to.deep.include({ expires_at: null })
      await clock.advance(10 * 365 * 86_400_000)
      await get('/accounts')
      expect([emulator.counts.token, clock.timers]).to.deep.equal([1, 0])
      emulator.revokeAll()
      expect((await get('/accounts')).status).to.equal(200)
      expect(grantsOf(emulator)).to.deep.equal(['client_credentials', 'refresh_token'])
    })
  })

  it('supports the password grant, which the newer specification omits', async () => {
    const { provider, grants } = emulator
    const get = byAxios(emulator, createTokenManager({ provider, grant: 'password', credentials: grants.password }))
    expect((await get('/accounts/1')).status).to.equal(200)
    const { clientId, clientSecret, username, password } = grants.password
    expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.deep.equal({
      grant_type: 'password',
      client_id: clientId,
      client_secret: clientSecret,
      username,
      password,
    })
  })

  describe('authorization', () => {
    it('gives a code, bound to its request by the state, which is exchanged once', async () => {
      const tokens = byConsent()
      const { url, state, codeVerifier } = await tokens.authorizationUrl()
      const { clientId, redirectUri } = emulator.grants.authorization_code
      expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/v4\/oauth\/authorization\?/)
      expect(Object.fromEntries(new URL(url).searchParams)).to.deep.equal({
        client_id: clientId,
        response_type: 'code',
        scope: 'account-owner',
        redirect_uri: redirectUri,
        state,
      })
      expect(codeVerifier).to.equal(undefined)
      const callback = await consent(url)
      await tokens.exchangeCallback(callback)
      const get = byFetch(emulator, tokens)
      expect((await get('/accounts')).status).to.equal(200)
      expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.include({
        grant_type: 'authorization_code',
        code: new URL(callback).searchParams.get('code'),
        redirect_uri: redirectUri,
      })
      expect(await failureOf(tokens.exchangeCallback(callback))).to.include({ reason: 'unknown_request' })
      emulator.revokeAll()
      expect((await get('/accounts')).status).to.equal(200)
      expect(grantsOf(emulator)).to.deep.equal(['authorization_code', 'refresh_token'])
    })

    it('of another session is rejected: its state belongs to no request here', async () => {
      const [mine, theirs] = [byConsent(), byConsent()]
      const asked = await mine.authorizationUrl()
      const callback = await consent((await theirs.authorizationUrl()).url)
      expect(await failureOf(mine.exchangeCallback(callback))).to.include({
        code: 'ERR_TOKEN_RESPONSE',
        reason: 'unknown_request',
      })
      expect(await failureOf(mine.exchangeCallback(callback, asked))).to.include({ reason: 'state' })
      expect(emulator.counts.token).to.equal(0)
    })

    it('that is denied rejects with the error code', async () => {
      emulator.switches.denied = true
      const tokens = byConsent()
      const error = await failureOf(tokens.exchangeCallback(await consent((await tokens.authorizationUrl()).url)))
      expect(error).to.be.instanceOf(OAuthError).and.to.include({ error: 'access_denied' })
    })

    it('with the implicit grant gives the token in the fragment', async () => {
      const tokens = byConsent({ responseType: 'token' })
      const { url } = await tokens.authorizationUrl()
      const callback = await consent(url)
      expect(new URL(callback).search).to.equal('')
      const { token } = await tokens.exchangeCallback(callback)
      expect(token).to.include({ accessToken: emulator.issued[0]?.accessToken, scope: 'account-owner' })
      expect(token.expiresAt).to.equal(clock.now() + 86_400_000)
      expect((await byAxios(emulator, tokens)('/accounts')).status).to.equal(200)
      expect(emulator.counts.token).to.equal(0)
    })

    it('with the implicit grant that is denied rejects too', async () => {
      emulator.switches.denied = true
      const tokens = byConsent()
      const { url } = await tokens.authorizationUrl({ responseType: 'token' })
      expect(await failureOf(tokens.exchangeCallback(await consent(url)))).to.include({ error: 'access_denied' })
    })

    it('is required again when the refresh token is rejected: a code is not sent twice', async () => {
      const tokens = byConsent()
      await tokens.exchangeCallback(await consent((await tokens.authorizationUrl()).url))
      emulator.revokeAll()
      emulator.revokeRefreshTokens()
      const error = await failureOf(byFetch(emulator, tokens)('/accounts'))
      expect(error).to.be.instanceOf(ReauthenticationRequiredError)
      expect(grantsOf(emulator)).to.deep.equal(['authorization_code', 'refresh_token'])
      await tokens.exchangeCallback(await consent((await tokens.authorizationUrl()).url))
      expect((await byFetch(emulator, tokens)('/accounts')).status).to.equal(200)
    })
  })

  describe('a token', () => {
    it('is introspected, also with details', async () => {
      const tokens = byClient()
      const { accessToken } = await tokens.token()
      const expires = { scope: 'account-owner', expires_at: clock.now() / 1_000 + 86_400 }
      expect(await tokens.inspect()).to.deep.include(expires)
      expect(await tokens.inspect({ view: 'details' })).to.deep.include(expires)
      const calls = emulator.log.filter(({ kind }) => kind === 'other')
      expect(calls.map(({ method, path, token }) => [method, path, token])).to.deep.equal([
        ['GET', '/v4/oauth/access-token', accessToken],
        ['GET', '/v4/oauth/access-token/details', accessToken],
      ])
    })

    it('is revoked at the server and discarded', async () => {
      const tokens = byClient()
      const { accessToken } = await tokens.token()
      await tokens.revoke()
      expect(tokens.peek()).to.equal(undefined)
      expect(emulator.log.at(-1)).to.include({ method: 'DELETE', path: '/v4/oauth/access-token', token: accessToken })
      const headers = { authorization: `Bearer ${accessToken}` }
      expect((await fetch(`${emulator.api}/accounts`, { headers })).status).to.equal(401)
    })

    it('that is revoked cannot be introspected: the error does not contain the token', async () => {
      const tokens = byClient()
      const { accessToken } = await tokens.token()
      emulator.revokeAll()
      const error = await failureOf(tokens.inspect())
      expect(error).to.be.instanceOf(OAuthError)
      expect(error).to.include({ error: 'oauth2.access_denied', status: 401 })
      expect(textOf(error)).to.not.include(accessToken)
    })
  })

  describe('429', () => {
    it('at the token endpoint is followed by the pause in its body', async () => {
      emulator.switches.rateLimited = 7
      const waiting = byClient().token()
      await clock.waitOf(7_000)
      emulator.switches.rateLimited = undefined
      expect(emulator.counts.token).to.equal(1)
      await clock.advance(6_999)
      expect(emulator.counts.token).to.equal(1)
      await clock.advance(1)
      expect((await waiting).accessToken).to.equal(emulator.issued[0]?.accessToken)
      expect(emulator.counts.token).to.equal(2)
    })

    it('with a pause beyond the deadline rejects with retryAt', async () => {
      emulator.switches.rateLimited = 600
      const tokens = byClient()
      const error = await failureOf(tokens.token())
      expect(error).to.include({ error: '429', errorDescription: 'Too many requests', status: 429 })
      expect(error).to.include({ retryAt: clock.now() + 600_000 })
      emulator.switches.rateLimited = undefined
      await clock.advance(599_999)
      expect(await failureOf(tokens.token())).to.equal(error)
      await clock.advance(1)
      expect((await tokens.token()).accessToken).to.equal(emulator.issued[0]?.accessToken)
      expect(emulator.counts.token).to.equal(2)
    })
  })
})
