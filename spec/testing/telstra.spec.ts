import { expect } from 'chai'
import { startEmulator, telstraEmulator, type Emulator, type TelstraSystem } from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

describe('telstraEmulator()', () => {
  let emulator: Emulator<TelstraSystem>

  beforeEach(async () => {
    emulator = await startEmulator(telstraEmulator())
  })
  afterEach(() => emulator.close())

  function params(over: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
    const { clientId, clientSecret } = emulator.credentials
    const client = { client_id: clientId, client_secret: clientSecret }
    const all: Record<string, string | undefined> = { ...client, grant_type: 'client_credentials', ...over }
    return Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    )
  }
  const askToken = (over = {}, headers = {}): Promise<ReceivedResponse> =>
    postForm(`${emulator.api}/oauth/token`, params(over), headers)
  const get = (path: string, token: unknown): Promise<ReceivedResponse> =>
    send(emulator.api + path, { headers: bearer(token) })

  it('sends the lifetime of a token as text', async () => {
    const { status, body } = await askToken({ scope: 'NSMS' })
    expect(status).to.equal(200)
    expect(body).to.have.all.keys('access_token', 'token_type', 'expires_in')
    expect(body).to.include({ token_type: 'Bearer', expires_in: '3599' })
  })

  it('sends a longer lifetime, a given one, or no token_type, with the switches set', async () => {
    emulator.switches.longLived = true
    expect((await askToken()).body['expires_in']).to.equal('35999')
    Object.assign(emulator, { lifetime: 60 })
    emulator.switches.longLived = false
    emulator.switches.dropTokenType = true
    expect((await askToken()).body)
      .to.include({ expires_in: '60' })
      .and.not.to.have.property('token_type')
  })

  const refusals: readonly [what: string, over: Record<string, string | undefined>, status: number, error: string][] = [
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['no grant', { grant_type: undefined }, 400, 'unsupported_grant_type'],
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client'],
    ['an unknown client', { client_id: 'nobody' }, 401, 'invalid_client'],
    ['no secret', { client_secret: undefined }, 400, 'invalid_request'],
    ['an empty field', { scope: '' }, 400, 'invalid_request'],
    ['an unknown field', { audience: 'x' }, 400, 'invalid_request'],
    ['an unknown scope', { scope: 'SMS' }, 400, 'invalid_scope'],
  ]
  for (const [what, over, status, error] of refusals) {
    it(`rejects ${what} with ${String(status)} ${error}`, async () => {
      const heard = await askToken(over)
      expect(heard.status).to.equal(status)
      expect(heard.body['error']).to.equal(error)
      expect(emulator.issued).to.be.empty
    })
  }

  it('rejects client credentials in the header, a JSON body, parameters in the query, invalid escapes and other media types', async () => {
    const url = `${emulator.api}/oauth/token`
    const heard = [
      await askToken({}, { authorization: 'Basic eDp5' }),
      await postJson(url, params()),
      await postForm(`${url}?grant_type=client_credentials`, params()),
      await postForm(url, 'grant_type=client_credentials&client_id=%zz'),
      await askToken({}, { accept: 'text/html' }),
    ]
    expect(heard.map(({ status }) => status)).to.deep.equal([400, 400, 400, 400, 406])
  })

  it('sends an SMS with a valid token, and rejects an invalid one with the status as text', async () => {
    const { body } = await askToken()
    const message = { to: '+61412345678', body: 'Hello' }
    const sent = await postJson(`${emulator.api}/messages/sms`, message, bearer(body['access_token']))
    expect(sent.status).to.equal(201)
    expect(sent.body).to.include({ messageType: 'SMS', numberSegments: 1 })
    const refused = await postJson(`${emulator.api}/messages/sms`, message, bearer('nobody'))
    expect(refused.status).to.equal(401)
    expect(refused.body).to.include({ status: '401', code: 'TECH-ERR' })
    expect(emulator.counts).to.deep.equal({ token: 1, resource: 2, other: 0, unauthorized: 1 })
  })

  it('rejects an SMS without a valid recipient or text, with an unknown field, or not in JSON', async () => {
    const url = `${emulator.api}/messages/sms`
    const headers = bearer(emulator.issue().accessToken)
    const codes = [
      await postJson(url, { to: 'Bob', body: 'Hello' }, headers),
      await postJson(url, { to: '+61412345678' }, headers),
      await postJson(url, { to: '+61412345678', body: 'Hello', from: 1 }, headers),
      await postJson(url, { to: '+61412345678', body: 'Hello', colour: 'red' }, headers),
      await postForm(url, { to: '+61412345678', body: 'Hello' }, headers),
    ].map(({ status, body }) => [status, body['code']])
    expect(codes).to.deep.equal([
      [400, 'TO-MSISDN-NOT-VALID'],
      [400, 'BODY-MISSING'],
      [400, 'DELIVERY-IMPOSSIBLE'],
      [400, 'BODY-NOT-VALID'],
      [400, 'BODY-NOT-VALID'],
    ])
  })

  it('serves subscriptions and waiting messages', async () => {
    const { accessToken } = emulator.issue()
    const subscriptions = '/messages/provisioning/subscriptions'
    expect((await get(subscriptions, accessToken)).body).to.include({ activeDays: '1825' })
    const made = await postJson(emulator.api + subscriptions, { activeDays: 10 }, bearer(accessToken))
    expect(made.status).to.equal(201)
    expect(made.body).to.include({ activeDays: '10' })
    expect((await get('/messages/sms', accessToken)).body).to.deep.equal({ status: 'EMPTY' })
  })

  it('serves the health check without a token', async () => {
    expect((await send(`${emulator.api}/messages/sms/healthcheck`)).body).to.deep.equal({ status: 'up' })
  })

  it('responds with 404 to an unknown path, only with a valid token', async () => {
    const found = await get('/nowhere', emulator.issue().accessToken)
    expect(found.status).to.equal(404)
    expect(found.body).to.include({ status: '404', code: 'RESOURCE-NOT-FOUND' })
    expect((await send(`${emulator.api}/nowhere`)).status).to.equal(401)
  })

  const switched = [
    ['spikeArrest', 403, 'SpikeArrest'],
    ['monetization', 403, 'MSG_Monetization_ERR'],
    ['noProduct', 401, 'TECH-ERR'],
  ] as const
  for (const [name, status, code] of switched) {
    it(`rejects a valid token with ${String(status)} ${code} while ${name} is on`, async () => {
      const { accessToken } = emulator.issue()
      emulator.switches[name] = true
      const refused = await get('/messages/sms', accessToken)
      expect([refused.status, refused.body['code']]).to.deep.equal([status, code])
      emulator.switches[name] = false
      expect((await get('/messages/sms', accessToken)).status).to.equal(200)
    })
  }
})
