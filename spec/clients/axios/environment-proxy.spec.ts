// Proxies of the environment: https passes through a tunnel, and nothing that is meant for this machine leaves it.
import { createServer } from 'node:http'
import { Agent } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import axios from 'axios'
import oldest from 'axios-floor'
import { expect } from 'chai'
import { attachBearer, axiosTransport } from '../../../lib/axios.ts'
import { createTokenManager, type TokenManager } from '../../../lib/index.ts'
import { oauth2 } from '../../../lib/providers.ts'
import { importOverFloor } from '../../support/axios-floor.ts'
import { CERTIFICATE } from '../../support/certificates.ts'
import { type Handler, type Loopback, startLoopback, startSecureLoopback } from '../../support/loopback.ts'
import { realNetwork } from '../../support/real-network.ts'

const floor = (await importOverFloor('axios.ts')) as {
  readonly attachBearer: typeof attachBearer
  readonly axiosTransport: typeof axiosTransport
}
const VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const

/** A proxy that connects every tunnel to this machine, and remembers what it sees. */
async function startProxy(): Promise<{ url: string; seen: string[]; close: () => void }> {
  const seen: string[] = []
  const server = createServer(({ method, url, headers }, response) => {
    seen.push([method, url, headers.authorization].join(' '))
    response.end('{}')
  }).on('connect', ({ url = '', headers }, socket) => {
    seen.push(['CONNECT', url, headers.authorization].join(' '))
    const upstream = connect(Number(/\d+$/.exec(url)?.[0]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
    for (const each of [socket, upstream]) each.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
  return { url, seen, close: () => server.close() }
}

// Fault 139
for (const [name, library, { attachBearer: attach, axiosTransport: transport }] of [
  ['axios', axios, { attachBearer, axiosTransport }],
  ['the oldest axios', oldest as unknown as typeof axios, floor],
] as const) {
  describe(`A proxy from environment variables, with ${name},`, () => {
    realNetwork()
    const environment = { ...process.env }
    let proxy: Awaited<ReturnType<typeof startProxy>>
    let server: Loopback

    beforeEach(async () => {
      proxy = await startProxy()
      for (const variable of VARIABLES) Reflect.deleteProperty(process.env, variable)
      Object.assign(process.env, { http_proxy: proxy.url, https_proxy: proxy.url })
    })
    afterEach(async () => {
      for (const variable of VARIABLES) {
        Reflect.deleteProperty(process.env, variable)
        if (environment[variable] !== undefined) process.env[variable] = environment[variable]
      }
      proxy.close()
      await server.close()
    })

    const handler: Handler = (response, { url }) =>
      response.end(url === '/token' ? '{"access_token":"t0k3n","token_type":"Bearer"}' : '{}')
    const httpsAgent = new Agent({ ca: CERTIFICATE, checkServerIdentity: () => undefined })
    const managerOf = (origin: string): TokenManager =>
      createTokenManager({
        provider: oauth2({ tokenEndpoint: `${origin}/token`, clientAuthentication: 'client_secret_basic' }),
        credentials: { clientId: 'me', clientSecret: 's3cr3t' },
        transport: transport({ httpsAgent }),
      })

    it('sees only the host of https requests', async () => {
      server = await startSecureLoopback(handler)
      const origin = server.url.replace('127.0.0.1', 'api.example')
      const api = library.create({ httpsAgent })
      attach(api, managerOf(origin), { resources: [origin] })
      expect((await api.get<object>(`${origin}/x`)).data).to.deep.equal({})
      await api.get(`${origin}/y`, { maxRedirects: 0 })
      expect([...new Set(proxy.seen)]).to.deep.equal([`CONNECT ${new URL(origin).host} `])
      expect(server.received.map(({ headers }) => headers['authorization'])).to.deep.equal([
        `Basic ${btoa('me:s3cr3t')}`,
        'Bearer t0k3n',
        'Bearer t0k3n',
      ])
    })

    for (const start of [startLoopback, startSecureLoopback]) {
      it(`is not used for a loopback host over ${start === startLoopback ? 'http' : 'https'}`, async () => {
        server = await start(handler)
        for (const host of ['127.0.0.1', 'localhost']) {
          const origin = server.url.replace('127.0.0.1', host)
          const api = library.create({ httpsAgent })
          attach(api, managerOf(origin), { resources: [origin] })
          const { config } = await api.get<object>(`${origin}/x`)
          expect(config.proxy).to.equal(undefined)
        }
        expect(proxy.seen).to.deep.equal([])
        expect(server.received).to.have.length(4)
      })
    }
  })
}
