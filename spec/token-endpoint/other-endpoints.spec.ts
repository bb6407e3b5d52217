import { expect } from 'chai'
import type { Placement, ProviderDefinition } from '../../lib/definitions/definition.ts'
import { buildEndpointRequest } from '../../lib/token-endpoint/other-endpoints.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { defineProvider, netsapiensJwt, oauth2, telstra } from '../../lib/providers.ts'
import { authorizationUrl, form } from '../support/answers.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'

const server = {
  tokenEndpoint: 'https://as.example/token',
  revocationEndpoint: 'https://as.example/revoke',
} as const
const values = { clientId: 'c:1', clientSecret: 's 2', token: 'r3fresh' }

describe('buildEndpointRequest', () => {
  it('throws where the provider has no such endpoint', async () => {
    expect(await failureOf(buildEndpointRequest(telstra, 'revoke', values))).to.be.instanceOf(TypeError)
  })

  it('revokes as in RFC 7009, the client authenticated by HTTP Basic', async () => {
    const provider = oauth2({ ...server, clientAuthentication: 'client_secret_basic', audience: 'x' })
    const filled = await buildEndpointRequest(provider, 'revoke', values)
    expect(filled.request).to.deep.equal({
      method: 'POST',
      url: 'https://as.example/revoke',
      headers: {
        accept: 'application/json',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from('c%3A1:s+2').toString('base64')}`,
      },
      body: 'token=r3fresh',
    })
    expect(filled.secrets).to.include.members(['r3fresh', 's 2'])
  })

  it('revokes with client credentials in the body where the server requires that', async () => {
    const provider = oauth2({ ...server, clientAuthentication: 'client_secret_post' })
    const filled = await buildEndpointRequest(provider, 'revoke', values)
    expect(form(filled.request)).to.deep.equal({ client_id: 'c:1', client_secret: 's 2', token: 'r3fresh' })
  })

  it('revokes with DELETE and the token where the API requires that', async () => {
    const filled = await buildEndpointRequest(netsapiensJwt, 'revoke', { server: 'h.example', token: 'jwt' })
    expect(filled.request).to.deep.equal({
      method: 'DELETE',
      url: 'https://h.example/ns-api/v2/jwt',
      headers: { accept: 'application/json', authorization: 'Bearer jwt' },
    })
  })

  // Fault 157
  for (const [encoding, type, body] of [
    ['json', 'application/json', '{"access_token":"t0ken"}'],
    ['form', 'application/x-www-form-urlencoded', 'access_token=t0ken'],
    [undefined, 'application/x-www-form-urlencoded', 'access_token=t0ken'],
  ] as const)
    it(`sends the body of a DELETE with encoding ${String(encoding)}`, async () => {
      const provider = defineProvider({
        id: 'x',
        title: 'X',
        docs: 'https://docs.example',
        token: { url: 'https://as.example/token', basic: ['{clientId}', '{clientSecret}'] },
        grants: { g: {} },
        revoke: {
          by: 'client',
          method: 'DELETE',
          url: 'https://as.example/token',
          ...(encoding && { encoding }),
          params: { access_token: '{token}' },
        },
      })
      const { request } = await buildEndpointRequest(provider, 'revoke', { ...values, token: 't0ken' })
      expect(request).to.include({ method: 'DELETE', url: 'https://as.example/token', body })
      expect(request.headers['content-type']).to.equal(type)
    })

  it('sends the token in the query of a POST with a body', async () => {
    const provider = defineProvider({
      id: 'x',
      title: 'X',
      docs: 'https://docs.example',
      token: { url: 'https://as.example/token' },
      grants: { g: {} },
      placement: { query: 'auth' },
      revoke: { by: 'token', url: 'https://as.example/revoke?v=1', params: { all: true } },
    })
    const { request } = await buildEndpointRequest(provider, 'revoke', { token: 'a&b' })
    expect(request).to.include({ url: 'https://as.example/revoke?v=1&auth=a%26b', body: 'all=true' })
  })

  for (const [placement, url, headers] of [
    [{ header: 'X-Token', value: 't={token}' }, 'https://api.example/me', { 'x-token': 't=jwt' }],
    [{ query: 'auth' }, 'https://api.example/me?auth=jwt', {}],
    [
      { basic: ['{user}', '{token}'] },
      'https://api.example/me',
      { authorization: `Basic ${Buffer.from('u:jwt').toString('base64')}` },
    ],
  ] as const satisfies readonly (readonly [Placement, string, object])[]) {
    it(`sends the token as placement requires: ${JSON.stringify(placement)}`, async () => {
      const provider: ProviderDefinition = {
        id: 'x',
        title: 'X',
        docs: 'https://docs.example',
        api: 'https://api.example',
        headers: { 'X-Version': '2' },
        token: { url: '/token' },
        grants: { g: {} },
        inspect: { by: 'token', method: 'GET', url: '/me' },
        placement,
      }
      const filled = await buildEndpointRequest(provider, 'inspect', { user: 'u', token: 'jwt' })
      expect(filled.request).to.deep.equal({
        method: 'GET',
        url,
        headers: { accept: 'application/json', 'x-version': '2', ...headers },
      })
    })
  }
})

describe('the authorization URL', () => {
  it('has a code challenge, and one or several resources', async () => {
    const provider = oauth2({
      ...server,
      clientAuthentication: 'none',
      grants: ['authorization_code'],
      authorizationEndpoint: 'https://as.example/authorize?v=2',
      resource: ['https://api.example/a', 'https://api.example/b'],
      scope: 'read',
    })
    const url = await authorizationUrl(provider, {
      clientId: 'c',
      redirectUri: 'https://me.example/cb',
      state: 'st',
      codeChallenge: 'ch',
    })
    const { searchParams, pathname } = new URL(url)
    expect(pathname).to.equal('/authorize')
    expect([...searchParams]).to.deep.equal([
      ['v', '2'],
      ['resource', 'https://api.example/a'],
      ['resource', 'https://api.example/b'],
      ['scope', 'read'],
      ['response_type', 'code'],
      ['client_id', 'c'],
      ['redirect_uri', 'https://me.example/cb'],
      ['state', 'st'],
      ['code_challenge', 'ch'],
      ['code_challenge_method', 'S256'],
    ])
  })
})

// Fault 143
describe('A transport that ignores its signal', () => {
  const never = (): Promise<never> => new Promise(() => undefined)
  const silent = defineProvider({
    id: 'silent',
    title: 'Silent',
    docs: 'https://docs.example',
    token: { url: 'https://as.example/token', params: { client_id: '{clientId}' } },
    authorize: { url: 'https://as.example/authorize', params: { client_id: '{clientId}', state: '{state}' } },
    grants: { authorization_code: { repeatable: false, params: { code: '{code}' } } },
    inspect: { by: 'client', url: 'https://as.example/inspect', params: { token: '{token}', as: '{view?}' } },
    revoke: { by: 'client', url: 'https://as.example/revoke', params: { token: '{token}' } },
  })

  const calls: Readonly<Record<string, (tokens: TokenManager) => Promise<unknown>>> = {
    'inspect()': (tokens) => tokens.inspect(),
    'inspect() with a value that never comes': (tokens) => tokens.inspect({ view: never }),
    'revoke()': (tokens) => tokens.revoke(),
    'exchangeCallback()': async (tokens) => {
      const { state } = await tokens.authorizationUrl()
      return tokens.exchangeCallback(`https://app.example/back?code=c&state=${state}`)
    },
  }
  for (const [name, call] of Object.entries(calls)) {
    it(`does not keep ${name} from rejecting at the deadline`, async () => {
      const clock = new VirtualClock()
      const tokens = createTokenManager({ provider: silent, credentials: { clientId: 'me' }, transport: never, clock })
      await tokens.adopt({ accessToken: 'a-token-to-lose' })
      const failure = failureOf(call(tokens))
      await clock.timerSet()
      await clock.advance(30_000)
      expect(await failure).to.include({ code: 'ERR_TOKEN_REQUEST', reason: 'timeout' })
      expect(clock.timers).to.equal(0)
    })
  }
})
