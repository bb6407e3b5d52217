import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { oauth2Emulator, startEmulator, type Emulator, type OAuth2System } from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

const SECRET = 'sesame+/&= %:1'
const basic = (user: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(user).toString('base64')}`,
})
const ENCODED = basic(`client:${encodeURIComponent(SECRET).replaceAll('%20', '+')}`)
const RAW = basic(`client:${SECRET}`)
const BODY = { client_id: 'client', client_secret: SECRET }

describe('oauth2Emulator()', () => {
  let emulator: Emulator<OAuth2System>
  let now: number

  beforeEach(async () => {
    now = 1_700_000_000_000
    emulator = await startEmulator(oauth2Emulator(), { clock: { now: () => now } })
  })
  afterEach(() => emulator.close())

  const post = (params: Record<string, string> | string, headers = ENCODED): Promise<ReceivedResponse> =>
    postForm(`${emulator.url}/token`, params, headers)
  const get = (path: string, token: unknown): Promise<ReceivedResponse> =>
    send(emulator.api + path, { headers: bearer(token) })
  const client = { grant_type: 'client_credentials' }
  const login = { grant_type: 'password', username: 'ann', password: 'pass+/&= %:1' }
  const refresh = (token: unknown, change = {}): Promise<ReceivedResponse> =>
    post({ grant_type: 'refresh_token', refresh_token: String(token), ...change })

  it('throws a TypeError for invalid options', () => {
    for (const [options, message] of [
      [{ clientIdd: 'a' }, 'perhaps clientId), got a string'],
      [{ scopes: 'read' }, 'tokenflight: scopes: expected a list, got a string'],
      [
        { clientAuthentication: 'client_secret' },
        'tokenflight: clientAuthentication: expected one of client_secret_basic',
      ],
    ] as const)
      expect(() => oauth2Emulator(options as object)).to.throw(TypeError, message)
  })

  it('issues a token with Cache-Control: no-store', async () => {
    const { status, headers, body } = await post(client)
    expect([status, headers.get('cache-control')]).to.deep.equal([200, 'no-store'])
    expect(body).to.have.all.keys('access_token', 'token_type', 'expires_in', 'scope')
    expect(body).to.include({ token_type: 'Bearer', expires_in: 3_600, scope: 'read write' })
  })

  describe('client authentication', () => {
    const methods = [
      ['client_secret_basic', 'encoded', ENCODED, {}],
      ['client_secret_basic', 'raw', RAW, {}],
      ['client_secret_post', 'encoded', {}, BODY],
      ['none', 'encoded', {}, { client_id: 'client' }],
    ] as const
    for (const [clientAuthentication, basicStyle] of methods) {
      it(`accepts ${clientAuthentication}, ${basicStyle}, and no other`, async () => {
        await using other = await startEmulator(oauth2Emulator({ clientAuthentication, basicStyle }))
        const heard = []
        for (const [, , headers, params] of methods) {
          heard.push(await postForm(`${other.url}/token`, { ...login, ...params }, headers))
        }
        const mine = methods.findIndex(([method, style]) => method === clientAuthentication && style === basicStyle)
        expect(heard.map(({ status }) => status)).to.deep.equal(methods.map((_, index) => (index === mine ? 200 : 401)))
        expect(heard.filter(({ body }) => body['error'] === 'invalid_client')).to.have.length(3)
      })
    }

    it('responds to a wrong Authorization header with a challenge', async () => {
      const { status, headers } = await post(client, basic('client:wrong'))
      expect([status, headers.get('www-authenticate')]).to.deep.equal([401, 'Basic realm="emulator"'])
    })

    it('issues no client credentials token to a client without a secret', async () => {
      await using other = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
      const { status, body } = await postForm(`${other.url}/token`, { ...client, client_id: 'client' })
      expect([status, body['error']]).to.deep.equal([400, 'unauthorized_client'])
    })
  })

  const refusals: readonly [what: string, params: Record<string, string>, error: string][] = [
    ['no grant', { scope: 'read' }, 'invalid_request'],
    ['another grant', { grant_type: 'urn:example' }, 'unsupported_grant_type'],
    ['an unknown parameter', { ...client, prompt: 'none' }, 'invalid_request'],
    ['a parameter of another grant', { ...client, username: 'ann' }, 'invalid_request'],
    ['an unknown scope', { ...client, scope: 'admin' }, 'invalid_scope'],
    ['a wrong password', { ...login, password: 'wrong' }, 'invalid_grant'],
    ['no password', { grant_type: 'password', username: 'ann' }, 'invalid_request'],
    ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 'invalid_grant'],
    ['an unknown code', { grant_type: 'authorization_code', code: 'x', redirect_uri: 'y' }, 'invalid_grant'],
    ['a resource that is no absolute URI', { ...client, resource: 'api' }, 'invalid_target'],
    ['a resource with a fragment', { ...client, resource: 'https://api.example/#a' }, 'invalid_target'],
    ['another client_id than in the header', { ...client, client_id: 'other' }, 'invalid_request'],
  ]
  for (const [what, params, error] of refusals) {
    it(`rejects ${what} with 400 ${error}`, async () => {
      const { status, body } = await post(params)
      expect([status, body['error']]).to.deep.equal([400, error])
    })
  }

  it('rejects JSON', async () => {
    expect((await postJson(`${emulator.url}/token`, client, ENCODED)).body['error']).to.equal('invalid_request')
  })

  it('returns scope, resource and audience of the token', async () => {
    const asked =
      'grant_type=client_credentials&scope=read&resource=https://a.example/&resource=https://b.example/&audience=x'
    const { body } = await post(asked)
    expect(body).to.deep.include({
      scope: 'read',
      resource: ['https://a.example/', 'https://b.example/'],
      audience: 'x',
    })
  })

  describe('a refresh', () => {
    it('rotates the refresh token, and rejects the previous one', async () => {
      const first = (await post(login)).body
      const second = (await refresh(first['refresh_token'])).body
      expect(second['refresh_token']).not.to.equal(first['refresh_token'])
      expect((await get('/echo', first['access_token'])).status).to.equal(200)
      expect((await refresh(first['refresh_token'])).body['error']).to.equal('invalid_grant')
      expect((await refresh(second['refresh_token'])).status).to.equal(200)
    })

    it("revokes all tokens of the grant when a refresh token is reused, with onReuse 'revoke-family'", async () => {
      emulator.switches.onReuse = 'revoke-family'
      const first = (await post(login)).body
      const other = (await post(login)).body
      const second = (await refresh(first['refresh_token'])).body
      expect((await refresh(first['refresh_token'])).body['error']).to.equal('invalid_grant')
      expect((await refresh(second['refresh_token'])).body['error']).to.equal('invalid_grant')
      expect((await get('/echo', second['access_token'])).status).to.equal(401)
      expect((await get('/echo', other['access_token'])).status).to.equal(200)
    })

    it("returns the same tokens for a reused refresh token, with onReuse 'grace'", async () => {
      emulator.switches.onReuse = 'grace'
      const { refresh_token: token } = (await post(login)).body
      const [once, again] = [await refresh(token), await refresh(token)]
      expect(again.body).to.deep.equal(once.body)
    })

    it('keeps the refresh token and does not send it, with rotate false', async () => {
      emulator.switches.rotate = false
      const { refresh_token: token } = (await post(login)).body
      expect((await refresh(token)).body).not.to.have.property('refresh_token')
      expect((await refresh(token)).status).to.equal(200)
    })

    it('revokes the previous access token, and works for clients too, with the switches set', async () => {
      Object.assign(emulator.switches, { refreshKills: true, alwaysRefresh: true })
      const { access_token: before, refresh_token: token } = (await post(client)).body
      expect((await refresh(token)).status).to.equal(200)
      expect((await get('/echo', before)).status).to.equal(401)
    })

    it('can reduce the scope, not extend it', async () => {
      const { refresh_token: token } = (await post({ ...login, scope: 'read' })).body
      expect((await refresh(token, { scope: 'read write' })).body['error']).to.equal('invalid_scope')
      expect((await refresh(token, { scope: 'read' })).body['scope']).to.equal('read')
    })
  })

  describe('authorization codes', () => {
    const verifier = 'v'.repeat(43)
    const codeChallenge = createHash('sha256').update(verifier).digest('base64url')
    const redirect_uri = 'https://app.example/callback'
    const exchange = (
      code: unknown,
      change: Record<string, string> = { code_verifier: verifier },
    ): Promise<ReceivedResponse> =>
      post({ grant_type: 'authorization_code', code: String(code), redirect_uri, ...change })

    function authorize(change: Record<string, string> = {}): Promise<ReceivedResponse> {
      const params = { response_type: 'code', client_id: 'client', redirect_uri, scope: 'read', state: 's&1' }
      const pkce = { code_challenge: codeChallenge, code_challenge_method: 'S256' }
      return send(`${emulator.url}/authorize?${new URLSearchParams({ ...params, ...pkce, ...change }).toString()}`)
    }
    const back = ({ headers }: ReceivedResponse): URLSearchParams => new URL(headers.get('location') ?? '').searchParams

    it('are returned with the state, and give one token, with the code_verifier', async () => {
      const asked = await authorize()
      expect([asked.status, back(asked).get('state'), back(asked).get('iss')]).to.deep.equal([302, 's&1', emulator.url])
      const given = await exchange(back(asked).get('code'))
      expect(given.body).to.include({ scope: 'read' }).and.to.have.property('refresh_token')
      expect((await get('/scoped/read', given.body['access_token'])).status).to.equal(200)
    })

    it('that are used twice revoke the tokens they gave', async () => {
      const code = back(await authorize()).get('code')
      const { body } = await exchange(code)
      expect((await exchange(code)).body['error']).to.equal('invalid_grant')
      expect((await get('/echo', body['access_token'])).status).to.equal(401)
    })

    it('are rejected without code_verifier, with a wrong or unexpected one, with another redirect URI, and after their lifetime', async () => {
      const code = (): string => emulator.actions.authorizationCode({ codeChallenge })
      const late = code()
      const refused = [
        await exchange(code(), {}),
        await exchange(code(), { code_verifier: 'w'.repeat(43) }),
        await exchange(emulator.actions.authorizationCode()),
        await exchange(code(), { code_verifier: verifier, redirect_uri: 'https://other.example/' }),
      ]
      now += 600_000
      refused.push(await exchange(late))
      expect(refused.map(({ body }) => body['error'])).to.deep.equal(Array(5).fill('invalid_grant'))
    })

    const wrong: readonly [what: string, change: Record<string, string>, error: string][] = [
      ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
      ['a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
      ['a challenge that is no SHA-256', { code_challenge: 'short' }, 'invalid_request'],
      ['an unknown scope', { scope: 'admin' }, 'invalid_scope'],
      ['an unknown parameter', { vendor: 'acme' }, 'invalid_request'],
      ['an unknown prompt', { prompt: 'maybe' }, 'invalid_request'],
      ['another prompt with none', { prompt: 'none login' }, 'invalid_request'],
      ['a resource that is no URI', { resource: 'orders' }, 'invalid_target'],
    ]
    for (const [what, change, error] of wrong) {
      it(`are not issued for ${what}: the response has ${error}`, async () => {
        const asked = await authorize(change)
        expect([asked.status, back(asked).get('error'), back(asked).get('state')]).to.deep.equal([302, error, 's&1'])
      })
    }

    it('are not issued to an unknown client or redirect URI, and nothing is redirected there', async () => {
      const asked = [
        await authorize({ client_id: 'other' }),
        await authorize({ redirect_uri: 'https://evil.example/' }),
      ]
      expect(asked.map(({ status, headers }) => [status, headers.get('location')])).to.deep.equal([
        [400, null],
        [400, null],
      ])
    })

    it('are not issued with denied set, or without PKCE with requirePkce set', async () => {
      emulator.switches.denied = true
      expect(back(await authorize()).get('error')).to.equal('access_denied')
      emulator.switches.denied = false
      const bare = `response_type=code&client_id=client&redirect_uri=${encodeURIComponent(redirect_uri)}`
      const askBare = (): Promise<ReceivedResponse> => send(`${emulator.url}/authorize?${bare}`)
      expect(back(await askBare()).has('code')).to.equal(true)
      emulator.switches.requirePkce = true
      expect(back(await askBare()).get('error')).to.equal('invalid_request')
    })
  })

  it('accepts additional parameters in authorization requests', async () => {
    await using other = await startEmulator(oauth2Emulator({ parameters: ['vendor'] }))
    const { clientId: client_id, redirectUri: redirect_uri } = other.grants.authorization_code
    const query = new URLSearchParams({ response_type: 'code', client_id, redirect_uri, vendor: 'acme' })
    const { headers } = await send(`${other.url}/authorize?${query.toString()}`)
    expect(new URL(headers.get('location') ?? '').searchParams.has('code')).to.equal(true)
  })

  it('accepts extension grants, with additional parameters', async () => {
    const urn = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
    await using other = await startEmulator(
      oauth2Emulator({
        parameters: ['assertion'],
        extensionGrants: { [urn]: (fields) => (fields.get('assertion') === 'good' ? { account: 'ann' } : undefined) },
      }),
    )
    const exchange = (assertion: string): Promise<ReceivedResponse> =>
      postForm(`${other.url}/token`, { grant_type: urn, assertion }, ENCODED)
    expect((await exchange('good')).status).to.equal(200)
    expect(other.issued[0]).to.include({ grant: urn, account: 'ann' })
    expect((await exchange('bad')).body['error']).to.equal('invalid_grant')
  })

  it('revokes an access token, or a refresh token with all tokens of its grant, and accepts unknown ones', async () => {
    const revoke = (token: unknown, headers = ENCODED): Promise<ReceivedResponse> =>
      postForm(`${emulator.url}/revoke`, { token: String(token), token_type_hint: 'access_token' }, headers)
    const first = (await post(login)).body
    expect((await revoke(first['access_token'])).status).to.equal(200)
    expect((await get('/echo', first['access_token'])).status).to.equal(401)
    const second = (await refresh(first['refresh_token'])).body
    expect((await revoke(second['refresh_token'])).text).to.equal('')
    expect((await get('/echo', second['access_token'])).status).to.equal(401)
    expect((await refresh(second['refresh_token'])).body['error']).to.equal('invalid_grant')
    expect([(await revoke('nobody')).status, (await revoke('nobody', basic('x:y'))).status]).to.deep.equal([200, 401])
    expect(emulator.log.map(({ kind }) => kind).filter((kind) => kind === 'other')).to.have.length(4)
  })

  describe('WWW-Authenticate', () => {
    const challengeOf = ({ status, headers }: ReceivedResponse): unknown => [status, headers.get('www-authenticate')]

    it('has no error without a token, and describes why a token is rejected', async () => {
      const { accessToken } = emulator.issue()
      const why = (text: string): string =>
        `Bearer realm="emulator", error="invalid_token", error_description="The access token is ${text}"`
      expect(challengeOf(await send(`${emulator.api}/echo`))).to.deep.equal([401, 'Bearer realm="emulator"'])
      expect(challengeOf(await get('/echo', 'nobody'))).to.deep.equal([401, why('invalid')])
      now += 3_600_000
      expect(challengeOf(await get('/echo', accessToken))).to.deep.equal([401, why('expired')])
      emulator.revokeAll()
      expect(challengeOf(await get('/echo', accessToken))).to.deep.equal([401, why('revoked')])
    })

    it('has the required scope', async () => {
      const { accessToken } = emulator.issue({ scope: 'read' })
      expect((await get('/scoped/read', accessToken)).status).to.equal(200)
      const [status, header] = challengeOf(await get('/scoped/write', accessToken)) as [number, string]
      expect(status).to.equal(403)
      expect(header).to.include('error="insufficient_scope"').and.include('scope="write"')
    })

    it('has insufficient_user_authentication with the switch set', async () => {
      const { accessToken } = emulator.issue()
      emulator.switches.insufficient = 'insufficient_scope'
      expect((await get('/echo', accessToken)).status).to.equal(403)
      emulator.switches.insufficient = 'insufficient_user_authentication'
      const [status, header] = challengeOf(await get('/echo', accessToken)) as [number, string]
      expect(status).to.equal(401)
      expect(header).to.include('error="insufficient_user_authentication"').and.include('acr_values="mfa"')
    })
  })
})
