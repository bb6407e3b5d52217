// Authorization requests: their parameters, requests that are pushed first (RFC 9126), and what came with a token.
import { inspect } from 'node:util'
import { expect } from 'chai'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import {
  type AuthorizationRequest,
  createTokenManager,
  type TokenManager,
  TokenRequestError,
  TokenResponseError,
} from '../../lib/index.ts'
import { discover, oauth2 } from '../../lib/providers.ts'
import {
  type ClientAuthentication,
  type Emulator,
  oauth2Emulator,
  type OAuth2EmulatorOptions,
  type OAuth2System,
  startEmulator,
} from '../../lib/testing.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { realNetwork } from '../support/real-network.ts'
import { byFetch, fieldsOf } from '../systems/support.ts'

type Options<Method extends ClientAuthentication> = OAuth2EmulatorOptions<Method>

interface Setup<Method extends ClientAuthentication> extends AsyncDisposable {
  readonly emulator: Emulator<OAuth2System<Method>>
  /** Of a provider that was discovered. */
  readonly tokens: TokenManager
}

async function setup<Method extends ClientAuthentication = 'client_secret_basic'>(
  options: Options<Method> = {},
  scope = 'read',
): Promise<Setup<Method>> {
  const emulator = await startEmulator(oauth2Emulator(options))
  const provider = await discover(emulator.url, {
    clientAuthentication: options.clientAuthentication ?? 'client_secret_basic',
    grants: ['authorization_code'],
    api: emulator.api,
  })
  const { authorization_code: credentials } = emulator.grants
  // The compiler cannot tell which credentials a method needs that is a type parameter.
  return {
    emulator,
    tokens: createTokenManager({ provider, credentials, scope } as never) as TokenManager,
    [Symbol.asyncDispose]: () => emulator.close(),
  }
}

/** The callback that the server sends the browser to. */
async function consent(url: string): Promise<URL> {
  return new URL((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '')
}

const pushesOf = ({ log }: Pick<Emulator<OAuth2System>, 'log'>): Record<string, unknown>[] =>
  log.filter(({ path }) => path === '/par').map(fieldsOf)

describe('authorization requests', () => {
  realNetwork()

  it('contain prompt, login_hint and nonce where given, and resource of the provider', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { url } = emulator
    const provider = oauth2({
      tokenEndpoint: `${url}/token`,
      authorizationEndpoint: `${url}/authorize`,
      clientAuthentication: 'client_secret_basic',
      grants: ['authorization_code'],
      resource: ['https://orders.example', 'https://stock.example'],
      api: emulator.api,
    })
    const tokens = createTokenManager({ provider, credentials: emulator.grants.authorization_code })
    const plain = new URL((await tokens.authorizationUrl()).url).searchParams
    expect([...plain.keys()].filter((name) => ['prompt', 'login_hint', 'nonce'].includes(name))).to.deep.equal([])
    expect(plain.getAll('resource')).to.deep.equal(['https://orders.example', 'https://stock.example'])
    const asked = await tokens.authorizationUrl({ prompt: 'consent', loginHint: 'bob', nonce: 'n-1' })
    const { searchParams } = new URL(asked.url)
    expect(['prompt', 'login_hint', 'nonce'].map((name) => searchParams.get(name))).to.deep.equal([
      ...['consent', 'bob', 'n-1'],
    ])
    await tokens.exchangeCallback(await consent(asked.url))
    expect(emulator.issued.at(-1)).to.include({ account: 'bob' })
  })

  for (const clientAuthentication of ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const)
    it(`are pushed (PAR) where discovery finds the endpoint, with client authentication ${clientAuthentication}`, async () => {
      await using system = await setup({ clientAuthentication })
      const { emulator, tokens } = system
      emulator.switches.requirePushed = true
      const asked = await tokens.authorizationUrl({ loginHint: 'bob', prompt: 'login' })
      const sent = new URL(asked.url)
      expect([...sent.searchParams.keys()]).to.deep.equal(['client_id', 'request_uri'])
      const [pushed] = pushesOf(emulator)
      const expected = Object.fromEntries(new URL(asked.pushed ?? '').searchParams)
      expect(pushed).to.include({ ...expected, login_hint: 'bob', prompt: 'login', code_challenge_method: 'S256' })
      await tokens.exchangeCallback(await consent(asked.url))
      expect((await byFetch(emulator, tokens)('/scoped/read')).status).to.equal(200)
      expect(emulator.issued.at(-1)).to.include({ account: 'bob', scope: 'read' })
    })

  it('that were pushed can be completed in another process, checked against their redirect URI', async () => {
    await using system = await setup()
    const { emulator, tokens } = system
    const kept = JSON.parse(JSON.stringify(await tokens.authorizationUrl())) as AuthorizationRequest
    const callback = await consent(kept.url)
    const other = createTokenManager({
      provider: emulator.provider,
      grant: 'authorization_code',
      credentials: emulator.grants.authorization_code,
    })
    const moved = new URL(callback)
    moved.pathname = '/elsewhere'
    expect(await failureOf(other.exchangeCallback(moved, kept))).to.include({ reason: 'redirect_uri' })
    expect((await other.exchangeCallback(callback, kept)).token.scope).to.equal('read')
    expect(await failureOf(other.exchangeCallback(callback, { ...kept, pushed: 'no URL' }))).to.be.instanceOf(TypeError)
  })

  it('that are rejected when pushed throw a typed error', async () => {
    await using system = await setup({}, 'everything')
    const error = await failureOf(system.tokens.authorizationUrl())
    expect(error).to.include({ code: 'ERR_OAUTH', error: 'invalid_scope', status: 400 })
  })

  for (const [title, result, type, expected] of [
    ['a response without request_uri', answer(201, { expires_in: 60 }), TokenResponseError, { reason: 'unreadable' }],
    ['a page', answer(200, '<html>'), TokenResponseError, { reason: 'unreadable' }],
    ['a status without an error', answer(503, ''), TokenRequestError, { status: 503 }],
    ['no connection', { failure: 'unreachable' }, TokenRequestError, { reason: 'unreachable' }],
  ] as const)
    it(`that are pushed throw a typed error for ${title}`, async () => {
      const endpoint = new FakeEndpoint()
      endpoint.next(result)
      const tokens = createTokenManager({ ...pushing(), transport: endpoint.transport })
      expect(await failureOf(tokens.authorizationUrl()))
        .to.be.instanceOf(type)
        .and.include(expected)
    })

  it('that are pushed time out at the deadline of a renewal', async () => {
    const clock = new VirtualClock()
    const endpoint = new FakeEndpoint()
    endpoint.next('hang')
    const tokens = createTokenManager({ ...pushing(), clock, transport: endpoint.transport })
    const error = failureOf(tokens.authorizationUrl())
    await clock.advance(60_000)
    expect(await error)
      .to.be.instanceOf(TokenRequestError)
      .and.include({ reason: 'timeout' })
    expect(clock.timers).to.equal(0)
  })
})

/** Options of a manager that pushes its authorization requests. */
function pushing() {
  const at = 'https://as.example'
  const provider = oauth2({
    tokenEndpoint: `${at}/token`,
    authorizationEndpoint: `${at}/authorize`,
    pushedAuthorizationRequestEndpoint: `${at}/par`,
    clientAuthentication: 'none',
    grants: ['authorization_code'],
  })
  return { provider, credentials: { clientId: 'client', redirectUri: 'https://app.example/callback' } }
}

describe('exchangeCallback()', () => {
  realNetwork()

  it('returns the ID token unchanged, with the nonce of the request', async () => {
    await using system = await setup({ scopes: ['openid', 'read'] }, 'openid')
    const { emulator, tokens } = system
    const asked = await tokens.authorizationUrl({ nonce: 'n-0S6_WzA2Mj' })
    const { token, idToken = '', kept } = await tokens.exchangeCallback(await consent(asked.url), asked)
    expect(tokens.peek()).to.equal(token)
    expect(kept).to.deep.equal({})
    const keys = (await (await fetch(`${emulator.url}/jwks`)).json()) as JSONWebKeySet
    const rules = { issuer: emulator.url, audience: 'client' }
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(keys), rules)
    expect(payload).to.include({ sub: 'ann', nonce: 'n-0S6_WzA2Mj' })
  })

  it('does not print the ID token, and returns none where the response has none', async () => {
    await using system = await setup({ scopes: ['openid', 'read'] }, 'openid')
    const { tokens } = system
    const result = await tokens.exchangeCallback(await consent((await tokens.authorizationUrl()).url))
    const { idToken = 'none' } = result
    for (const shown of [inspect(result), JSON.stringify(result), JSON.stringify({ ...result })])
      expect(shown).not.to.contain(idToken.slice(0, 20))
    await using other = await setup({ scopes: ['openid', 'read'] }, 'read')
    const callback = await consent((await other.tokens.authorizationUrl()).url)
    expect((await other.tokens.exchangeCallback(callback)).idToken).to.equal(undefined)
  })

  it('returns the kept fields of the provider', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { provider: standard, grants } = emulator
    const provider = { ...standard, token: { ...standard.token, answer: { keep: { kind: 'token_type' } } } }
    const tokens = createTokenManager({
      provider,
      grant: 'authorization_code',
      credentials: grants.authorization_code,
    })
    const { kept } = await tokens.exchangeCallback(await consent((await tokens.authorizationUrl()).url))
    expect(kept).to.deep.equal({ kind: 'Bearer' })
  })

  it('returns the token of a later login without the ID token of its own', async () => {
    const endpoint = new FakeEndpoint()
    const { provider, credentials } = pushing()
    const { pushedAuthorization, ...plain } = provider
    expect(pushedAuthorization).to.include({ by: 'client' })
    const tokens = createTokenManager({ provider: plain, credentials, transport: endpoint.transport })
    endpoint.next(answer(200, { access_token: 'AT-early', id_token: 'id-of-the-early' }))
    const release = endpoint.hold()
    const { state } = await tokens.authorizationUrl()
    const exchange = tokens.exchangeCallback(`https://app.example/callback?code=the-code&state=${state}`)
    await tokens.adopt({ accessToken: 'AT-late' })
    release()
    const { token, idToken } = await exchange
    expect([token.accessToken, idToken]).to.deep.equal(['AT-late', undefined])
  })
})
