import { expect } from 'chai'
import { knetikcloudEmulator, startEmulator, type Emulator, type KnetikcloudSystem } from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

describe('knetikcloudEmulator()', () => {
  let emulator: Emulator<KnetikcloudSystem>

  beforeEach(async () => {
    emulator = await startEmulator(knetikcloudEmulator())
  })
  afterEach(() => emulator.close())

  const post = (params: Record<string, string>, headers = {}): Promise<ReceivedResponse> =>
    postForm(`${emulator.api}/oauth/token`, params, headers)
  const get = (path: string, token: unknown, method = 'GET'): Promise<ReceivedResponse> =>
    send(emulator.api + path, { method, headers: bearer(token) })
  function server(): Record<string, string> {
    const { clientId, clientSecret } = emulator.credentials
    return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
  }
  const login = (): Record<string, string> => ({
    grant_type: 'password',
    client_id: 'knetik',
    ...emulator.grants.password,
  })
  const refresh = (token: unknown): Promise<ReceivedResponse> =>
    post({ grant_type: 'refresh_token', client_id: 'knetik', refresh_token: String(token) })

  it('issues a UUID to a client, without a refresh token', async () => {
    const { status, body } = await post(server())
    expect(status).to.equal(200)
    expect(body).to.have.all.keys('access_token', 'token_type', 'expires_in', 'scope')
    expect(body).to.include({ token_type: 'bearer', expires_in: 3_600, scope: 'write read' })
    expect(body['access_token']).to.match(/^[0-9a-f-]{36}$/)
  })

  it('issues a reusable refresh token to a user', async () => {
    const { body } = await post(login())
    const first = await refresh(body['refresh_token'])
    const second = await refresh(body['refresh_token'])
    expect([first.body['refresh_token'], second.status]).to.deep.equal([body['refresh_token'], 200])
    expect((await get('/me', body['access_token'])).status).to.equal(200)
  })

  it('rotates refresh tokens and revokes the previous access token with the switches set', async () => {
    Object.assign(emulator.switches, { rotate: true, refreshKills: true })
    const { body } = await post(login())
    const next = await refresh(body['refresh_token'])
    expect(next.body['refresh_token']).not.to.equal(body['refresh_token'])
    const again = await refresh(body['refresh_token'])
    expect([again.status, again.body['error']]).to.deep.equal([400, 'invalid_grant'])
    expect((await get('/me', body['access_token'])).status).to.equal(401)
  })

  it('sends any lifetime, as text with the switch set', async () => {
    emulator.lifetime = 2_145_660_769
    expect((await post(server())).body['expires_in']).to.equal(2_145_660_769)
    emulator.switches.expiresInAsText = true
    expect((await post(server())).body['expires_in']).to.equal('2145660769')
  })

  for (const network of ['facebook', 'google'] as const) {
    it(`accepts a token of ${network} once, from that network only`, async () => {
      const other = network === 'google' ? 'facebook' : 'google'
      const exchange = (token: string): Promise<ReceivedResponse> =>
        post({ grant_type: network, client_id: 'knetik', token })
      const token = emulator.actions.socialToken(network)
      const given = await exchange(token)
      expect(given.body).to.include.keys('access_token', 'refresh_token')
      expect((await get('/users/me', given.body['access_token'])).body).to.include({ username: 'jdoe', id: 1 })
      const refused = [await exchange(token), await exchange(emulator.actions.socialToken(other))]
      expect(refused.map(({ body }) => body['error'])).to.deep.equal(['invalid_grant', 'invalid_grant'])
    })
  }

  it('accepts parameters in the query or in a form, but not in both', async () => {
    const url = `${emulator.api}/oauth/token?${new URLSearchParams(login()).toString()}`
    expect((await send(url, { method: 'POST' })).status).to.equal(200)
    expect((await postForm(url, login())).status).to.equal(400)
  })

  const refusals: readonly [what: string, params: () => Record<string, string>, status: number, error: string][] = [
    ['no grant', () => ({ client_id: 'knetik' }), 400, 'invalid_request'],
    ['another grant', () => ({ ...login(), grant_type: 'twitter' }), 400, 'unsupported_grant_type'],
    ['a wrong password', () => ({ ...login(), password: 'wrong' }), 400, 'invalid_grant'],
    ['no password', () => ({ grant_type: 'password', client_id: 'knetik', username: 'jdoe' }), 400, 'invalid_request'],
    ['no client', () => ({ ...emulator.grants.password, grant_type: 'password' }), 401, 'invalid_client'],
    ['an unknown client', () => ({ ...login(), client_id: 'nobody' }), 401, 'invalid_client'],
    ['a wrong secret', () => ({ ...server(), client_secret: 'wrong' }), 401, 'invalid_client'],
    ['a client without its secret', () => ({ ...server(), client_id: 'knetik' }), 401, 'invalid_client'],
    ['a field of another grant', () => ({ ...server(), username: 'jdoe' }), 400, 'invalid_request'],
    [
      'an unknown refresh token',
      () => ({ grant_type: 'refresh_token', client_id: 'knetik', refresh_token: 'x' }),
      400,
      'invalid_grant',
    ],
  ]
  for (const [what, params, status, error] of refusals) {
    it(`rejects ${what} with ${String(status)} ${error}`, async () => {
      const heard = await post(params())
      expect([heard.status, heard.body['error']]).to.deep.equal([status, error])
    })
  }

  it('rejects JSON, and client credentials in the header', async () => {
    expect((await postJson(`${emulator.api}/oauth/token`, login())).status).to.equal(400)
    expect((await post(login(), { authorization: 'Basic eDp5' })).status).to.equal(400)
  })

  it('responds to an invalid token in one format, with any status, and to other errors in another', async () => {
    for (const status of [401, 400, 403] as const) {
      emulator.switches.invalidTokenStatus = status
      const dead = await get('/me', 'nobody')
      expect([dead.status, dead.body['error']]).to.deep.equal([status, 'invalid_token'])
    }
    const bare = await send(`${emulator.api}/me`)
    expect(bare.status).to.equal(401)
    expect(bare.body).to.have.all.keys('code', 'request_id', 'result')
    const lost = await get('/nowhere', emulator.issue().accessToken)
    expect([lost.status, lost.body['code']]).to.deep.equal([404, 404])
  })

  it('serves health and version without a token, and users with a token, with the scheme in any case', async () => {
    expect((await send(`${emulator.api}/health`)).status).to.equal(200)
    expect((await send(`${emulator.api}/version`)).body).to.have.all.keys('version')
    const { access_token: token } = (await post(login())).body
    const me = await send(`${emulator.api}/me`, { headers: bearer(token, 'bearer') })
    expect(me.body).to.deep.equal({ client_id: 'knetik', roles: ['USER'], user_id: 1 })
    expect((await get('/users/2', token)).body).to.include({ username: 'asmith' })
    expect((await get('/users/3', token)).status).to.equal(404)
  })

  it('revokes the tokens of a user for a client, not for a user', async () => {
    const person = (await post(login())).body
    const revoke = (token: unknown): Promise<ReceivedResponse> =>
      get('/auth/tokens?username=jdoe&client_id=knetik', token, 'DELETE')
    expect((await revoke(person['access_token'])).status).to.equal(403)
    expect((await revoke(emulator.issue().accessToken)).status).to.equal(204)
    expect((await get('/me', person['access_token'])).status).to.equal(401)
    expect((await refresh(person['refresh_token'])).status).to.equal(400)
  })
})
