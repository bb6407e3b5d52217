import { expect } from 'chai'
import { createTokenManager, type RawAnswer } from '../../lib/index.ts'
import { oauth2, type OAuth2Options } from '../../lib/providers.ts'
import { answer, failureOf, form, sent, tokenOf } from '../support/answers.ts'

const tokenEndpoint = 'https://as.example/token'
const values = { clientId: 'c:1', clientSecret: 's /+', username: 'u', password: 'p' }
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('oauth2: client authentication', () => {
  for (const [options, authorization, params] of [
    [{ clientAuthentication: 'client_secret_basic' }, basic('c%3A1:s+%2F%2B'), {}],
    [{ clientAuthentication: 'client_secret_basic', basicStyle: 'encoded' }, basic('c%3A1:s+%2F%2B'), {}],
    [{ clientAuthentication: 'client_secret_post' }, undefined, { client_id: 'c:1', client_secret: 's /+' }],
    [{ clientAuthentication: 'none' }, undefined, { client_id: 'c:1' }],
  ] as const) {
    it(`is sent for ${JSON.stringify(options)}`, async () => {
      const request = await sent(oauth2({ tokenEndpoint, ...options }), 'client_credentials', values)
      expect(request.url).to.equal(tokenEndpoint)
      expect(request.headers['authorization']).to.equal(authorization)
      expect(form(request)).to.deep.equal({ ...params, grant_type: 'client_credentials' })
    })
  }

  it("sends client id and secret unencoded with basicStyle: 'raw'", async () => {
    const provider = oauth2({ tokenEndpoint, clientAuthentication: 'client_secret_basic', basicStyle: 'raw' })
    const request = await sent(provider, 'client_credentials', { clientId: 'c', clientSecret: 's /+' })
    expect(request.headers['authorization']).to.equal(basic('c:s /+'))
  })
})

describe('oauth2: grants', () => {
  const provider = oauth2({
    tokenEndpoint: 'https://{tenant}.as.example/token',
    authorizationEndpoint: 'https://{tenant}.as.example/authorize',
    clientAuthentication: 'none',
    grants: ['client_credentials', 'password', 'authorization_code'],
    extensionGrants: {
      exchange: {
        grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
        params: { subject_token: '{subjectToken}', actor_token: '{actorToken?}' },
      },
      once: { grantType: 'urn:x:once', repeatable: false },
    },
    scope: 'read write',
    audience: 'https://api.example',
    resource: ['https://api.example/a', 'https://api.example/b'],
    params: { vendor: 'acme', grant_type: 'never' },
  })

  for (const [grant, expected] of [
    ['client_credentials', { scope: 'read write' }],
    ['password', { username: 'u', password: 'p', scope: 'read write' }],
    ['authorization_code', { code: 'x', redirect_uri: 'https://me.example/cb', code_verifier: 'v' }],
    [
      'exchange',
      { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', subject_token: 'st', scope: 'read write' },
    ],
    ['refresh_token', { refresh_token: 'r' }],
  ] as const) {
    it(`sends ${grant} with its own parameters, the resources and the additional parameters`, async () => {
      const request = await sent(provider, grant, {
        ...values,
        tenant: 'acme',
        code: 'x',
        redirectUri: 'https://me.example/cb',
        codeVerifier: 'v',
        subjectToken: 'st',
        refreshToken: 'r',
      })
      expect(request.url).to.equal('https://acme.as.example/token')
      expect(form(request)).to.deep.equal({
        client_id: 'c:1',
        grant_type: grant,
        vendor: 'acme',
        audience: 'https://api.example',
        resource: 'https://api.example/b',
        ...expected,
      })
      expect(new URLSearchParams(request.body).getAll('resource')).to.deep.equal([
        'https://api.example/a',
        'https://api.example/b',
      ])
    })
  }

  it('does not repeat a code or an extension grant with repeatable: false', () => {
    expect(provider.grants.authorization_code.repeatable).to.equal(false)
    expect(provider.grants.once).to.have.property('repeatable', false)
    expect(provider.grants.exchange).not.to.have.property('repeatable')
  })

  it('defaults to client_credentials, and to none with extension grants', () => {
    const options = { tokenEndpoint, clientAuthentication: 'none' } as const
    expect(Object.keys(oauth2(options).grants)).to.deep.equal(['client_credentials'])
    const exchange = { grantType: 'urn:x' }
    expect(Object.keys(oauth2({ ...options, extensionGrants: { exchange } }).grants)).to.deep.equal(['exchange'])
  })

  it('prefers the scope of the manager', async () => {
    const request = await sent(provider, 'client_credentials', { ...values, tenant: 'acme', scope: 'less' })
    expect(form(request)['scope']).to.equal('less')
  })

  it('takes its id from the host of the token endpoint', () => {
    expect(oauth2({ tokenEndpoint, clientAuthentication: 'none' }).id).to.equal('as.example')
    expect(oauth2({ tokenEndpoint, clientAuthentication: 'none', id: 'mine' }).id).to.equal('mine')
  })

  it('has an API only with the option api', () => {
    const options = { tokenEndpoint, clientAuthentication: 'none' } as const
    expect(oauth2(options)).not.to.have.property('api')
    expect(oauth2({ ...options, api: 'https://api.example' }).api).to.equal('https://api.example')
  })

  it('is frozen', () => {
    expect(provider.grants.password.params).to.be.frozen
  })

  it('omits PKCE with pkce: false', () => {
    const options = {
      tokenEndpoint,
      clientAuthentication: 'none',
      grants: ['authorization_code'],
      authorizationEndpoint: 'https://as.example/authorize',
    } as const
    expect(oauth2(options).authorize.pkce).to.equal(true)
    expect(oauth2({ ...options, pkce: false }).authorize.pkce).to.equal(false)
    expect(oauth2({ ...options, pkce: false }).authorize.params).not.to.have.any.keys('code_challenge')
  })

  it('reads responses and errors of RFC 6749, and an error that is an object', async () => {
    const issued = await tokenOf(provider, 'password', answer(200, { access_token: 'a', token_type: 'bearer' }))
    expect(issued).to.deep.equal({ accessToken: 'a', scheme: 'Bearer' })
    const { error } = await failureOf(provider, 'password', answer(401, { error: { type: 'nope', message: 'No.' } }))
    expect(error).to.deep.include({ error: 'nope', errorDescription: 'No.' })
  })
})

describe('oauth2: options', () => {
  const good = { tokenEndpoint, clientAuthentication: 'none' } as const
  for (const [path, change] of [
    ['oauth2.tokenEndpoint', { tokenEndpoint: undefined }],
    ['oauth2.tokenEndpoint', { tokenEndpoint: '/token' }],
    ['oauth2.tokenEndpoint', { tokenEndpoint: 'http://as.example/token' }],
    ['oauth2.clientAuthentication', { clientAuthentication: undefined }],
    ['oauth2.clientAuthentication', { clientAuthentication: 'tls_client_auth' }],
    ['oauth2.grants', { grants: 'password' }],
    ['oauth2.grants.0', { grants: ['implicit'] }],
    ['provider.grants', { extensionGrants: { refresh_token: { grantType: 'x' } } }],
    ['oauth2.extensionGrants.x.grantType', { extensionGrants: { x: {} } }],
    ['oauth2.extensionGrants.x.parms', { extensionGrants: { x: { grantType: 'x', parms: {} } } }],
    ['oauth2.authorizationEndpoint', { authorizationEndpoint: 'http://as.example' }],
    ['oauth2.issuer', { issuer: 'as.example' }],
    ['oauth2.authorizationResponseIssParameterSupported', { authorizationResponseIssParameterSupported: 'yes' }],
    ['oauth2.authorizationParams.prompt', { authorizationParams: { prompt: '{' } }],
    [
      'oauth2.authorizationParams.state',
      { authorizationEndpoint: 'https://as.example/authorize', authorizationParams: { state: 'mine' } },
    ],
    ['oauth2.revocationEndpoint', { revocationEndpoint: 'http://as.example' }],
    ['oauth2.api', { api: 'api.example' }],
    ['oauth2.params.x', { params: { x: '{' } }],
    ['provider.grants.client_credentials.params.resource', { resource: { a: 'b' } }],
    ['oauth2.authorizationEndpoint', { grants: ['authorization_code'] }],
    ['oauth2.deviceAuthorizationEndpoint', { grants: ['device_code'] }],
    ['oauth2.grants', { grants: ['client_credentials', 'refresh_token'], renewal: false }],
    ['oauth2.scop', { scop: 'x' }],
    ['oauth2.scope', { scope: 7 }],
    ['oauth2.scope', { scope: ['read', 7] }],
    ['oauth2.encoding', { encoding: 'xml' }],
    ['oauth2.renewal', { renewal: 'no' }],
    ['oauth2.headers.x', { headers: { x: 7 } }],
    ['provider.placement', { placement: { query: 'token', value: '{nobody}' } }],
    ['oauth2.placement', { placement: { value: '{token}' } }],
    ['oauth2.placement.heder', { placement: { heder: 'x', value: '{token}' } }],
    ['provider.placement.value', { placement: { header: 'x' } }],
    ['oauth2.grants', { grants: [] }],
  ] as const) {
    it(`names ${path} for ${JSON.stringify(change)}`, () => {
      const options = { ...good, ...change } as OAuth2Options
      expect(() => oauth2(options)).to.throw(TypeError, `tokenflight: ${path}: expected `)
    })
  }

  it('quote an unknown word and suggest the nearest one', () => {
    for (const [change, message] of [
      [{ clientAuthentication: 'clientSecretBasic' }, '(perhaps client_secret_basic), got "clientSecretBasic"'],
      [{ clientAuthentication: 'client_secret_psot' }, '(perhaps client_secret_post), got "client_secret_psot"'],
      [{ clientAuthentication: 'mtls' }, 'client_secret_post, none, got "mtls"'],
      [{ grants: ['authorisation_code'] }, '(perhaps authorization_code), got "authorisation_code"'],
      [{ encoding: 'JSON' }, 'one of form, json, query (perhaps json), got "JSON"'],
      [{ encoding: 'x'.repeat(65) }, 'one of form, json, query, got a string'],
      [{ clientAuthentication: 'basic' }, '(perhaps client_secret_basic), got "basic"'],
      [{ grants: ['urn:ietf:params:oauth:grant-type:token-exchange'] }, '(perhaps token_exchange), got a string'],
      [{ clientAuthentication: 'k7Qz-s3cr3t' }, 'none, got a string'],
      [{ token_endpoint: tokenEndpoint }, '; perhaps tokenEndpoint), got "https://as.example/token"'],
    ] as const)
      expect(() => oauth2({ ...good, ...change } as never)).to.throw(TypeError, message)
  })

  it('name missing required options with an unknown one', () => {
    const options = { tokenURL: tokenEndpoint, clientAuthentication: 'none' }
    expect(() => oauth2(options as never)).to.throw(TypeError, /oauth2\.tokenURL: .*; missing: tokenEndpoint\)/)
  })

  it('reject URLs with a user', () => {
    for (const name of ['tokenEndpoint', 'revocationEndpoint', 'api', 'issuer'])
      for (const url of ['https://me:s3cr3t@as.example/token', 'https://{clientId}@as.example/token']) {
        expect(() => oauth2({ ...good, [name]: url } as never))
          .to.throw(TypeError, `oauth2.${name}: expected an https URL without user`)
          .with.property('message')
          .that.not.contains('s3cr3t')
      }
  })

  it('accept URL objects for every URL', async () => {
    const provider = oauth2({
      tokenEndpoint: new URL(tokenEndpoint),
      authorizationEndpoint: new URL('https://as.example/authorize'),
      revocationEndpoint: new URL('https://as.example/revoke'),
      clientAuthentication: 'none',
      grants: ['authorization_code', 'refresh_token'],
      resource: [new URL('https://orders.example/a'), 'https://stock.example'],
      audience: new URL('https://api.example/b'),
      api: new URL('https://api.example/v1'),
    })
    expect(provider.token.url).to.equal(tokenEndpoint)
    expect(provider.api).to.equal('https://api.example/v1')
    expect(provider.revoke.url).to.equal('https://as.example/revoke')
    expect(Object.keys(provider.grants)).to.deep.equal(['authorization_code'])
    const redirectUri = new URL('https://app.example/callback?a=b')
    const request = await sent(provider, 'authorization_code', { clientId: 'c', code: 'x', redirectUri })
    expect(form(request)).to.include({ redirect_uri: redirectUri.href, audience: 'https://api.example/b' })
    expect(new URLSearchParams(request.body).getAll('resource')).to.deep.equal([
      ...['https://orders.example/a', 'https://stock.example'],
    ])
  })

  it('accept an issuer URL object with or without a trailing slash, and an issuer text only as written', async () => {
    const url = 'https://as.example'
    for (const [issuer, iss, isRight] of [
      [new URL(url), url, true],
      [new URL(url), `${url}/`, true],
      [new URL(`${url}/tenant`), `${url}/tenant`, true],
      [new URL(url), `${url}/tenant`, false],
      [url, `${url}/`, false],
      [`${url}/`, `${url}/`, true],
    ] as const) {
      const provider = oauth2({ ...good, authorizationEndpoint: `${url}/a`, issuer, grants: ['authorization_code'] })
      const credentials = { clientId: 'c', redirectUri: new URL('https://app.example/callback') }
      const transport = (): Promise<RawAnswer> => Promise.resolve(answer(200, { access_token: 'AT-1' }))
      const tokens = createTokenManager({ provider, credentials, transport })
      const { state } = await tokens.authorizationUrl({ redirectUri: new URL('https://app.example/other') })
      const callback = `https://app.example/other?${new URLSearchParams({ code: 'the-code', state, iss }).toString()}`
      const outcome = await tokens.exchangeCallback(callback).then(() => 'right', String)
      expect(outcome === 'right', `${String(issuer)} ${iss}`).to.equal(isRight)
    }
  })

  it('accept http with dangerouslyAllowInsecureHttp, and on loopback', () => {
    const http = { ...good, tokenEndpoint: 'http://as.example/token' } as const
    expect(() => oauth2({ ...http, dangerouslyAllowInsecureHttp: true })).not.to.throw()
    expect(() => oauth2({ ...good, tokenEndpoint: 'http://localhost:9/token' })).not.to.throw()
  })

  it('must be an object', () => {
    expect(() => oauth2(undefined as unknown as OAuth2Options)).to.throw(TypeError, 'tokenflight: oauth2: expected')
  })
})
