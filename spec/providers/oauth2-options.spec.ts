// Options of `oauth2()` that change how requests are made: what reaches a server, by both clients.
import { expect } from 'chai'
import { createTokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { oauth2Emulator, startEmulator } from '../../lib/testing.ts'
import { VirtualClock } from '../support/clock.ts'
import { type Loopback, type Received, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { CLIENTS, grantsOf } from '../systems/support.ts'

const credentials = { clientId: 'client', clientSecret: 'sesame of the client' }

/** A server with a token endpoint and an API. */
async function start(): Promise<Loopback & AsyncDisposable> {
  const server = await startLoopback((response, { url }) => {
    const body = url === '/token' ? { access_token: 'AT-1', expires_in: 60 } : {}
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  return { ...server, [Symbol.asyncDispose]: () => server.close() }
}

const to = ({ received }: Loopback, path: string): Received[] =>
  received.filter(({ url }) => url.split('?')[0] === path)

describe('options of oauth2()', () => {
  realNetwork()

  for (const [client, bound] of Object.entries(CLIENTS)) {
    it(`set headers of API requests and the placement of the token, with ${client}`, async () => {
      await using server = await start()
      const { url } = server
      const shared = { tokenEndpoint: `${url}/token`, clientAuthentication: 'client_secret_post', api: url } as const
      for (const [placement, path, header] of [
        [{ header: 'X-Auth-Token', value: '{token}' }, '/a', ['x-auth-token', 'AT-1']],
        [{ query: 'access_token' }, '/b?access_token=AT-1', []],
        [{ basic: ['{clientId}', '{token}'] }, '/c', ['authorization', `Basic ${btoa('client:AT-1')}`]],
      ] as const) {
        const provider = oauth2({ ...shared, headers: { 'X-Version': '2', 'X-Client': '{clientId}' }, placement })
        const tokens = createTokenManager({ provider, credentials })
        await bound({ api: url, log: [] }, tokens)(path.split('?')[0] ?? '')
        const [request] = to(server, path.split('?')[0] ?? '')
        expect(request?.url).to.equal(path)
        expect(request?.headers).to.include({ 'x-version': '2', 'x-client': 'client' })
        const sent = ['x-auth-token', 'authorization'].flatMap((name) => {
          const value = request?.headers[name]
          return value === undefined ? [] : [name, value]
        })
        expect(sent).to.deep.equal(header)
      }
      for (const { headers } of to(server, '/token')) expect(headers).not.to.have.property('x-version')
    })
  }

  it('apply `encoding` to the token endpoint only', async () => {
    await using server = await start()
    const { url } = server
    const provider = oauth2({
      tokenEndpoint: `${url}/token`,
      introspectionEndpoint: `${url}/introspect`,
      revocationEndpoint: `${url}/revoke`,
      clientAuthentication: 'client_secret_post',
      encoding: 'json',
      scope: ['read', 'write'],
      resource: [`${url}/a`, `${url}/b`],
    })
    const tokens = createTokenManager({ provider, credentials })
    await tokens.inspect()
    await tokens.revoke()
    const client = { client_id: 'client', client_secret: credentials.clientSecret }
    const [token] = to(server, '/token')
    expect(token?.headers['content-type']).to.equal('application/json')
    expect(JSON.parse(token?.body ?? '')).to.deep.equal({
      ...client,
      grant_type: 'client_credentials',
      scope: 'read write',
      resource: [`${url}/a`, `${url}/b`],
    })
    for (const path of ['/introspect', '/revoke']) {
      const [request] = to(server, path)
      expect(request?.headers['content-type']).to.equal('application/x-www-form-urlencoded')
      const form = Object.fromEntries(new URLSearchParams(request?.body))
      expect(form).to.deep.equal({ ...client, token: 'AT-1' })
    }
  })

  it('disable refresh tokens with renewal: false; each token is obtained by the grant', async () => {
    const clock = new VirtualClock()
    await using emulator = await startEmulator(oauth2Emulator(), { clock })
    emulator.switches.alwaysRefresh = true
    for (const renewal of [true, false]) {
      const provider = oauth2({
        tokenEndpoint: `${emulator.url}/token`,
        clientAuthentication: 'client_secret_basic',
        renewal,
        api: emulator.api,
      })
      const tokens = createTokenManager({ provider, credentials: emulator.credentials, clock })
      await tokens.renew(await tokens.token())
    }
    expect(grantsOf(emulator)).to.deep.equal([
      'client_credentials',
      'refresh_token',
      'client_credentials',
      'client_credentials',
    ])
  })
})
