// Discovery (RFC 8414, OpenID Connect Discovery 1.0): what is asked for, what is taken from the answer, and what is refused.
import { expect } from 'chai'
import { createTokenManager, TokenRequestError, TokenResponseError } from '../../lib/index.ts'
import { deviceAuthorization, discover, type DiscoveryOptions } from '../../lib/providers.ts'
import { oauth2Emulator, startEmulator } from '../../lib/testing.ts'
import type { TokenTransport, WireRequest, WireResult } from '../../lib/token-endpoint/transport.ts'
import { VirtualClock } from '../support/clock.ts'
import { answer } from '../support/fake-endpoint.ts'
import { failureOf } from '../support/failure.ts'
import { startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { byAxios, byFetch, tokenRequestsOf } from '../systems/support.ts'

const ISSUER = 'https://as.example'
const METADATA = { issuer: ISSUER, token_endpoint: `${ISSUER}/token` }
const NONE = { clientAuthentication: 'none' } as const

/** A transport that answers with what `answers` has at the URL, or 404. */
function publishing(answers: Readonly<Record<string, WireResult>>): {
  readonly transport: TokenTransport
  readonly requests: WireRequest[]
} {
  const requests: WireRequest[] = []
  return {
    requests,
    transport: async (call) => {
      const request = await call.prepare()
      requests.push(request)
      return answers[request.url] ?? answer(404, '<h1>Not found</h1>')
    },
  }
}

const OPENID = `${ISSUER}/.well-known/openid-configuration`
const publish = (change: object = {}): TokenTransport =>
  publishing({ [OPENID]: answer(200, { ...METADATA, ...change }) }).transport

describe('discover()', () => {
  realNetwork()

  for (const metadata of ['oauth-authorization-server', 'openid-configuration'] as const) {
    it(`makes a working provider from ${metadata}`, async () => {
      await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'private_key_jwt' }))
      emulator.switches.metadata = metadata
      const { api, credentials, url } = emulator
      const provider = await discover(url, { clientAuthentication: 'private_key_jwt', api })
      const tokens = createTokenManager({ provider, credentials })
      expect((await byFetch(emulator, tokens)('/scoped/read')).status).to.equal(200)
      expect(await tokens.inspect()).to.include({ active: true })
      await tokens.revoke()
      expect(tokenRequestsOf(emulator)).to.have.length(1)
      expect(provider).to.deep.include({ id: new URL(url).host })
    })
  }

  it('configures the authorization code grant with PKCE and iss, and device authorization', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
    emulator.switches.requirePkce = true
    const { api, url, grants } = emulator
    const provider = await discover(new URL(url), { ...NONE, api, grants: ['authorization_code', 'device_code'] })
    const credentials = grants.authorization_code
    const tokens = createTokenManager({ provider, grant: 'authorization_code', credentials })
    const { url: consent } = await tokens.authorizationUrl()
    const callback = (await fetch(consent, { redirect: 'manual' })).headers.get('location') ?? ''
    const without = new URL(callback)
    without.searchParams.delete('iss')
    expect(await failureOf(tokens.exchangeCallback(without))).to.include({ reason: 'issuer' })
    const again = await tokens.authorizationUrl()
    await tokens.exchangeCallback((await fetch(again.url, { redirect: 'manual' })).headers.get('location') ?? '')
    expect((await byAxios(emulator, tokens)('/scoped/read')).status).to.equal(200)
    const devices = createTokenManager({ provider, grant: 'device_code', credentials: { clientId: 'client' } })
    expect((await deviceAuthorization(devices)).verificationUri).to.equal(`${url}/device`)
  })

  it('selects the first client authentication that both support; credentials for the others are accepted', async () => {
    for (const clientAuthentication of ['client_secret_post', 'private_key_jwt', 'client_secret_basic'] as const) {
      await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication }))
      const provider = await discover(emulator.url, {
        clientAuthentication: ['private_key_jwt', 'client_secret_post', 'client_secret_basic'],
        api: emulator.api,
      })
      const credentials = { clientSecret: 'unused', clientAssertion: () => 'unused', ...emulator.credentials }
      const tokens = createTokenManager({ provider, credentials })
      expect((await byFetch(emulator, tokens)('/scoped/read')).status, clientAuthentication).to.equal(200)
    }
  })

  it('requests two well-known URLs, without cookies or credentials', async () => {
    for (const issuer of [`${ISSUER}/tenant`, `${ISSUER}/tenant/`]) {
      const { transport, requests } = publishing({
        [`${ISSUER}/.well-known/oauth-authorization-server/tenant`]: answer(200, { ...METADATA, issuer }),
      })
      await discover(issuer, { ...NONE, transport })
      const sent = { method: 'GET', headers: { accept: 'application/json' } }
      expect(requests).to.deep.equal([
        { ...sent, url: `${ISSUER}/tenant/.well-known/openid-configuration` },
        { ...sent, url: `${ISSUER}/.well-known/oauth-authorization-server/tenant` },
      ])
    }
  })

  it('requests the second URL where the first returns an HTML page', async () => {
    const { transport } = publishing({
      [OPENID]: answer(200, '<!doctype html>'),
      [`${ISSUER}/.well-known/oauth-authorization-server`]: answer(200, METADATA),
    })
    expect(await discover(ISSUER, { ...NONE, transport })).to.deep.include({ id: 'as.example' })
  })

  it('assumes client_secret_basic where the metadata lists no method; none is always accepted', async () => {
    const transport = publish()
    const basic = await discover(ISSUER, {
      clientAuthentication: ['private_key_jwt', 'client_secret_basic'],
      transport,
    })
    expect(basic.token).to.deep.include({ basic: ['{clientId}', '{clientSecret}'] })
    const supported = { token_endpoint_auth_methods_supported: ['client_secret_basic'] }
    expect((await discover(ISSUER, { ...NONE, transport: publish(supported) })).token).not.to.have.property('basic')
  })

  it('disables PKCE only where the server lists only other methods', async () => {
    const options = { ...NONE, grants: ['authorization_code'] } as const
    for (const [methods, pkce] of [
      [undefined, true],
      [['S256'], true],
      [['plain', 'S256'], true],
      [['plain'], false],
    ] as const) {
      const transport = publish({
        authorization_endpoint: `${ISSUER}/authorize`,
        code_challenge_methods_supported: methods,
      })
      const { authorize } = await discover(ISSUER, { ...options, transport })
      expect(authorize?.pkce, String(methods)).to.equal(pkce)
    }
  })

  it('escapes braces in an endpoint', async () => {
    const transport = publish({ token_endpoint: `${ISSUER}/token?tenant={clientId}` })
    expect((await discover(ISSUER, { ...NONE, transport })).token.url).to.equal(`${ISSUER}/token?tenant=%7BclientId%7D`)
  })

  it('accepts an issuer URL object with or without a trailing slash, and an issuer text only as written', async () => {
    const transport = publish()
    await discover(new URL(ISSUER), { ...NONE, transport })
    const error = await failureOf(discover(`${ISSUER}/`, { ...NONE, transport }))
    expect(error).to.include({ reason: 'issuer' })
    expect(String(error)).to.contain('differs by the slash at its end')
  })

  it('caches metadata for concurrent and later calls, but no failure', async () => {
    let available = false
    let asked = 0
    const cache = new Map()
    const transport: TokenTransport = async (call) => {
      await call.prepare()
      asked += 1
      return available ? answer(200, METADATA) : answer(503, '')
    }
    const options = { ...NONE, cache, transport }
    expect(await failureOf(discover(ISSUER, options))).to.include({ reason: 'unavailable', status: 503 })
    available = true
    await Promise.all([discover(ISSUER, options), discover(ISSUER, options)])
    await discover(ISSUER, options)
    expect(asked).to.equal(2)
  })

  for (const [title, change, reason] of [
    ['another issuer', { issuer: 'https://evil.example' }, 'issuer'],
    ['no issuer', { issuer: undefined }, 'issuer'],
    ['no token endpoint', { token_endpoint: undefined }, 'metadata'],
    ['a token endpoint with http', { token_endpoint: 'http://as.example/token' }, 'metadata'],
    ['a token endpoint on loopback', { token_endpoint: 'http://127.0.0.1/token' }, 'metadata'],
    ['a token endpoint that is no text', { token_endpoint: ['https://as.example'] }, 'metadata'],
    ['a revocation endpoint with http', { revocation_endpoint: 'http://as.example/revoke' }, 'metadata'],
    ['a fragment in an endpoint', { token_endpoint: `${ISSUER}/token#a` }, 'metadata'],
    ['no supported client authentication', { token_endpoint_auth_methods_supported: ['tls_client_auth'] }, 'metadata'],
    ['no authorization endpoint', { authorization_endpoint: null }, 'metadata'],
    ['no device authorization endpoint', { device_authorization_endpoint: null }, 'metadata'],
  ] as const) {
    it(`rejects metadata with ${title}`, async () => {
      const transport = publish({
        authorization_endpoint: `${ISSUER}/authorize`,
        device_authorization_endpoint: `${ISSUER}/device`,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
        ...change,
      })
      const grants = ['authorization_code', 'device_code'] as const
      const error = await failureOf(discover(ISSUER, { clientAuthentication: 'client_secret_post', grants, transport }))
      expect(error).to.be.instanceOf(TokenResponseError).and.include({ reason, status: 200, provider: 'as.example' })
    })
  }

  for (const [title, result, expected] of [
    ['404 at both URLs', answer(404, ''), { reason: 'blocked', status: 404 }],
    ['a list in place of metadata', answer(200, []), { reason: 'blocked', status: 200 }],
    ['a redirect', answer(302, '', { location: 'https://evil.example' }), { reason: 'blocked', status: 302 }],
    ['an overloaded server', answer(503, ''), { reason: 'unavailable', status: 503 }],
    ['an endless response', { failure: 'too_large' }, { reason: 'unreachable' }],
    ['no such host', { failure: 'unreachable', networkCode: 'ENOTFOUND' }, { networkCode: 'ENOTFOUND' }],
  ] as const) {
    it(`rejects with a typed error for ${title}`, async () => {
      const error = await failureOf(discover(ISSUER, { ...NONE, transport: () => Promise.resolve(result) }))
      expect(error).to.be.instanceOf(TokenRequestError).and.include(expected)
    })
  }

  it('rejects after 30 seconds without a response', async () => {
    const clock = new VirtualClock()
    const error = failureOf(discover(ISSUER, { ...NONE, clock, transport: () => new Promise(() => undefined) }))
    await clock.advance(30_000)
    expect(await error)
      .to.be.instanceOf(TokenRequestError)
      .and.include({ reason: 'timeout' })
    expect(clock.timers).to.equal(0)
  })

  it('follows no redirect and reads at most 1 MiB from a real server', async () => {
    const server = await startLoopback((response, { url }) => {
      if (url.includes('openid')) response.writeHead(302, { location: '/elsewhere' }).end()
      else response.end(`"${'x'.repeat(2 ** 21)}"`)
    })
    try {
      expect(await failureOf(discover(server.url, NONE))).to.be.instanceOf(TokenRequestError)
      expect(server.received.map(({ url }) => url)).not.to.include('/elsewhere')
    } finally {
      await server.close()
    }
  })

  for (const [option, issuer, change] of [
    ['issuer', 'http://as.example', {}],
    ['issuer', 'as.example', {}],
    ['issuer', `${ISSUER}?tenant=1`, {}],
    ['issuer', `${ISSUER}#tenant`, {}],
    ['issuer', OPENID, {}],
    ['issuer', 'https://user:pass@as.example', {}],
    ['discover.clientAuthentication', ISSUER, { clientAuthentication: 'tls_client_auth' }],
    ['discover.clientAuthentication', ISSUER, { clientAuthentication: [] }],
    ['discover.clientAuthentication', ISSUER, { clientAuthentication: undefined }],
    ['discover.tokenEndpoint', ISSUER, { tokenEndpoint: `${ISSUER}/token` }],
    ['discover.transport', ISSUER, { transport: 'fetch' }],
    ['discover.cache', ISSUER, { cache: {} }],
    ['oauth2.scop', ISSUER, { scop: 'read' }],
    ['oauth2.renewal', ISSUER, { renewal: 'no' }],
    ['oauth2.grants', ISSUER, { grants: [] }],
  ] as const) {
    it(`throws for ${issuer} with ${JSON.stringify(change)} by name, before a request is sent`, async () => {
      const { transport, requests } = publishing({ [OPENID]: answer(200, METADATA) })
      const options = { ...NONE, transport, ...change } as unknown as DiscoveryOptions
      const error = await failureOf(discover(issuer, options as never))
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.contain(`tokenflight: ${option}: expected `)
      expect(requests).to.have.length(0)
    })
  }

  it('accepts an http issuer with dangerouslyAllowInsecureHttp', async () => {
    const http = 'http://as.internal'
    const { transport } = publishing({
      [`${http}/.well-known/openid-configuration`]: answer(200, { issuer: http, token_endpoint: `${http}/token` }),
    })
    const provider = await discover(http, { ...NONE, transport, dangerouslyAllowInsecureHttp: true })
    expect(provider.token.url).to.equal(`${http}/token`)
  })
})
