import * as providers from '../../lib/providers.ts'
import { expect } from 'chai'
import type { ProviderDefinition } from '../../lib/definitions/definition.ts'
import { validateDefinition } from '../../lib/definitions/validate-definition.ts'
import { defineProvider } from '../../lib/providers/define-provider.ts'

const plain = {
  id: 'plain',
  title: 'Plain',
  docs: 'https://docs.example',
  api: 'https://api.example/v1',
  token: { url: '/token' },
  grants: { mfa: { params: { passcode: '{passcode}' } } },
} as const

/** A definition as it may come from JSON: the compiler has not seen it. */
const loose = (change: object): ProviderDefinition => ({ ...plain, ...change })
const complaint = (change: object, insecure?: boolean): string => {
  try {
    validateDefinition(loose(change), insecure)
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError).and.to.have.property('code', 'ERR_INVALID_ARG')
    return (error as Error).message
  }
  return ''
}

describe('defineProvider', () => {
  it('returns a deeply frozen copy, whose grant implementation survives spreading', () => {
    const definition = defineProvider({ ...plain, publicPaths: ['/health'] })
    expect(JSON.parse(JSON.stringify(definition))).to.deep.equal({ ...plain, publicPaths: ['/health'] })
    const interpreter = Symbol.for('tokenflight.grant')
    const elsewhere = { ...definition, api: 'https://elsewhere.example' }
    expect(Reflect.get(elsewhere, interpreter)).to.be.a('function').and.equal(Reflect.get(definition, interpreter))
    for (const part of [definition, definition.token, definition.grants.mfa.params, definition.publicPaths]) {
      expect(part).to.be.frozen
    }
  })

  it('throws the same errors as validateDefinition()', () => {
    expect(() => defineProvider(loose({ api: 'nowhere' }))).to.throw(TypeError, 'provider.api')
  })

  it('accepts every preset', () => {
    for (const [name, provider] of Object.entries(providers)) {
      if (typeof provider === 'function') continue
      expect(provider, name).to.be.frozen
      expect(() => {
        validateDefinition(provider)
      }, name).not.to.throw()
    }
  })

  it('gives every preset an id of its own, and data that JSON can represent', () => {
    const systems = Object.values(providers).filter((provider) => typeof provider !== 'function')
    expect(new Set(systems.map(({ id }) => id)).size)
      .to.equal(systems.length)
      .and.to.equal(8)
    for (const system of systems)
      expect(JSON.parse(JSON.stringify(system))).to.deep.equal(Object.fromEntries(Object.entries(system)))
  })
})

describe('validateDefinition(definition)', () => {
  for (const [name, change] of [
    ['a place on this machine, by http', { api: 'http://127.0.0.1:8080/v2' }],
    ['localhost', { api: 'http://localhost:8080' }],
    ['a name below localhost', { api: 'http://as.localhost' }],
    ['IPv6 loopback', { api: 'http://[::1]:8080' }],
    ['placeholders for host, port and path', { api: 'https://{host}:{port}/{realm?}/v1' }],
    ['a placeholder for the whole root', { api: '{site}', token: { url: 'https://as.example/t' } }],
    ['a root from a response, in a domain of the provider', rootFromResponse('https://{site}.my.example.com/v1')],
    ['a path from a response', rootFromResponse('https://api.example/{site}/v1')],
    ['an API from a response, of those declared', rootFromResponse('{site}', { at: 'u', is: ['https://a.example'] })],
    [
      'an API with a label from a response',
      rootFromResponse('https://{site}.my.a.example', { at: 'u', is: 'https://{site}.a' }),
    ],
    ['headers and a placement with kept fields', fieldsFromResponse()],
    ['a server named by a callback, of those declared', calledBack({ name: 'server', is: ['https://as.example'] })],
    ['a server named by a callback, within a domain', calledBack('server', 'https://{server}.as.example/t')],
    ['a token in the query', { placement: { query: 'access_token' } }],
    ['complete PKCE', consent({ pkce: true, challenge: true, verifier: '{codeVerifier}' })],
    ['an optional code_verifier', consent({ verifier: '{codeVerifier?}' })],
    [
      'a credential of the authorization request alone',
      { ...consent({ extra: '{tenant}' }), otherCredentials: ['tenant'] },
    ],
    ['an optional parameter', consent({ extra: '{loginHint?}' })],
    ['no API at all', { api: undefined, token: { url: 'https://as.example/t' } }],
    ['a fallback with special characters', { grants: { g: { params: { scope: '{scope=a:b c/d=e?}' } } } }],
    ['the token and its type in a placement', { placement: { header: 'X', value: '{type} {token} {passcode}' } }],
    [
      'a renewal with kept fields',
      { token: { url: '/t', answer: { keep: { k: 'k' } } }, renewal: renewing('{k} {token}') },
    ],
    ['custom functions', { custom: { request: (x: unknown) => x, answer: (x: unknown) => x } }],
    ['the metadata of AWS', { token: { url: 'http://169.254.169.254/latest/meta-data' } }],
    ['the metadata of AWS, IPv6', { token: { url: 'http://[fd00:ec2::254]/latest/{role}' } }],
    ['the metadata of Google', { token: { url: 'http://metadata.google.internal/computeMetadata/v1?a={b}' } }],
    // Fault 156
    ['a placeholder at the end of a host', { api: 'https://accounts.zoho.{tld}/' }],
    ['a placeholder after the first label of a host', { api: 'https://login.{region}' }],
    ['a placeholder for a part of a label', { api: 'https://api-{region}.example.{tld}:{port}/v1' }],
    ['undefined fields', { renewal: undefined, headers: undefined }],
  ] as const) {
    it(`accepts ${name}`, () => {
      expect(complaint(change)).to.equal('')
    })
  }

  for (const [path, change] of [
    ['provider', undefined],
    ['provider.id', { id: '' }],
    ['provider.title', { title: 5 }],
    ['provider.docs', { docs: undefined }],
    ['provider.encoding', { encoding: 'form' }],
    ['provider.api', { api: 'api.example/v1' }],
    ['provider.api', { api: '/v1' }],
    ['provider.api', { api: 'http://api.example' }],
    ['provider.api', { api: 'http://localhost.evil.example' }],
    ['provider.api', { api: 'http://127.0.0.1.evil.example' }],
    ['provider.api', { api: 'ftp://api.example' }],
    ['provider.api', { api: 'https://{ho st}' }],
    ['provider.api', { api: 5 }],
    ['provider.token', { token: undefined }],
    ['provider.token.url', { token: { url: 'token' } }],
    ['provider.token.url', { token: { url: 'http://as.example/token' } }],
    ['provider.token.url', { token: { url: 'http://metadata.google.internal.evil.example/token' } }],
    ['provider.token.url', { token: { url: 'http://169.254.169.25{digit}/token' } }],
    ['provider.token.url', { token: { url: 'http://{host}/token' } }],
    ['provider.token.url', { token: { url: 'http://169.254.169.254@evil.example/token' } }],
    ['provider.token.url', { token: { url: 'http://169.254.170.2/token' } }],
    ['provider.api', { api: 'http://169.254.169.254' }],
    ['provider.renewal.within', { renewal: { ...renewing('{refreshToken}'), within: '7 days' } }],
    ['provider.token.method', { token: { url: '/t', method: 'PATCH' } }],
    ['provider.token.encoding', { token: { url: '/t', encoding: 'xml' } }],
    ['provider.token.basic', { token: { url: '/t', basic: ['{a}'] } }],
    ['provider.token.basic', { token: { url: '/t', basic: ['{a}', '{b'] } }],
    ['provider.token.headers.X', { token: { url: '/t', headers: { X: 5 } } }],
    ['provider.token.answer.lifetim', { token: { url: '/t', answer: { lifetim: [] } } }],
    ['provider.token.answer.lifetime.1', { token: { url: '/t', answer: { lifetime: [{ in: 'a' }, {}] } } }],
    ['provider.token.answer.lifetime.0.unit', { token: { url: '/t', answer: { lifetime: [{ in: 'a', unit: 'h' }] } } }],
    ['provider.token.answer.lifetime.0.fixed', { token: { url: '/t', answer: { lifetime: [{ fixed: '9' }] } } }],
    ['provider.token.errors.denied', { token: { url: '/t', errors: { denied: { status: 403 } } } }],
    ['provider.token.errors.denied.0.status', { token: { url: '/t', errors: { denied: [{ status: '403' }] } } }],
    ['provider.token.errors.wait.0.as', { token: { url: '/t', errors: { wait: [{ header: 'x' }] } } }],
    ['provider.grants', { grants: [] }],
    ['provider.grants', { grants: {} }],
    ['provider.grants', { grants: { refresh_token: {} } }],
    ['provider.grants.g.url', { token: {}, grants: { g: {} } }],
    ['provider.grants.g.url', { api: undefined, grants: { g: {} } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: '{pass code}' } } } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: '{passcode' } } } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: 'passcode}' } } } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: '{passcode}}' } } } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: '{}' } } } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: '{pass?code}' } } } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: '{{passcode}}' } } } }],
    ['provider.grants.mfa.params.passcode', { grants: { mfa: { params: { passcode: NaN } } } }],
    ['provider.grants.mfa.params.tree', { grants: { mfa: { params: { tree: { a: 'b' } } } } }],
    ['provider.grants.mfa.params.list', { grants: { mfa: { params: { list: [5] } } } }],
    ['provider.grants.mfa.repeatable', { grants: { mfa: { repeatable: 'no' } } }],
    ['provider.renewal.refreshToken', { renewal: { accessToken: 'dies' } }],
    ['provider.renewal.accessToken', { renewal: { refreshToken: 'rotates', accessToken: 'perishes' } }],
    ['provider.renewal', { renewal: renewing('{refreshTokn}') }],
    ['provider.placement', { placement: { value: '{token}' } }],
    ['provider.placement', { placement: { header: 'X', value: '{tokn}' } }],
    ['provider.placement.value', { placement: { header: 'X' } }],
    ['provider.token.answer.keep.site', rootFromResponse('https://{site}.my.example.com', { at: 'u' })],
    ['provider.token.answer.keep.site', rootFromResponse('https://{site}.my.example.com', { at: 'u', is: [] })],
    ['provider.token.answer.keep.site', rootFromResponse('https://{site}.my.example.com', { is: 'https://a.example' })],
    ['provider (the field site to keep)', rootFromResponse('https://a.example/{site}', { at: 'u', is: 'a {u}' })],
    ['provider (the field site to keep)', rootFromResponse('https://a.example/{site}', { at: 'u', is: '{site?}' })],
    ['provider (the field site to keep)', rootFromResponse('https://a.example', { at: 'u', is: '{site}{site}' })],
    [
      'provider.api',
      rootFromResponse('{site}', { at: 'u', is: ['https://a.example', 'https://{site}.my.example.com'] }),
    ],
    [
      'provider.renewal.url',
      { ...rootFromResponse('https://a.example'), renewal: { ...renewing('{refreshToken}'), url: '{site}/t' } },
    ],
    ['provider.prompt.grant', { prompt: { when: [], grant: 'mfaa', carry: {} } }],
    ['provider.prompt.when', { prompt: { grant: 'mfa', carry: {} } }],
    ['provider.inspect.by', { inspect: { url: '/me' } }],
    ['provider.revoke.url', { revoke: { by: 'token' } }],
    ['provider.authorize.params', { authorize: { url: '/authorize' } }],
    ['provider.authorize.params', { authorize: { url: '/authorize', params: { redirect_uri: '{redirectUri}' } } }],
    ['provider.authorize.params', { authorize: { url: '/authorize', params: { state: '{state}' }, pkce: true } }],
    ['provider.authorize.issuer', { authorize: { url: '/authorize', params: { state: '{state}' }, issuer: 'as' } }],
    ['provider.authorize.params', consent({ pkce: true })],
    ['provider.authorize.pkce', consent({ challenge: true })],
    ['provider.authorize.pkce', consent({ verifier: '{codeVerifier}' })],
    ['provider.grants.consent.params', consent({ pkce: true, challenge: true })],
    ['provider.grants.consent.repeatable', { grants: { consent: { params: { code: '{code}' } } } }],
    ['provider.grants.device.repeatable', { grants: { device: { params: { code: '{deviceCode}' } } } }],
    ['provider.authorize', consent({ extra: '{clientid}' })],
    ['provider.placement', { placement: { header: 'X', value: 'token' } }],
    ['provider.placement', { placement: { query: 'x', value: '{passcode}' } }],
    ['provider.placement', { placement: { basic: ['{passcode}', ''] } }],
    ['provider.revoke', { revoke: { by: 'client', url: '/revoke', params: { token: 'token' } } }],
    ['provider.inspect', { inspect: { by: 'client', url: '/inspect' } }],
    ['provider.rejectedWhen.0', { rejectedWhen: [{}] }],
    ['provider.token.answer.ok.1', { token: { url: '/t', answer: { ok: [{ status: 200 }, {}] } } }],
    ['provider.token.errors.denied.0', { token: { url: '/t', errors: { denied: [{ is: 'x' }] } } }],
    ['provider.api', rootFromResponse('{site}')],
    ['provider.api', rootFromResponse('https://{site}/v1')],
    ['provider.api', rootFromResponse('https://{site}.com')],
    ['provider.api', rootFromResponse('https://api.{site}:443/v1')],
    ['provider.grants.consent.url', calledBack('server')],
    ['provider.grants.consent.url', calledBack('server', 'https://as.{server}/t')],
    ['provider.authorize.callback.keep.server', calledBack({ name: 'server', is: 5 })],
    ['provider.authorize.callback.keep.server', calledBack({ is: 'https://as.example' })],
    ['provider.authorize.callback.code', { authorize: { ...calledBack('x').authorize, callback: { code: '' } } }],
    ['provider.publicPaths.0', { publicPaths: [5] }],
    ['provider.scopes.known', { scopes: { known: 'a b' } }],
    ['provider.custom.request', { custom: { request: 'x' } }],
  ] as const) {
    it(`names ${path} for ${JSON.stringify(change)}`, () => {
      const text = change === undefined ? nothing() : complaint(change)
      expect(text).to.satisfy((said: string) => said.startsWith(`tokenflight: ${path}: expected `), text)
    })
  }

  it('tells what is expected', () => {
    for (const [change, says] of [
      [{ placement: { header: 'X', value: 'token' } }, 'provider.placement: expected text with {token}'],
      [
        { revoke: { by: 'client', url: '/revoke' } },
        "provider.revoke: expected a parameter with {token}, or by: 'token', got an object",
      ],
      [
        consent({ challenge: true }),
        'provider.authorize.pkce: expected true, for a parameter has {codeChallenge}, got undefined',
      ],
      [
        consent({ extra: '{clientid}' }),
        'provider.authorize: expected placeholders that credentials or kept fields fill, not {clientid}',
      ],
      [
        { grants: { consent: { params: { code: '{code}' } } } },
        'provider.grants.consent.repeatable: expected false, for {code} can be used once, got undefined',
      ],
      [
        rootFromResponse('https://{site}'),
        "provider.api: expected a host that ends in the provider's domain, e.g. https://{site}.example.com, for a response fills {site}",
      ],
      [{ rejectedWhen: [{}] }, 'provider.rejectedWhen.0: expected an object with one of status|at'],
    ] as const)
      expect(complaint(change)).to.include(says)
  })

  it('accepts http with dangerouslyAllowInsecureHttp', () => {
    const change = { api: 'http://api.example', token: { url: 'http://as.example/token' } }
    expect(complaint(change)).to.include('provider.api')
    expect(complaint(change, true)).to.equal('')
    expect(complaint({ api: 'ftp://api.example' }, true)).to.include('provider.api')
  })

  it('accepts a definition spread from another', () => {
    expect(complaint({ ...providers.telstra, api: 'http://127.0.0.1:8080/v2' })).to.equal('')
    expect(complaint({ ...providers.telstra, api: 'http://api.example/v2' })).to.include('provider.api')
  })
})

function nothing(): string {
  try {
    validateDefinition(undefined as unknown as ProviderDefinition)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

function renewing(text: string): object {
  return { refreshToken: 'rotates', accessToken: 'lives', params: { refresh_token: text } }
}

/** A provider whose API is where a response says. */
function rootFromResponse(api: string, site: unknown = 'u'): object {
  return { api, token: { url: 'https://as.example/t', answer: { keep: { site } } } }
}

function fieldsFromResponse(): object {
  const placement = { header: 'X-Auth', value: '{site} {token}' }
  return { ...rootFromResponse('https://a.example'), headers: { 'X-Site': '{site}' }, placement }
}

/** A provider that asks a person, with these parts of PKCE and this further parameter. */
function consent({ pkce, challenge, verifier, extra }: Readonly<Record<string, string | boolean>>): object {
  return {
    authorize: {
      url: '/authorize',
      params: { state: '{state}', ...(challenge && { code_challenge: '{codeChallenge}' }), ...(extra && { extra }) },
      ...(pkce && { pkce }),
    },
    grants: {
      consent: { repeatable: false, params: { code: '{code}', ...(verifier && { code_verifier: verifier }) } },
    },
  }
}

/** A provider whose token endpoint is where a callback says. */
function calledBack(server: unknown, url = '{server}/token'): { readonly authorize: object } {
  const authorize = { url: '/authorize', params: { state: '{state}' }, callback: { keep: { server } } }
  return { ...consent({}), token: { url }, authorize } as { readonly authorize: object }
}
