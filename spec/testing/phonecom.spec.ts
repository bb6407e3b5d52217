import { expect } from 'chai'
import { phonecomEmulator, startEmulator, type Emulator, type PhonecomSystem } from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

describe('phonecomEmulator()', () => {
  let emulator: Emulator<PhonecomSystem>
  let now: number

  beforeEach(async () => {
    now = 1_700_000_000_000
    emulator = await startEmulator(phonecomEmulator(), { clock: { now: () => now } })
  })
  afterEach(() => emulator.close())

  const url = (query = ''): string => `${emulator.api}/oauth/access-token${query}`
  const post = (body: unknown): Promise<ReceivedResponse> => postJson(url(), body)
  const get = (path: string, token: unknown, method = 'GET'): Promise<ReceivedResponse> =>
    send(emulator.api + path, { method, headers: bearer(token) })
  function client(change: Record<string, unknown> = {}): Record<string, unknown> {
    const { clientId, clientSecret } = emulator.credentials
    return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret, ...change }
  }
  const refresh = (token: unknown): Promise<ReceivedResponse> =>
    post(client({ grant_type: 'refresh_token', refresh_token: token }))
  const masonOf = ({ body }: ReceivedResponse): Record<string, unknown> => body['@error'] as Record<string, unknown>

  it('issues a token with status 201', async () => {
    const { status, body } = await post(client())
    expect(status).to.equal(201)
    expect(body).to.have.all.keys('access_token', 'token_type', 'scope', 'refresh_token', 'expires_in')
    expect(body).to.include({ token_type: 'Bearer', scope: 'account-owner', expires_in: 86_400 })
    expect(body['access_token']).to.match(/~6$/)
  })

  it('accepts JSON, with null for optional fields, or a query, but no form', async () => {
    const fields = client({ scope: 'call-logs billing-api' })
    const given = await post({ ...fields, username: null, code: null })
    expect(given.body['scope']).to.equal('call-logs billing-api')
    const query = `?${new URLSearchParams(fields as Record<string, string>).toString()}`
    expect((await send(url(query), { method: 'POST' })).status).to.equal(201)
    expect((await postJson(url(query), fields)).status).to.equal(400)
    expect((await postForm(url(), fields as Record<string, string>)).status).to.equal(400)
  })

  it('returns the details of a token with view details', async () => {
    const details = { scope: 'account-owner', expires_at: 1_700_086_400, scope_details: [{ voip_id: 1 }] }
    const given = await postJson(url('?mode=details'), client())
    expect([given.status, given.body]).to.deep.equal([201, details])
    expect((await postJson(url('?mode=other'), client())).status).to.equal(400)
    const { accessToken } = emulator.issue()
    expect((await get('/oauth/access-token', accessToken)).body).to.deep.equal(details)
    expect((await get('/oauth/access-token/details', accessToken)).body).to.deep.equal(details)
  })

  it('issues tokens without expiry with the switch set', async () => {
    emulator.switches.permanent = true
    const { body } = await post(client())
    expect(body).not.to.have.property('expires_in')
    expect((await get('/oauth/access-token/details', body['access_token'])).body['expires_at']).to.equal(null)
    now *= 2
    expect((await get('/accounts', body['access_token'])).status).to.equal(200)
  })

  it('issues tokens to a user with the right password', async () => {
    const { username, password } = emulator.grants.password
    const login = client({ grant_type: 'password', username, password })
    expect((await post(login)).status).to.equal(201)
    const refused = await post({ ...login, password: 'wrong' })
    expect([refused.status, refused.body['error']]).to.deep.equal([401, 'invalid_grant'])
  })

  it('rotates refresh tokens, or keeps them with keepRefresh', async () => {
    const first = (await post(client())).body['refresh_token']
    const second = (await refresh(first)).body['refresh_token']
    expect(second).not.to.equal(first)
    expect((await refresh(first)).body['error']).to.equal('invalid_grant')
    emulator.switches.keepRefresh = true
    expect((await refresh(second)).body['refresh_token']).to.equal(second)
    expect((await refresh(second)).status).to.equal(201)
  })

  it('exchanges a code once, within its lifetime, for its redirect URI', async () => {
    const redirect_uri = emulator.grants.authorization_code.redirectUri
    const exchange = (code: string, change = {}): Promise<ReceivedResponse> =>
      post(client({ grant_type: 'authorization_code', code, redirect_uri, ...change }))
    const code = emulator.actions.authorizationCode('call-logs')
    expect((await exchange(code)).body['scope']).to.equal('call-logs')
    const late = emulator.actions.authorizationCode()
    const refused = [await exchange(code), await exchange(emulator.actions.authorizationCode(), { redirect_uri: 'x' })]
    now += 600_000
    refused.push(await exchange(late))
    expect(refused.map(({ body }) => body['error'])).to.deep.equal(['invalid_grant', 'invalid_grant', 'invalid_grant'])
  })

  const refusals: readonly [what: string, change: Record<string, unknown>, status: number][] = [
    ['a missing grant', { grant_type: undefined }, 422],
    ['an unknown grant', { grant_type: 'mfa' }, 422],
    ['a missing secret', { client_secret: undefined }, 422],
    ['a missing code', { grant_type: 'authorization_code', redirect_uri: 'x' }, 422],
    ['an unknown field', { audience: 'x' }, 400],
    ['null for a required field', { client_id: null }, 400],
    ['a wrong secret', { client_secret: 'wrong' }, 401],
    ['an unknown scope', { scope: 'everything' }, 400],
  ]
  for (const [what, change, status] of refusals) {
    it(`rejects ${what} with ${String(status)}, in the Mason format`, async () => {
      const heard = await post(client(change))
      expect(heard.status).to.equal(status)
      expect(masonOf(heard))
        .to.include.keys('@message', '@httpStatusCode', '@time')
        .and.include({ '@httpStatusCode': status })
    })
  }

  it('has an OAuth code and its own code in a 401', async () => {
    const heard = await get('/accounts', 'nobody')
    expect(heard.status).to.equal(401)
    expect(heard.body['error']).to.equal('access_denied')
    expect(masonOf(heard)).to.include({ '@code': 'oauth2.access_denied', '@httpStatusCode': 401 })
  })

  it('sends the pause only in the body of a 429', async () => {
    const { accessToken } = emulator.issue()
    emulator.switches.rateLimited = 7
    for (const heard of [await post(client()), await get('/accounts', accessToken)]) {
      expect(heard.status).to.equal(429)
      expect(heard.headers.get('retry-after')).to.equal(null)
      expect(masonOf(heard)['@rateLimit']).to.deep.include({ 'Retry-After': 7 })
    }
  })

  it('revokes the token of the request, and lists and revokes others', async () => {
    const [a, b] = [emulator.issue().accessToken, emulator.issue().accessToken]
    expect((await get('/oauth/access-token', a, 'DELETE')).status).to.equal(204)
    expect((await get('/accounts', a)).status).to.equal(401)
    const listed = (await get('/accounts/1/oauth/access-tokens', b)).body
    expect(listed).to.include({ total: 2 })
    expect((await get('/accounts/1/oauth/access-tokens/2', b, 'DELETE')).status).to.equal(204)
    expect((await get('/accounts', b)).status).to.equal(401)
    const c = emulator.issue().accessToken
    expect((await get('/accounts/1/oauth/access-tokens/9', c, 'DELETE')).status).to.equal(404)
  })

  it('serves ping without a token, accounts and messages with the scope for them', async () => {
    const ping = (await send(`${emulator.api}/ping`)).body
    expect(ping).to.include({ timestamp: 1_700_000_000, remote_ip: '127.0.0.1' }).and.have.property('user_agent')
    const { accessToken } = emulator.issue()
    expect((await get('/accounts', accessToken)).body).to.include({ total: 1, limit: 25 })
    expect((await get('/accounts/1', accessToken)).body).to.include({ id: 1 })
    expect((await get('/accounts/2', accessToken)).status).to.equal(403)
    expect((await get('/nowhere', accessToken)).status).to.equal(404)
    const sendSms = (body: unknown): Promise<ReceivedResponse> =>
      postJson(`${emulator.api}/accounts/1/sms`, body, bearer(accessToken))
    expect((await sendSms({ from: '+1', to: '+2', text: 'Hello' })).status).to.equal(201)
    expect((await sendSms({ from: '+1', to: '+2' })).status).to.equal(422)
  })

  describe('GET /oauth/authorization', () => {
    function authorize(change: Record<string, string> = {}): Promise<ReceivedResponse> {
      const { clientId, redirectUri } = emulator.grants.authorization_code
      const params = {
        client_id: clientId,
        response_type: 'code',
        scope: 'call-logs',
        redirect_uri: redirectUri,
        state: 's&1',
      }
      return send(`${emulator.api}/oauth/authorization?${new URLSearchParams({ ...params, ...change }).toString()}`)
    }
    const target = ({ headers }: ReceivedResponse): URL => new URL(headers.get('location') ?? '')

    it('redirects with a code, or with a token in the fragment', async () => {
      const asked = await authorize()
      expect([asked.status, target(asked).searchParams.get('state')]).to.deep.equal([302, 's&1'])
      const code = target(asked).searchParams.get('code')
      const redirect_uri = emulator.grants.authorization_code.redirectUri
      expect((await post(client({ grant_type: 'authorization_code', code, redirect_uri }))).status).to.equal(201)
      const implicit = target(await authorize({ response_type: 'token' }))
      const fragment = new URLSearchParams(implicit.hash.slice(1))
      expect([implicit.search, fragment.get('token_type'), fragment.get('state')]).to.deep.equal(['', 'Bearer', 's&1'])
      expect((await get('/accounts', fragment.get('access_token'))).status).to.equal(200)
    })

    it('redirects with an error with denied set', async () => {
      emulator.switches.denied = true
      expect(target(await authorize()).searchParams.get('error')).to.equal('access_denied')
      expect(target(await authorize({ response_type: 'token' })).hash).to.include('error=access_denied')
    })

    it('does not redirect an invalid request', async () => {
      const statuses = []
      for (const change of [
        { client_id: 'nobody' },
        { redirect_uri: 'https://evil.example/' },
        { response_type: 'id_token' },
        { scope: 'everything' },
        { prompt: 'none' },
      ]) {
        statuses.push((await authorize(change)).status)
      }
      expect(statuses).to.deep.equal([401, 422, 422, 422, 422])
    })
  })
})
