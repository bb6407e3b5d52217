import { expect } from 'chai'
import { smscxEmulator, startEmulator, type Emulator, type SmscxSystem } from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

describe('smscxEmulator()', () => {
  const NOW = 1_700_000_000_000
  let emulator: Emulator<SmscxSystem>

  beforeEach(async () => {
    const application = { applicationId: 'app', applicationSecret: 's:/+%é ' }
    emulator = await startEmulator(smscxEmulator(application), { clock: { now: () => NOW } })
  })
  afterEach(() => emulator.close())

  const basic = (user: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(user).toString('base64')}`,
  })
  const post = (params: Record<string, string> | string, headers = basic('app:s:/+%é ')): Promise<ReceivedResponse> =>
    postForm(`${emulator.api}/oauth/token`, params, headers)
  const grant = { grant_type: 'client_credentials' }
  const get = (path: string, token: unknown, method = 'GET'): Promise<ReceivedResponse> =>
    send(emulator.api + path, { method, headers: bearer(token) })
  const typeOf = ({ body }: ReceivedResponse): unknown => (body['error'] as { type?: string } | undefined)?.type

  it('grants all scopes by default, else the requested ones', async () => {
    const { status, body } = await post(grant)
    expect(status).to.equal(200)
    expect(body).to.include({ expires_in: 86_400, token_type: 'Bearer' })
    expect(String(body['scope']).split(' ')).to.have.length(10)
    expect((await post('grant_type=client_credentials&scope=')).body['scope']).to.equal(body['scope'])
    const some = (await post({ ...grant, scope: 'sms groups' })).body
    expect(some['scope']).to.equal('sms groups')
    expect((await get('/applications/scopes', some['access_token'])).body).to.deep.equal(['sms', 'groups'])
  })

  it('compares client credentials byte for byte: a form-encoded secret is wrong', async () => {
    const encoded = await post(grant, basic(`app:${encodeURIComponent('s:/+%é ')}`))
    expect([encoded.status, typeOf(encoded)]).to.deep.equal([401, 'invalid_client'])
  })

  const refusals: readonly [what: string, ask: () => Promise<ReceivedResponse>, status: number, type: string][] = [
    ['no grant', () => post('scope=sms'), 400, 'invalid_request'],
    ['another grant', () => post({ grant_type: 'password' }), 400, 'unsupported_grant_type'],
    ['an unknown scope', () => post({ ...grant, scope: 'SMS' }), 400, 'invalid_scope'],
    ['a client in the body', () => post({ ...grant, client_id: 'app' }), 400, 'invalid_request'],
    ['no client', () => post(grant, { authorization: '' }), 401, 'invalid_client'],
    ['an unknown client', () => post(grant, basic('nobody:x')), 401, 'invalid_client'],
    ['another method', () => send(`${emulator.api}/oauth/token`), 405, 'invalid_method'],
  ]
  for (const [what, asked, status, type] of refusals) {
    it(`rejects ${what} with ${String(status)} ${type}, in an error object`, async () => {
      const heard = await asked()
      expect(heard.status).to.equal(status)
      expect(heard.body['error']).to.have.all.keys('type', 'message', 'uri', 'code')
      expect(heard.body['error']).to.include({ type, code: 1_600 })
    })
  }

  it('rejects JSON', async () => {
    expect(typeOf(await postJson(`${emulator.api}/oauth/token`, grant, basic('app:s:/+%é ')))).to.equal(
      'invalid_request',
    )
  })

  it('issues tokens for a day, a week, or without expiry, which is sent as 0 or null', async () => {
    const lives = []
    for (const validity of ['day', 'week', 'never'] as const) {
      emulator.switches.validity = validity
      lives.push((await post(grant)).body['expires_in'])
    }
    emulator.switches.neverIs = null
    lives.push((await post(grant)).body['expires_in'])
    expect(lives).to.deep.equal([86_400, 604_800, 0, null])
    expect(emulator.issued.map(({ expiresAt }) => expiresAt !== undefined)).to.deep.equal([true, true, false, false])
    emulator.switches.dropTokenType = true
    expect((await post(grant)).body).not.to.have.property('token_type')
  })

  it('serves resources within the scope of the token', async () => {
    const token = (await post({ ...grant, scope: 'sms' })).body['access_token']
    const message = { to: '+4915112345678', from: 'Example', text: 'Hello' }
    const send = (body: unknown): Promise<ReceivedResponse> => postJson(`${emulator.api}/sms`, body, bearer(token))
    expect((await send(message)).status).to.equal(200)
    expect(typeOf(await send({ ...message, to: 'Bob' }))).to.equal('invalid_param')
    expect(typeOf(await send('no JSON'))).to.equal('invalid_body')
    expect((await get('/account/balance', token)).body).to.have.all.keys('balance', 'currency', 'billing')
    const closed = await get('/groups', token)
    expect([closed.status, typeOf(closed)]).to.deep.equal([403, 'insufficient_scope'])
    expect((await get('/groups', emulator.issue().accessToken)).status).to.equal(200)
  })

  it('accepts an API key instead of a token', async () => {
    const key = (value: string): Promise<ReceivedResponse> =>
      send(`${emulator.api}/account/balance`, { headers: { 'x-api-key': value } })
    expect((await key('smscx-api-key')).status).to.equal(200)
    const refused = await key('nobody')
    expect([refused.status, typeOf(refused)]).to.deep.equal([401, 'invalid_api_key'])
  })

  it('rejects an invalid token, an unknown path and an unknown method', async () => {
    const { accessToken } = emulator.issue()
    const heard = [
      await get('/account/balance', 'nobody'),
      await get('/nowhere', accessToken),
      await get('/account/balance', accessToken, 'DELETE'),
    ].map((each) => [each.status, typeOf(each)])
    expect(heard).to.deep.equal([
      [401, 'invalid_client'],
      [404, 'not_found'],
      [405, 'invalid_method'],
    ])
  })

  it('sends the end of a rate limit as epoch seconds in a header, at the token endpoint and the API', async () => {
    const { accessToken } = emulator.issue()
    emulator.switches.rateLimited = 90
    for (const heard of [await post(grant), await get('/account/balance', accessToken)]) {
      expect([heard.status, typeOf(heard)]).to.deep.equal([429, 'rate_limit'])
      expect(heard.headers.get('x-rate-limit-reset')).to.equal('1700000090')
      expect(heard.headers.get('x-rate-limit-remaining')).to.equal('0')
    }
  })

  it('sends request id and duration with each response', async () => {
    for (const heard of [await post(grant), await post({}), await get('/nowhere', 'nobody')]) {
      expect(heard.headers.get('x-request-id')).to.match(/^[0-9a-f]{32}$/)
      expect(heard.headers.has('x-response-time')).to.equal(true)
    }
  })
})
