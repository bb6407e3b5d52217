import { expect } from 'chai'
import { netsapiensEmulator, startEmulator, type Emulator, type NetsapiensSystem } from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

describe('netsapiensEmulator()', () => {
  let emulator: Emulator<NetsapiensSystem>

  beforeEach(async () => {
    emulator = await startEmulator(netsapiensEmulator())
  })
  afterEach(() => emulator.close())

  const askToken = (body: unknown): Promise<ReceivedResponse> => postJson(`${emulator.api}/tokens`, body)
  const get = (path: string, token: unknown): Promise<ReceivedResponse> =>
    send(emulator.api + path, { headers: bearer(token) })

  function client(): Record<string, unknown> {
    const { clientId, clientSecret } = emulator.credentials
    return { client_id: clientId, client_secret: clientSecret }
  }
  function login(username = emulator.credentials.username): Record<string, unknown> {
    return { grant_type: 'password', ...client(), username, password: emulator.actions.login(username).password }
  }
  const refresh = (token: unknown): Record<string, unknown> => ({
    grant_type: 'refresh_token',
    ...client(),
    refresh_token: token,
  })
  const answer = (partial: unknown, passcode: string): Record<string, unknown> => {
    const factor = { mfa_type: 'authenticator', mfa_vendor: 'google', ns_id_type: 'subscriber' }
    return { ...login(), ...factor, grant_type: 'mfa', passcode, access_token: partial }
  }

  it('responds to the password grant with every documented field', async () => {
    const { status, body } = await askToken(login())
    expect(status).to.equal(200)
    expect(body).to.have.all.keys(
      ...[
        'username',
        'user',
        'territory',
        'domain',
        'site',
        'group',
        'department',
        'uid',
        'login',
        'scope',
        'user_email',
      ],
      ...['displayName', 'access_token', 'expires_in', 'token_type', 'refresh_token', 'client_id', 'apiversion'],
    )
    expect(body).to.include({ scope: 'Basic User', expires_in: 3_600, token_type: 'Bearer', uid: '1001@example.com' })
    expect(body['access_token']).to.match(/^[0-9a-f]{32}$/)
  })

  const refusals: readonly [what: string, change: Record<string, unknown>, code: number, message: string][] = [
    ['a missing field', { username: undefined }, 400, 'username is required'],
    ['a missing grant', { grant_type: undefined }, 400, 'grant_type is required'],
    ['an unknown grant', { grant_type: 'client_credentials' }, 400, 'grant_type is not one of the known'],
    ['an unknown field', { scope: 'x' }, 400, 'Unknown parameter scope'],
    ['a number for text', { password: 1 }, 400, 'password must be a string'],
    ['a wrong client', { client_id: 'nobody' }, 401, 'Invalid client'],
    ['a wrong client secret', { client_secret: 'wrong' }, 401, 'Invalid client'],
    ['a wrong password', { password: 'wrong' }, 403, 'Invalid User Login'],
    ['an unknown user', { username: 'nobody@example.com' }, 403, 'Invalid User Login'],
  ]
  for (const [what, change, code, message] of refusals) {
    it(`rejects ${what} with ${String(code)}`, async () => {
      const { status, body } = await askToken({ ...login(), ...change })
      expect({ status, body }).to.deep.equal({ status: code, body: { code, message } })
    })
  }

  it('rejects a form, a query, and an Authorization header', async () => {
    const url = `${emulator.api}/tokens`
    const fields = login() as Record<string, string>
    const statuses = [
      await postForm(url, fields),
      await send(`${url}?${new URLSearchParams(fields).toString()}`, { method: 'POST' }),
      await postJson(url, fields, { authorization: 'Basic eDp5' }),
    ].map(({ status }) => status)
    expect(statuses).to.deep.equal([400, 400, 400])
  })

  it('revokes both previous tokens on a refresh', async () => {
    const first = (await askToken(login())).body
    expect((await get('/domains/~', first['access_token'])).status).to.equal(200)
    const second = (await askToken(refresh(first['refresh_token']))).body
    expect((await get('/domains/~', first['access_token'])).status).to.equal(401)
    expect((await get('/domains/~', second['access_token'])).status).to.equal(200)
    const again = await askToken(refresh(first['refresh_token']))
    expect([again.status, again.body['code']]).to.deep.equal([401, 401])
    expect((await askToken(refresh(second['refresh_token']))).status).to.equal(200)
  })

  it('rejects a refresh by another client, and a revoked refresh token', async () => {
    const { refreshToken } = emulator.issue()
    expect((await askToken({ ...refresh(refreshToken), client_secret: 'wrong' })).body['message']).to.equal(
      'Invalid client',
    )
    emulator.revokeRefreshTokens()
    expect((await askToken(refresh(refreshToken))).status).to.equal(401)
  })

  describe('with MFA', () => {
    beforeEach(() => {
      emulator.switches.mfa = true
    })

    it('responds with 200, a prompt and a partial token that is valid for no request', async () => {
      const { status, body } = await askToken(login())
      expect(status).to.equal(200)
      expect(body).to.have.all.keys('access_token', 'mfa_type', 'mfa_vendor', 'ns_id_type', 'scope')
      expect(body).to.include({ mfa_type: 'authenticator', mfa_vendor: 'google', scope: 'mfa_required' })
      expect((await get('/domains/~', body['access_token'])).status).to.equal(401)
      expect((await askToken(refresh(body['access_token']))).status).to.equal(401)
    })

    it('issues a token for the right passcode, once', async () => {
      const passcode = emulator.actions.passcode()
      const partial = (await askToken(login())).body['access_token']
      const given = await askToken(answer(partial, passcode))
      expect((await get('/domains/~', given.body['access_token'])).status).to.equal(200)
      const next = (await askToken(login())).body['access_token']
      const again = await askToken(answer(next, passcode))
      expect([again.status, again.body['message']]).to.deep.equal([401, 'Invalid passcode'])
    })

    it('rejects a wrong passcode, another factor, and a previous partial token', async () => {
      const passcode = emulator.actions.passcode()
      const stale = (await askToken(login())).body['access_token']
      const partial = (await askToken(login())).body['access_token']
      const refused = [
        await askToken(answer(partial, 'x')),
        await askToken({ ...answer(partial, passcode), mfa_vendor: 'other' }),
        await askToken(answer(stale, passcode)),
        await askToken({ ...answer(partial, passcode), password: 'wrong' }),
      ].map(({ status }) => status)
      expect(refused).to.deep.equal([401, 400, 401, 403])
      expect((await askToken(answer(partial, passcode))).status).to.equal(200)
    })

    it('requests a passcode only for accounts with mfa set', async () => {
      const accounts = [
        { username: 'a@example.com', password: 'a', mfa: true },
        { username: 'b@example.com', password: 'b' },
      ]
      await using other = await startEmulator(netsapiensEmulator({ accounts }))
      const asked = await Promise.all(
        accounts.map(({ username, password }) =>
          postJson(`${other.api}/tokens`, { grant_type: 'password', ...client(), username, password }),
        ),
      )
      expect(asked.map(({ body }) => 'mfa_type' in body)).to.deep.equal([true, false])
    })
  })

  it('serves its version without a token, and domains and users to authorized users', async () => {
    const { access_token: token } = (await askToken(login())).body
    expect((await send(`${emulator.api}/version`)).body).to.have.all.keys('apiversion', 'hostname', 'current-time')
    expect((await get('/domains/~', token)).body).to.include({ domain: 'example.com', 'time-zone': 'US/Pacific' })
    expect((await get('/domains/~/users/~', token)).body).to.include({ user: '1001', 'user-scope': 'Basic User' })
    const codes = []
    for (const path of ['/domains/other.example', '/domains/~/users/1002', '/nowhere']) {
      codes.push((await get(path, token)).body['code'])
    }
    expect(codes).to.deep.equal([403, 403, 404])
    const manager = (await askToken(login('1002@example.com'))).body['access_token']
    expect((await get('/domains/~/users/1001', manager)).status).to.equal(200)
    expect((await get('/domains/~/users/1003', manager)).status).to.equal(404)
  })

  it('accepts an API key as a token', async () => {
    expect((await get('/domains/~', emulator.actions.apiKey())).status).to.equal(200)
  })

  it('responds with an HTML page at its token endpoints as an older server', async () => {
    for (const status of [404, 200] as const) {
      emulator.switches.html = status
      const heard = await askToken(login())
      expect([heard.status, heard.headers.get('content-type')]).to.deep.equal([status, 'text/html'])
      expect(heard.text).to.match(/^<!DOCTYPE html>/)
    }
  })
})
