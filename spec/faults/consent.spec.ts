// FAULTS, "Consent": requests and callbacks of the authorization code grant, against servers that follow the standards.
import { expect } from 'chai'
import {
  type AuthorizationRequest,
  createTokenManager,
  createTokenPool,
  OAuthError,
  type TokenManager,
  type TokenPool,
} from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import {
  type Emulator,
  oauth2Emulator,
  type OAuth2System,
  phonecomEmulator,
  type PhonecomSystem,
  startEmulator,
} from '../../lib/testing.ts'
import { fieldsOf, tokenRequestsOf } from '../systems/support.ts'
import { failureOf } from '../support/failure.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'

/** The callback that the server sends the browser to. */
async function consent(url: string): Promise<URL> {
  return new URL((await fetch(url, { redirect: 'manual' })).headers.get('location') ?? '')
}

/** A copy of the URL with other parameters in its query; undefined takes one away. */
function withQuery(url: URL, params: Readonly<Record<string, string | undefined>>): URL {
  const copy = new URL(url)
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) copy.searchParams.delete(name)
    else copy.searchParams.set(name, value)
  }
  return copy
}

function manager(emulator: Emulator<OAuth2System> | Emulator<PhonecomSystem>, change: object = {}): TokenManager {
  const { provider, grants } = emulator
  return createTokenManager({
    provider,
    grant: 'authorization_code',
    credentials: { ...grants.authorization_code, ...change },
    scope: emulator.provider.id === 'phonecom' ? 'account-owner' : 'read',
  })
}

for (const [name, start] of [
  ['with PKCE', () => startEmulator(oauth2Emulator())],
  ['without PKCE', () => startEmulator(phonecomEmulator())],
] as const) {
  describe(`The authorization code grant, at a server ${name}`, () => {
    realNetwork()

    let emulator: Emulator<OAuth2System> | Emulator<PhonecomSystem>
    beforeEach(async () => {
      emulator = await start()
    })
    afterEach(() => emulator[Symbol.asyncDispose]())

    const exchanges = (): unknown[] => tokenRequestsOf(emulator).map((request) => fieldsOf(request)['code'])

    // Fault 148
    it('rejects a code or an error with the iss of another issuer, without a token request', async () => {
      const tokens = manager(emulator)
      for (const denied of [false, true]) {
        emulator.switches.denied = denied
        const callback = await consent((await tokens.authorizationUrl()).url)
        const forged = withQuery(callback, { iss: 'https://evil.example' })
        expect(await failureOf(tokens.exchangeCallback(forged))).to.include({ reason: 'issuer' })
        // The request is used up: its code may be another server's.
        expect(await failureOf(tokens.exchangeCallback(callback))).to.include({ reason: 'unknown_request' })
      }
      expect(exchanges()).to.deep.equal([])
    })

    // Fault 149
    it('rejects an access token in the fragment of a callback for a code; the callback with the code still works', async () => {
      const tokens = manager(emulator)
      const { url, state } = await tokens.authorizationUrl()
      const callback = await consent(url)
      const injected = new URL(callback.origin + callback.pathname)
      injected.hash = new URLSearchParams({ access_token: 'injected', token_type: 'Bearer', state }).toString()
      expect(await failureOf(tokens.exchangeCallback(injected))).to.include({ reason: 'no_code' })
      expect(tokens.peek()).to.equal(undefined)
      await tokens.exchangeCallback(callback)
      expect(exchanges()).to.deep.equal([callback.searchParams.get('code')])
    })

    // Fault 150
    it('rejects a callback at another URL than the redirect URI, which still works afterwards', async () => {
      const tokens = manager(emulator)
      const callback = await consent((await tokens.authorizationUrl()).url)
      for (const [part, value] of [
        ['protocol', 'http:'],
        ['host', 'evil.example'],
        ['port', '8443'],
        ['pathname', '/other'],
      ] as const) {
        const elsewhere = new URL(callback)
        elsewhere[part] = value
        expect(await failureOf(tokens.exchangeCallback(elsewhere)), part).to.include({ reason: 'redirect_uri' })
      }
      expect(exchanges()).to.deep.equal([])
      await tokens.exchangeCallback(callback)
      expect(exchanges()).to.have.length(1)
    })

    // Fault 150
    it('sends the redirect URI of the authorization request with its code', async () => {
      const { redirectUri } = emulator.grants.authorization_code
      const tokens = manager(emulator, { redirectUri: 'https://app.example/usual' })
      await tokens.exchangeCallback(await consent((await tokens.authorizationUrl({ redirectUri })).url))
      expect(tokenRequestsOf(emulator).map((request) => fieldsOf(request)['redirect_uri'])).to.deep.equal([redirectUri])
    })

    // Fault 150
    it('throws a TypeError for a kept request that is no object or has no state', async () => {
      const tokens = manager(emulator)
      const asked = await tokens.authorizationUrl()
      const callback = await consent(asked.url)
      for (const [kept, message] of [
        [null, 'expected: expected an object'],
        ['', 'expected: expected an object'],
        [{}, 'expected.state: expected the state that authorizationUrl() gave'],
        [{ ...asked, state: '' }, 'expected.state: expected the state that authorizationUrl() gave'],
        [{ ...asked, url: 'nowhere' }, 'expected.url: expected the url that authorizationUrl() gave'],
      ] as const) {
        const error = await failureOf(tokens.exchangeCallback(callback, kept as never))
        expect(error).to.be.instanceOf(TypeError)
        expect(String(error)).to.contain(`tokenflight: ${message}`)
      }
      expect(exchanges()).to.deep.equal([])
    })

    // Fault 151
    it('continues in another process with the kept request; without it the error says what to do', async () => {
      const kept = JSON.stringify(await manager(emulator).authorizationUrl())
      const request = JSON.parse(kept) as AuthorizationRequest
      const callback = await consent(request.url)
      const restarted = manager(emulator)
      const error = await failureOf(restarted.exchangeCallback(callback))
      expect(error).to.include({ code: 'ERR_TOKEN_RESPONSE', reason: 'unknown_request' })
      expect(String(error)).to.contain('no longer known here').and.contain('authorizationUrl()')
      expect(exchanges()).to.deep.equal([])
      await restarted.exchangeCallback(callback, request)
      expect(exchanges()).to.deep.equal([callback.searchParams.get('code')])
    })

    // Fault 151
    it('continues with only state and codeVerifier; the redirect URI is then that of the manager', async () => {
      const { url, state, codeVerifier } = await manager(emulator).authorizationUrl()
      const kept = { state, ...(codeVerifier !== undefined && { codeVerifier }) }
      const callback = await consent(url)
      const elsewhere = new URL(callback)
      elsewhere.pathname = '/other'
      const restarted = manager(emulator)
      expect(await failureOf(restarted.exchangeCallback(elsewhere, kept))).to.include({ reason: 'redirect_uri' })
      await restarted.exchangeCallback(callback, kept)
      expect(exchanges()).to.deep.equal([callback.searchParams.get('code')])
    })

    // Fault 151
    it('continues in another pool with the kept request for its account, not for another account', async () => {
      const { provider, grants } = emulator
      const pool = (): TokenPool =>
        createTokenPool({
          provider,
          grant: 'authorization_code',
          credentials: () => ({ ...grants.authorization_code }),
          scope: provider.id === 'phonecom' ? 'account-owner' : 'read',
          maxAccounts: 1,
        })
      const [before, after] = [pool(), pool()]
      const kept = await before.for('ann').authorizationUrl()
      const callback = await consent(kept.url)
      expect(await failureOf(before.for('bob').exchangeCallback(callback))).to.include({ reason: 'unknown_request' })
      expect(await failureOf(after.for('ann').exchangeCallback(callback))).to.include({ reason: 'unknown_request' })
      await after.for('ann').exchangeCallback(callback, kept)
      expect(after.for('bob').peek()).to.equal(undefined)
      expect(exchanges()).to.have.length(1)
    })

    it('exchanges a code once when its callback is handled twice at the same time', async () => {
      const tokens = manager(emulator)
      const callback = await consent((await tokens.authorizationUrl()).url)
      const [first, second] = await Promise.allSettled([
        tokens.exchangeCallback(callback),
        tokens.exchangeCallback(callback),
      ])
      expect([first.status, second.status]).to.deep.equal(['fulfilled', 'rejected'])
      expect(exchanges()).to.have.length(1)
    })

    it("accepts an error only with the state of its request, and keeps the server's error code", async () => {
      emulator.switches.denied = true
      const tokens = manager(emulator)
      const asked = await tokens.authorizationUrl()
      const callback = await consent(asked.url)
      const forged = withQuery(callback, { state: 'forged' })
      expect(await failureOf(tokens.exchangeCallback(forged, asked))).to.include({ reason: 'state' })
      const error = await failureOf(tokens.exchangeCallback(callback, asked))
      expect(error).to.be.instanceOf(OAuthError).and.to.include({ error: 'access_denied' })
    })

    // Fault 152
    it('throws a TypeError for a value without a placeholder in the authorization URL', async () => {
      const tokens = manager(emulator)
      for (const values of [{ display: 'page' }, { state: 'mine' }, { codeChallenge: 'x' }, { scop: undefined }]) {
        const error = await failureOf(tokens.authorizationUrl(values))
        expect(error).to.be.instanceOf(TypeError)
        expect(String(error)).to.match(
          /^TypeError: tokenflight: values\.\w+: expected no value of this name \(there are /,
        )
        for (const name of ['clientId', 'redirectUri', 'scope']) expect(String(error)).to.contain(name)
        expect(String(error)).to.not.match(/there are .*(state|codeChallenge)/)
      }
      for (const redirectUri of [5, {}, null])
        expect(String(await failureOf(tokens.authorizationUrl({ redirectUri } as never)))).to.contain(
          'values.redirectUri: expected text or a function',
        )
      expect(String(await failureOf(tokens.authorizationUrl('x' as never)))).to.contain('values: expected an object')
    })
  })
}

describe('The authorization code grant', () => {
  realNetwork()

  // Fault 148
  it('rejects a response without iss from a server that always sends it', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const tokens = manager(emulator)
    for (const denied of [false, true]) {
      emulator.switches.denied = denied
      const callback = withQuery(await consent((await tokens.authorizationUrl()).url), { iss: undefined })
      expect(await failureOf(tokens.exchangeCallback(callback))).to.include({ reason: 'issuer' })
    }
    expect(emulator.counts.token).to.equal(0)
  })

  // Fault 148
  it('compares iss with the issuer of the provider, with placeholders filled from credentials', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { provider, grants } = emulator
    const authorize = { ...provider.authorize, issuer: 'http://127.0.0.1:{port}' }
    const credentials = { ...grants.authorization_code, port: new URL(emulator.url).port }
    const tokens = createTokenManager({
      provider: { ...provider, authorize },
      grant: 'authorization_code',
      credentials,
    })
    await tokens.exchangeCallback(await consent((await tokens.authorizationUrl()).url))
    expect(emulator.counts.token).to.equal(1)
  })

  // Fault 149
  it('reads the fragment only for the implicit grant, and accepts no code in it', async () => {
    await using emulator = await startEmulator(phonecomEmulator())
    const tokens = manager(emulator)
    const callback = await consent((await tokens.authorizationUrl({ responseType: 'token' })).url)
    await tokens.exchangeCallback(callback)
    expect(tokens.peek()?.accessToken).to.equal(emulator.issued[0]?.accessToken)
    const { url, state } = await tokens.authorizationUrl({ responseType: 'token' })
    const { origin, pathname } = await consent(url)
    const code = new URL(`${origin}${pathname}#code=stolen&state=${state}`)
    expect(await failureOf(tokens.exchangeCallback(code))).to.include({ reason: 'no_token' })
    expect(emulator.counts.token).to.equal(0)
  })

  // Faults 149 and 152
  it('sends the authorizationParams of oauth2(), and reads the fragment with response_mode=fragment', async () => {
    leakDetector().learn('the-code-value')
    leakDetector().learn('the-access-token')
    await using server = await serverWithModes()
    const provider = oauth2({
      tokenEndpoint: `${server.url}/token`,
      authorizationEndpoint: `${server.url}/authorize`,
      clientAuthentication: 'none',
      grants: ['authorization_code'],
      api: server.url,
      authorizationParams: { response_mode: '{responseMode?}' },
    })
    const credentials = { clientId: 'the-client', redirectUri: 'https://app.example/back' }
    const tokens = createTokenManager({ provider, credentials })
    const asked = await tokens.authorizationUrl({
      prompt: 'consent',
      loginHint: 'ann@example',
      responseMode: 'fragment',
    })
    const callback = await consent(asked.url)
    expect(callback.search).to.equal('')
    const moved = new URL(callback.origin + callback.pathname + callback.hash.replace('#', '?'))
    expect(await failureOf(tokens.exchangeCallback(moved))).to.include({ reason: 'no_code' })
    expect((await tokens.exchangeCallback(callback)).token.accessToken).to.equal('the-access-token')
    const [authorization, exchange] = server.received
    const query = new URL(authorization?.url ?? '', server.url).searchParams
    expect([query.get('prompt'), query.get('login_hint')]).to.deep.equal(['consent', 'ann@example'])
    expect(new URLSearchParams(exchange?.body).get('code_verifier')).to.equal(asked.codeVerifier)
    await tokens.exchangeCallback(await consent((await tokens.authorizationUrl()).url))
    expect(new URL(server.received[2]?.url ?? '', server.url).searchParams.has('prompt')).to.equal(false)
    expect(server.received).to.have.length(4)
  })
})

/** A server that sends its response in the query or the fragment, as it is asked. */
async function serverWithModes(): Promise<Awaited<ReturnType<typeof startLoopback>> & AsyncDisposable> {
  const server = await startLoopback((response, { url, method }) => {
    if (method === 'POST') {
      response.writeHead(200, { 'content-type': 'application/json', connection: 'close' })
      response.end(JSON.stringify({ access_token: 'the-access-token', token_type: 'Bearer', expires_in: 60 }))
      return
    }
    const query = new URL(url, 'http://localhost').searchParams
    const target = new URL(query.get('redirect_uri') ?? '')
    const fields = new URLSearchParams({ code: 'the-code-value', state: query.get('state') ?? '' }).toString()
    target[query.get('response_mode') === 'fragment' ? 'hash' : 'search'] = fields
    response.writeHead(302, { location: target.href, connection: 'close' }).end()
  })
  return { ...server, [Symbol.asyncDispose]: () => server.close() }
}
