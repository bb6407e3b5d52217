import { createHash } from 'node:crypto'
import { expect } from 'chai'
import {
  netsapiensLegacyEmulator,
  startEmulator,
  type Emulator,
  type NetsapiensLegacySystem,
} from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

describe('netsapiensLegacyEmulator()', () => {
  let emulator: Emulator<NetsapiensLegacySystem>

  beforeEach(async () => {
    emulator = await startEmulator(netsapiensLegacyEmulator())
  })
  afterEach(() => emulator.close())

  const post = (params: Record<string, string>): Promise<ReceivedResponse> =>
    postForm(`${emulator.url}/ns-api/oauth2/token/`, params)
  function client(): Record<string, string> {
    const { clientId, clientSecret } = emulator.credentials
    return { client_id: clientId, client_secret: clientSecret }
  }
  function login(): Record<string, string> {
    const { username, password } = emulator.credentials
    return { grant_type: 'password', ...client(), username, password }
  }

  it('serves JSON as text/html, with additional older fields', async () => {
    const { status, headers, body } = await post({ ...login(), format: 'json' })
    expect([status, headers.get('content-type')]).to.deep.equal([200, 'text/html; charset=UTF-8'])
    expect(body).to.include({ legacy: false, rate_limit: '0', expires_in: 3_600 })
    expect(body['expires']).to.match(/^\d{10}$/)
    expect((await send(`${emulator.api}/domains/~`, { headers: bearer(body['access_token']) })).status).to.equal(200)
  })

  it('accepts the path without the trailing slash, and no JSON', async () => {
    expect((await postForm(`${emulator.url}/ns-api/oauth2/token`, login())).status).to.equal(200)
    expect((await postJson(`${emulator.url}/ns-api/oauth2/token/`, login())).status).to.equal(400)
    expect((await postForm(`${emulator.url}/ns-api/oauth/token`, login())).status).to.equal(404)
  })

  it('revokes both previous tokens on a refresh', async () => {
    const { accessToken, refreshToken = '' } = emulator.issue()
    const refresh = { grant_type: 'refresh_token', ...client(), refresh_token: refreshToken }
    expect((await post(refresh)).status).to.equal(200)
    expect((await post(refresh)).status).to.equal(401)
    expect((await send(`${emulator.api}/domains/~`, { headers: bearer(accessToken) })).status).to.equal(401)
  })

  it('requests a passcode, and accepts it', async () => {
    emulator.switches.mfa = true
    const { access_token: partial, ...question } = (await post(login())).body
    expect(question).to.deep.equal({
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
      ns_id_type: 'subscriber',
      scope: 'mfa_required',
    })
    const factor = { mfa_type: 'authenticator', mfa_vendor: 'google', ns_id_type: 'subscriber' }
    const passcode = emulator.actions.passcode()
    const given = await post({ ...login(), ...factor, grant_type: 'mfa', passcode, access_token: String(partial) })
    expect(given.status).to.equal(200)
  })

  it('issues a token for another user with the masquerade grant', async () => {
    const mask = { grant_type: 'masquerade', ...client(), mask_uid: '1002@example.com' }
    const given = await post({ ...mask, access_token: emulator.issue().accessToken })
    expect(given.body).to.include({ uid: '1002@example.com', scope: 'Office Manager' })
    expect((await post({ ...mask, access_token: 'nobody' })).status).to.equal(401)
  })

  it('exchanges a code once, with its code_verifier, without a client', async () => {
    const verifier = 'v'.repeat(43)
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const exchange = (code: string, proof = verifier): Promise<ReceivedResponse> =>
      post({ grant_type: 'authorization_code', code, code_verifier: proof, username: '1001@example.com' })
    const code = emulator.actions.authorizationCode(challenge)
    expect([(await exchange(code)).status, (await exchange(code)).status]).to.deep.equal([200, 400])
    expect((await exchange(emulator.actions.authorizationCode(challenge), 'w'.repeat(43))).status).to.equal(400)
  })

  it('describes a token, with its expiry as text', async () => {
    const { accessToken } = emulator.issue()
    const read = await send(`${emulator.url}/ns-api/oauth2/read?format=json`, { headers: bearer(accessToken) })
    expect(read.body).to.include({ token: accessToken, uid: '1001@example.com' })
    expect(read.body['expires']).to.match(/^\d{10}$/)
  })
})
