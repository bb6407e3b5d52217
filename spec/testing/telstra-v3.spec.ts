import { expect } from 'chai'
import { startEmulator, telstraV3Emulator, type Emulator, type TelstraV3System } from 'tokenflight/testing'
import { send, bearer, postForm, postJson, type ReceivedResponse } from './send.ts'

const HEADERS = {
  accept: 'application/json',
  'accept-charset': 'utf-8',
  'content-language': 'en-au',
  'telstra-api-version': '3.x',
}

describe('telstraV3Emulator()', () => {
  let emulator: Emulator<TelstraV3System>
  let now: number

  beforeEach(async () => {
    now = 1_000_000
    emulator = await startEmulator(telstraV3Emulator(), { clock: { now: () => now } })
  })
  afterEach(() => emulator.close())

  const get = (path: string, token: unknown, headers: Record<string, string> = HEADERS): Promise<ReceivedResponse> =>
    send(emulator.api + path, { headers: { ...headers, ...bearer(token) } })
  const codeOf = ({ body }: ReceivedResponse): unknown => (body['errors'] as { code: string }[] | undefined)?.[0]?.code

  function askToken(scope?: string): Promise<ReceivedResponse> {
    const { clientId, clientSecret } = emulator.credentials
    const client = { client_id: clientId, client_secret: clientSecret }
    return postForm(`${emulator.url}/v2/oauth/token`, {
      grant_type: 'client_credentials',
      ...client,
      ...(scope && { scope }),
    })
  }

  it('issues tokens outside the path of the API', async () => {
    expect((await askToken()).body).to.include({ expires_in: '3599', token_type: 'Bearer' })
    expect(emulator.api).to.equal(`${emulator.url}/messaging/v3`)
    expect(emulator.provider.token.url).to.equal(`${emulator.url}/v2/oauth/token`)
  })

  it('rejects an unknown scope, as the .NET SDK requests one', async () => {
    const { status, body } = await askToken('messaging:write')
    expect([status, body['error']]).to.deep.equal([400, 'invalid_scope'])
  })

  it('rejects a health check without a token, and distinguishes expired and invalid tokens', async () => {
    const { accessToken } = emulator.issue()
    expect((await get('/health-check', accessToken)).body).to.deep.equal({ status: 'up' })
    const invalid = await get('/health-check', 'nobody')
    expect([invalid.status, codeOf(invalid)]).to.deep.equal([401, 'TOKEN_INVALID'])
    now += 3_599_000
    const expired = await get('/health-check', accessToken)
    expect([expired.status, codeOf(expired)]).to.deep.equal([401, 'TOKEN_EXPIRED'])
  })

  for (const name of Object.keys(HEADERS)) {
    it(`rejects a request without the right ${name}`, async () => {
      const heard = await get('/health-check', emulator.issue().accessToken, { ...HEADERS, [name]: 'wrong' })
      expect([heard.status, codeOf(heard)]).to.deep.equal([400, 'HEADER_INVALID'])
    })
  }

  it('sends messages with the required scope, and rejects other scopes', async () => {
    const message = { to: '+61412345678', from: 'shared', messageContent: 'Hello' }
    const token = async (scope: string): Promise<unknown> => (await askToken(scope)).body['access_token']
    const send = async (scope: string, body: unknown = message): Promise<ReceivedResponse> =>
      postJson(`${emulator.api}/messages`, body, { ...HEADERS, ...bearer(await token(scope)) })
    expect((await send('messages:write')).status).to.equal(201)
    const refused = await send('messages:read')
    expect([refused.status, codeOf(refused)]).to.deep.equal([403, 'INSUFFICIENT_SCOPE'])
    expect((await get('/messages', await token('messages:read'))).status).to.equal(200)
    expect(codeOf(await send('messages:write', { to: '+61412345678' }))).to.equal('FIELD_INVALID')
    expect(codeOf(await send('messages:write', 'no JSON'))).to.equal('BODY_INVALID')
  })

  it('rejects valid tokens with the switches set', async () => {
    const { accessToken } = emulator.issue()
    emulator.switches.tooManyRequests = true
    const waiting = await get('/health-check', accessToken)
    expect([waiting.status, codeOf(waiting), waiting.headers.get('retry-after')]).to.deep.equal([
      429,
      'TOO_MANY_REQUESTS',
      '3600',
    ])
    for (const code of ['RESOURCE_AUTH_ERR', 'FREE_TRIAL_ERR'] as const) {
      emulator.switches.forbidden = code
      const refused = await get('/health-check', accessToken)
      expect([refused.status, codeOf(refused)]).to.deep.equal([403, code])
    }
  })

  it('responds with 404 in its own format', async () => {
    const heard = await get('/nowhere', emulator.issue().accessToken)
    expect([heard.status, codeOf(heard)]).to.deep.equal([404, 'NOT_FOUND'])
  })
})
