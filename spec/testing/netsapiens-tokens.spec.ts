import { expect } from 'chai'
import { type Emulator, netsapiensJwtEmulator, type NetsapiensJwtSystem, startEmulator } from 'tokenflight/testing'
import { type Claims, claimsOf } from '../../lib/testing/server/issued-tokens.ts'
import { send, bearer, type ReceivedResponse, postJson } from './send.ts'

describe('netsapiensJwtEmulator()', () => {
  const NOW = 1_700_000_000_000
  let emulator: Emulator<NetsapiensJwtSystem>

  beforeEach(async () => {
    emulator = await startEmulator(netsapiensJwtEmulator(), { clock: { now: () => NOW } })
  })
  afterEach(() => emulator.close())

  const post = (body: unknown, headers = {}): Promise<ReceivedResponse> =>
    postJson(`${emulator.api}/jwt`, body, headers)
  const get = (path: string, token: unknown, method = 'GET'): Promise<ReceivedResponse> =>
    send(emulator.api + path, { method, headers: bearer(token) })
  const claims = (token: unknown): Claims => claimsOf(String(token))
  function login(change: Record<string, unknown> = {}): Record<string, unknown> {
    const { clientId, clientSecret, username, password } = emulator.credentials
    return { grant_type: 'password', client_id: clientId, client_secret: clientSecret, username, password, ...change }
  }

  it('issues a JWT with exp, and only a refresh token with it', async () => {
    const { status, body } = await post(login())
    expect(status).to.equal(200)
    expect(body).to.have.all.keys('token', 'refresh')
    expect(claims(body['token'])).to.include({ exp: 1_700_003_600, iat: 1_700_000_000, aud: 'ns', time_out: 3_600_000 })
    expect((await get('/domains/~', body['token'])).status).to.equal(200)
  })

  it('issues no refresh token as version 44', async () => {
    emulator.switches.noJwtRefresh = true
    expect((await post(login())).body).to.have.all.keys('token')
  })

  it('renews with only the refresh token, once; the previous access token stays valid', async () => {
    const first = (await post(login())).body
    expect((await post({ refresh: first['refresh'], client_id: 'x' })).status).to.equal(400)
    const second = await post({ refresh: first['refresh'] })
    expect(second.body).to.have.all.keys('token', 'refresh')
    expect((await post({ refresh: first['refresh'] })).status).to.equal(401)
    expect((await get('/domains/~', first['token'])).status).to.equal(200)
    expect(emulator.log.map(({ grant }) => grant).slice(0, 2)).to.deep.equal(['password', 'refresh_token'])
  })

  it('requests a passcode in the claims of a token that is valid for no request', async () => {
    emulator.switches.mfa = true
    const { body } = await post(login())
    expect(body).to.have.all.keys('token')
    expect(claims(body['token'])).to.include({
      user_scope: 'mfa_required',
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
    })
    expect((await get('/domains/~', body['token'])).status).to.equal(401)
    const factor = { mfa_type: 'authenticator', mfa_vendor: 'google', ns_id_type: 'subscriber' }
    const passcode = emulator.actions.passcode()
    const given = await post(login({ grant_type: 'mfa', ...factor, passcode, access_token: body['token'] }))
    expect((await get('/domains/~', given.body['token'])).status).to.equal(200)
  })

  it('rejects grant_type refresh_token, wrong credentials and a body that is no JSON', async () => {
    const statuses = [
      await post(login({ grant_type: 'refresh_token' })),
      await post(login({ password: 'wrong' })),
      await post('no JSON'),
    ].map(({ status }) => status)
    expect(statuses).to.deep.equal([400, 403, 400])
  })

  it('issues tokens of other users only to an API key', async () => {
    const body = { user: '1002', domain: 'example.com' }
    const given = await post(body, bearer(emulator.actions.apiKey()))
    expect(claims(given.body['token'])['sub']).to.equal('1002@example.com')
    expect((await post(body, bearer(emulator.issue().accessToken))).status).to.equal(401)
    expect((await post({ ...body, user: '1' }, bearer(emulator.actions.apiKey()))).status).to.equal(404)
  })

  it('returns the claims of a token, and revokes it, another by id, or all of a user', async () => {
    const [a, b, c] = [emulator.issue(), emulator.issue(), emulator.issue()].map(({ accessToken }) => accessToken)
    expect((await get('/jwt', a)).body).to.deep.equal(claims(a))
    const gone = await get('/jwt', a, 'DELETE')
    expect([gone.status, gone.body['code']]).to.deep.equal([202, 202])
    expect((await get('/domains/~', a)).status).to.equal(401)
    await get(`/jwt/${String(claims(b)['jti'])}`, c, 'DELETE')
    expect([(await get('/domains/~', b)).status, (await get('/domains/~', c)).status]).to.deep.equal([401, 200])
    expect((await get('/jwt/nobody@example.com', c, 'DELETE')).status).to.equal(404)
    await get('/jwt/1001@example.com', c, 'DELETE')
    expect((await get('/domains/~', c)).status).to.equal(401)
  })
})
