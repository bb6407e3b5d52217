import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { createTokenManager, OAuthError, ReauthenticationRequiredError } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { oauth2Emulator, startEmulator } from '../../lib/testing.ts'
import { axiosTransport } from '../../lib/token-endpoint/axios-transport.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { tokenRequestsOf, byAxios, byFetch, fieldsOf, grantsOf, textOf } from './support.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

async function consent(url: string): Promise<string> {
  return (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? ''
}

describe('A server configured with oauth2()', () => {
  realNetwork()

  for (const basicStyle of ['encoded', 'raw'] as const) {
    it(`gets the client credentials by client_secret_basic, ${basicStyle}`, async () => {
      await using emulator = await startEmulator(
        oauth2Emulator({ basicStyle, clientId: 'a client', clientSecret: '+/%:é' }),
      )
      const { provider, credentials } = emulator
      const transport = axiosTransport()
      const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, transport })
      expect((await byAxios(emulator, tokens)('/scoped/read')).status).to.equal(200)
      const [request] = tokenRequestsOf(emulator)
      const [, basic = ''] = request?.headers['authorization']?.split(' ') ?? []
      expect(Buffer.from(basic, 'base64').toString()).to.equal(
        basicStyle === 'raw' ? 'a client:+/%:é' : 'a+client:%2B%2F%25%3A%C3%A9',
      )
      expect(request?.body).to.equal('grant_type=client_credentials')
    })
  }

  it('gets the client credentials by client_secret_post', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'client_secret_post' }))
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
    expect((await byFetch(emulator, tokens)('/scoped/read')).status).to.equal(200)
    const [request] = tokenRequestsOf(emulator)
    expect(request?.headers).to.not.have.property('authorization')
    expect(fieldsOf(request)).to.deep.equal({
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      grant_type: 'client_credentials',
    })
  })

  it('gets only client_id from a client without a secret', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
    const { provider, grants } = emulator
    const tokens = createTokenManager({ provider, grant: 'password', credentials: grants.password, scope: 'read' })
    const get = byAxios(emulator, tokens)
    await get('/scoped/read')
    emulator.revokeAll()
    expect((await get('/scoped/read')).status).to.equal(200)
    const { clientId, username, password } = grants.password
    expect(tokenRequestsOf(emulator).map(fieldsOf)).to.deep.equal([
      { client_id: clientId, grant_type: 'password', username, password, scope: 'read' },
      { client_id: clientId, grant_type: 'refresh_token', refresh_token: emulator.issued[0]?.refreshToken },
    ])
  })

  it('gets the same refresh token again where its response has none', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    emulator.switches.rotate = false
    const { provider, grants } = emulator
    const get = byFetch(emulator, createTokenManager({ provider, grant: 'password', credentials: grants.password }))
    for (let turn = 0; turn < 3; turn += 1) {
      expect((await get('/scoped/write')).status).to.equal(200)
      emulator.revokeAll()
    }
    const sent = tokenRequestsOf(emulator).map((entry) => fieldsOf(entry)['refresh_token'])
    expect(sent).to.deep.equal([undefined, emulator.issued[0]?.refreshToken, emulator.issued[0]?.refreshToken])
  })

  it('issues a token for a code and its code_verifier, with S256', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
    emulator.switches.requirePkce = true
    const { provider, grants } = emulator
    const credentials = grants.authorization_code
    const tokens = createTokenManager({ provider, grant: 'authorization_code', credentials, scope: 'read' })
    const { url, state, codeVerifier = '' } = await tokens.authorizationUrl()
    expect(Object.fromEntries(new URL(url).searchParams)).to.deep.equal({
      scope: 'read',
      response_type: 'code',
      client_id: credentials.clientId,
      redirect_uri: credentials.redirectUri,
      state,
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
    const callback = await consent(url)
    await tokens.exchangeCallback(callback)
    const get = byAxios(emulator, tokens)
    expect((await get('/scoped/read')).status).to.equal(200)
    expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.deep.equal({
      client_id: credentials.clientId,
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code'),
      redirect_uri: credentials.redirectUri,
      code_verifier: codeVerifier,
    })
    emulator.revokeAll()
    expect((await get('/scoped/read')).status).to.equal(200)
    expect(grantsOf(emulator)).to.deep.equal(['authorization_code', 'refresh_token'])
  })

  it('issues no token for a code with the code_verifier of another request', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
    const { provider, grants } = emulator
    const credentials = grants.authorization_code
    const tokens = createTokenManager({ provider, grant: 'authorization_code', credentials })
    const mine = await tokens.authorizationUrl()
    const other = await tokens.authorizationUrl()
    const callback = await consent(mine.url)
    const verifier = other.codeVerifier ?? ''
    const error = await failureOf(tokens.exchangeCallback(callback, { state: mine.state, codeVerifier: verifier }))
    expect(error).to.be.instanceOf(OAuthError).and.to.include({ error: 'invalid_grant', status: 400 })
    expect(textOf(error)).to.not.include(verifier).and.not.include(new URL(callback).searchParams.get('code'))
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
  })

  it('supports extension grants by URN, resources, an audience and additional parameters', async () => {
    const seen: (string | undefined)[] = []
    await using emulator = await startEmulator(
      oauth2Emulator({
        extensionGrants: {
          [EXCHANGE]: (fields) => {
            seen.push(fields.get('subject_token'))
            return { account: 'ann' }
          },
        },
        parameters: ['subject_token', 'subject_token_type', 'tenant'],
      }),
    )
    emulator.switches.alwaysRefresh = true
    const provider = oauth2({
      tokenEndpoint: `${emulator.url}/token`,
      clientAuthentication: 'client_secret_basic',
      api: emulator.api,
      extensionGrants: {
        exchange: {
          grantType: EXCHANGE,
          params: {
            subject_token: '{subjectToken}',
            subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          },
        },
      },
      resource: [emulator.api, 'https://other.example/api'],
      audience: 'the-{tenant}-api',
      params: { tenant: '{tenant}' },
    })
    let count = 0
    const tokens = createTokenManager({
      provider,
      grant: 'exchange',
      credentials: { ...emulator.credentials, tenant: 'acme', subjectToken: () => `subject-${String((count += 1))}` },
      scope: 'read',
    })
    const get = byFetch(emulator, tokens)
    expect((await get('/scoped/read')).status).to.equal(200)
    emulator.revokeAll()
    expect((await get('/scoped/read')).status).to.equal(200)
    emulator.revokeAll()
    emulator.revokeRefreshTokens()
    expect((await get('/scoped/read')).status).to.equal(200)
    expect(seen).to.deep.equal(['subject-1', 'subject-2'])
    expect(grantsOf(emulator)).to.deep.equal([EXCHANGE, 'refresh_token', 'refresh_token', EXCHANGE])
    for (const { body } of tokenRequestsOf(emulator)) {
      const form = new URLSearchParams(body)
      expect(form.getAll('resource')).to.deep.equal([emulator.api, 'https://other.example/api'])
      expect([form.get('audience'), form.get('tenant')]).to.deep.equal(['the-acme-api', 'acme'])
    }
  })

  it('gets revocations as in RFC 7009: the refresh token, then the access token, with client authentication', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { provider, grants } = emulator
    const tokens = createTokenManager({ provider, grant: 'password', credentials: grants.password })
    const { accessToken } = await tokens.token()
    await tokens.revoke()
    const calls = emulator.log.filter(({ kind }) => kind === 'other')
    expect(calls.map(({ path, status }) => [path, status])).to.deep.equal([
      ['/revoke', 200],
      ['/revoke', 200],
    ])
    expect(calls.map((entry) => fieldsOf(entry))).to.deep.equal([
      { token: emulator.issued[0]?.refreshToken },
      { token: accessToken },
    ])
    expect(calls[0]?.headers['authorization']).to.match(/^Basic /)
    const headers = { authorization: `Bearer ${accessToken}` }
    expect((await fetch(`${emulator.api}/scoped/read`, { headers })).status).to.equal(401)
  })

  for (const insufficient of ['insufficient_scope', 'insufficient_user_authentication'] as const) {
    it(`causes no renewal with ${insufficient}`, async () => {
      await using emulator = await startEmulator(oauth2Emulator())
      emulator.switches.insufficient = insufficient
      const { provider, credentials } = emulator
      const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
      const { status } = await byAxios(emulator, tokens)('/scoped/read')
      expect(status).to.equal(insufficient === 'insufficient_scope' ? 403 : 401)
      expect(emulator.counts).to.include({ token: 1, resource: 1 })
    })
  }
})
