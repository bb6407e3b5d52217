// Pushed authorization requests, resources and ID tokens of the emulator. RFC 9126, sections 2 to 5; RFC 8707; OpenID Connect Core 1.0.
import { expect } from 'chai'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from 'tokenflight/testing'
import { postForm, type ReceivedResponse, send } from './send.ts'

const redirect_uri = 'https://app.example/callback'
const ASKED = { response_type: 'code', client_id: 'client', redirect_uri, scope: 'read', state: 's-1' }
const SECRET = 'sesame+/&= %:1'
const CLIENT = { client_id: 'client', client_secret: SECRET }

describe('oauth2Emulator(): authorization requests', () => {
  let emulator: Emulator<OAuth2System<'client_secret_post'>>
  let now: number

  beforeEach(async () => {
    now = 1_700_000_000_000
    const options = { clientAuthentication: 'client_secret_post', scopes: ['openid', 'read'] } as const
    emulator = await startEmulator(oauth2Emulator(options), { clock: { now: () => now } })
  })
  afterEach(() => emulator.close())

  const push = (change: Record<string, string | undefined> = {}): Promise<ReceivedResponse> => {
    const given: Record<string, string | undefined> = { ...ASKED, client_secret: SECRET, ...change }
    const params = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
    return postForm(`${emulator.url}/par`, Object.fromEntries(params) as Record<string, string>)
  }
  const authorize = (params: Record<string, string>): Promise<ReceivedResponse> =>
    send(`${emulator.url}/authorize?${new URLSearchParams({ client_id: 'client', ...params }).toString()}`)
  const back = ({ headers }: ReceivedResponse): URLSearchParams => new URL(headers.get('location') ?? '').searchParams
  const exchange = (code: string | null, change: object = {}): Promise<ReceivedResponse> =>
    postForm(`${emulator.url}/token`, {
      ...CLIENT,
      grant_type: 'authorization_code',
      code: code ?? '',
      redirect_uri,
      ...change,
    })

  it('can be pushed for one use, with Cache-Control: no-store', async () => {
    const { status, headers, body } = await push()
    expect([status, headers.get('cache-control'), body['expires_in']]).to.deep.equal([201, 'no-store', 60])
    const reference = { request_uri: String(body['request_uri']) }
    const asked = back(await authorize(reference))
    expect([asked.get('state'), asked.get('iss')]).to.deep.equal(['s-1', emulator.url])
    expect((await exchange(asked.get('code'))).body).to.include({ scope: 'read' })
    const again = await authorize(reference)
    expect([again.status, again.body['error'], again.headers.get('location')]).to.deep.equal([
      ...[400, 'invalid_request_uri', null],
    ])
  })

  for (const [title, change, error, status] of [
    ['another secret', { client_secret: 'x' }, 'invalid_client', 401],
    ['no secret', { client_secret: undefined }, 'invalid_client', 401],
    ['a request_uri', { request_uri: 'urn:x' }, 'invalid_request', 400],
    ['an unknown parameter', { vendor: 'acme' }, 'invalid_request', 400],
    ['another redirect URI', { redirect_uri: 'https://evil.example' }, 'invalid_request', 400],
    ['no redirect URI', { redirect_uri: undefined }, 'invalid_request', 400],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type', 400],
    ['an unknown scope', { scope: 'admin' }, 'invalid_scope', 400],
    ['a plain challenge', { code_challenge: 'x', code_challenge_method: 'plain' }, 'invalid_request', 400],
    ['a resource that is no URI', { resource: 'orders' }, 'invalid_target', 400],
    ['a resource with a fragment', { resource: 'https://a.example/#x' }, 'invalid_target', 400],
    ['another prompt with none', { prompt: 'none login' }, 'invalid_request', 400],
  ] as const)
    it(`are rejected when pushed with ${title}`, async () => {
      const answer = await push(change)
      expect([answer.status, answer.body['error']]).to.deep.equal([status, error])
    })

  it('are rejected when pushed without client_id, with client authentication in the header', async () => {
    await using other = await startEmulator(oauth2Emulator())
    const { client_id: client, ...params } = ASKED
    const authorization = `Basic ${btoa(`${client}:${encodeURIComponent(SECRET).replaceAll('%20', '+')}`)}`
    const { body } = await postForm(`${other.url}/par`, params, { authorization })
    expect(body['error']).to.equal('invalid_request')
  })

  it('are rejected where request_uri is unknown, expired, of another client, or sent with other parameters', async () => {
    const reference = async (): Promise<string> => String((await push()).body['request_uri'])
    const late = await reference()
    const refused = [
      await authorize({ request_uri: 'urn:ietf:params:oauth:request_uri:none' }),
      await authorize({ request_uri: await reference(), scope: 'read' }),
      await authorize({ request_uri: await reference(), client_id: 'other' }),
    ]
    now += 60_000
    refused.push(await authorize({ request_uri: late }))
    expect(refused.map(({ status, headers }) => [status, headers.get('location')])).to.deep.equal(
      Array(4).fill([400, null]),
    )
  })

  it('must be pushed with requirePushed set', async () => {
    emulator.switches.requirePushed = true
    expect(back(await authorize(ASKED)).get('error')).to.equal('invalid_request')
    const metadata = await send(`${emulator.url}/.well-known/oauth-authorization-server`)
    expect(metadata.body).to.include({ require_pushed_authorization_requests: true })
    const { body } = await push()
    expect(back(await authorize({ request_uri: String(body['request_uri']) })).has('code')).to.equal(true)
  })

  it('select the account of login_hint, and fail with consent_required for prompt=none', async () => {
    const code = back(await authorize({ ...ASKED, login_hint: 'bob', prompt: 'login' })).get('code')
    expect((await exchange(code)).status).to.equal(200)
    expect(emulator.issued.at(-1)).to.include({ account: 'bob' })
    emulator.switches.denied = true
    expect(back(await authorize({ ...ASKED, prompt: 'none' })).get('error')).to.equal('consent_required')
  })

  it('with a resource give tokens only for that resource', async () => {
    const [orders, stock] = ['https://orders.example', 'https://stock.example']
    const code = async (): Promise<string | null> => back(await authorize({ ...ASKED, resource: orders })).get('code')
    expect((await exchange(await code(), { resource: stock })).body['error']).to.equal('invalid_target')
    expect((await exchange(await code(), { resource: orders })).body).to.include({ resource: orders })
  })

  it('with the scope openid give an ID token with the nonce, at the exchange and not at a refresh', async () => {
    const code = back(await authorize({ ...ASKED, scope: 'openid', nonce: 'n-1' })).get('code')
    const { body } = await exchange(code)
    const [, claims = ''] = String(body['id_token']).split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).to.deep.equal({
      iss: emulator.url,
      sub: 'ann',
      aud: 'client',
      nonce: 'n-1',
      iat: 1_700_000_000,
      exp: 1_700_000_300,
    })
    const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
    expect((await postForm(`${emulator.url}/token`, { ...CLIENT, ...refresh })).body).not.to.have.property('id_token')
    const plain = back(await authorize({ ...ASKED, nonce: 'n-1' })).get('code')
    expect((await exchange(plain)).body).not.to.have.property('id_token')
  })
})
