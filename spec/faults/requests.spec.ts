// FAULTS, "401 path and replay", "Security" and "Further cases", through each client against a server on loopback.
import axios, { type AxiosError } from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, TokenResponseError, type TokenManager } from '../../lib/index.ts'
import { oauth2Emulator, startEmulator, type Emulator, type OAuth2System } from '../../lib/testing.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { startLoopback } from '../support/loopback.ts'
import { plain, secrets } from '../support/managers.ts'
import { realNetwork } from '../support/real-network.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { CLIENTS, type Send } from './clients.ts'

const second = 1_000

for (const { name, bind } of CLIENTS) {
  describe(`A request by ${name}`, () => {
    realNetwork()
    let emulator: Emulator<OAuth2System>
    let tokens: TokenManager
    let send: Send
    let url: string
    beforeEach(async () => {
      emulator = await startEmulator(oauth2Emulator())
      const { provider, credentials } = emulator
      tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
      send = bind(tokens)
      url = `${emulator.api}/echo`
    })
    afterEach(() => emulator.close())

    for (const [what, bad] of [
      ['a line break', 'header\r\nX-Evil: 1'],
      ['a zero byte', 'zero\0byte'],
      ['letters beyond ASCII', 'tökén-of-umlauts'],
      ['a space in front', ' leading-space'],
      ['more than 32 KiB', 'x'.repeat(32_769)],
      ['a whole megabyte', 'x'.repeat(1_000_000)],
    ] as const) {
      // Fault 71
      it(`is not sent with a token that has ${what}`, async () => {
        emulator.always('token', { patch: { access_token: bad } })
        const error = await failureOf(send(url))
        expect(error).to.be.instanceOf(TokenResponseError).and.include({ reason: 'bad_token' })
        expect(emulator.counts).to.include({ token: 1, resource: 0 })
      })
    }

    // Fault 78
    it('follows no URL of a 401 response', async () => {
      const internal = await startLoopback((response) => response.end('{}'))
      const told = `Bearer error="invalid_token", resource_metadata="${internal.url}/meta", error_uri="${internal.url}/e"`
      const headers = { 'www-authenticate': told, link: `<${internal.url}/l>; rel=preload`, location: internal.url }
      emulator.next('resource', { status: 401, headers, body: {} })
      expect((await send(url)).status).to.equal(200)
      expect(internal.received).to.deep.equal([])
      expect(emulator.counts).to.include({ token: 2, resource: 2, other: 0 })
      await internal.close()
    })

    // Fault 77
    it('reads an endless challenge only up to the limit, and takes no error code from malformed text', async () => {
      const challenge = `Bearer realm="${'\\"'.repeat(4_000)}, error="insufficient_scope`
      emulator.next('resource', { status: 401, headers: { 'www-authenticate': challenge }, body: {} })
      expect((await send(url)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, resource: 2 })
    })

    // Fault 55
    it('keeps streaming during a renewal: text in the body is not taken for a 401', async () => {
      await send(url)
      const goOn = deferred()
      emulator.next('resource', {
        raw: (response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: one\n\n')
          void goOn.promise.then(() => response.end('data: 401 Unauthorized\n\n'))
        },
      })
      const streaming = send(url)
      await emulator.arrived('resource', 2)
      emulator.revokeAll()
      expect((await send(url)).status).to.equal(200)
      goOn.resolve()
      expect(await streaming).to.include({ status: 200, text: 'data: one\n\ndata: 401 Unauthorized\n\n' })
      expect(emulator.counts).to.include({ token: 2, resource: 4, unauthorized: 1 })
    })

    // Fault 46
    it('reads challenges from several headers, in any case, with commas in quotes', async () => {
      const several = ['Basic realm="a, Bearer error=\\"insufficient_scope\\""', 'bEARER ERROR="invalid_token"']
      emulator.next('resource', {
        raw: (response) => {
          response.writeHead(401, { 'www-authenticate': several }).end()
        },
      })
      expect((await send(url)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, resource: 2 })
    })

    // Fault 47
    it('is replayed after a 401 without WWW-Authenticate', async () => {
      emulator.next('resource', { raw: (response) => response.writeHead(401).end() })
      expect((await send(url)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 2, resource: 2 })
    })

    // Fault 41
    it('is followed by another renewal when a fresh token is rejected once', async () => {
      const [refused, later] = [
        { status: 401, body: {} },
        { status: 503, body: {} },
      ]
      emulator.next('resource', [refused, later, refused])
      expect((await send(url)).status).to.equal(503)
      expect((await send(url)).status).to.equal(200)
      expect(emulator.counts).to.include({ token: 3, resource: 4 })
    })

    // Fault 41
    it('is followed by a renewal after the first rejection of a fresh token; the second opens the breaker', async () => {
      const opened: number[] = []
      const skipped: string[] = []
      tokens.on('breaker-opened', ({ retryAt }) => opened.push(retryAt))
      tokens.on('replay-skipped', ({ reason }) => skipped.push(reason))
      const [refused, later] = [
        { status: 401, body: {} },
        { status: 503, body: {} },
      ]
      emulator.next('resource', [refused, later, refused, later])
      await send(url)
      expect((await send(url)).status).to.equal(503)
      expect([emulator.counts.token, opened, skipped]).to.deep.equal([3, [], []])

      emulator.always('resource', refused)
      const before = Date.now()
      expect((await send(url)).status).to.equal(401)
      expect((await send(url)).status).to.equal(401)
      expect(emulator.counts).to.include({ token: 3, resource: 6 })
      expect(skipped).to.deep.equal(['breaker_open', 'breaker_open'])
      expect(opened).to.have.lengthOf(1)
      expect(opened[0]).to.be.within(before + 30 * second, Date.now() + 30 * second)
      expect(Number.isInteger(opened[0]), 'whole milliseconds').to.equal(true)
    })

    // Fault 41
    it('shares one renewal with all requests that are rejected with a fresh token; the breaker stays closed', async () => {
      const refused = { status: 401, body: {} }
      emulator.next('resource', [refused, { status: 503, body: {} }])
      await send(url)
      const gate = deferred()
      const held = Array.from({ length: 20 }, () => ({ ...refused, hold: gate.promise }))
      emulator.next('resource', held)
      const sent = Promise.all(held.map(() => send(url)))
      await emulator.arrived('resource', 22)
      gate.resolve()
      const answers = await sent
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
      expect(emulator.counts).to.include({ token: 3, resource: 42 })
    })

    // Fault 103
    it('of ten clients with one manager causes one renewal, and one more for a second manager', async () => {
      const { provider, credentials } = emulator
      const other = createTokenManager({ provider, grant: 'client_credentials', credentials })
      const clients = Array.from({ length: 10 }, () => bind(tokens))
      const apart = bind(other)
      await Promise.all([...clients, apart].map((each) => each(url)))
      emulator.revokeAll()
      emulator.clearLog()
      const answers = await Promise.all([...clients, apart].map((each) => each(url)))
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
      expect(emulator.counts).to.include({ token: 2, unauthorized: 11, resource: 22 })
    })

    // Fault 76
    it('leaks no secret when it is rejected, dropped or stalled, or when no token is obtained', async () => {
      const faults = [{ status: 401, body: { no: 1 } }, 'drop', { status: 500, body: 'x' }, { raw: junk }] as const
      for (const fault of faults) {
        emulator.next('resource', fault)
        await send(url).catch(() => undefined)
      }
      for (const fault of [
        { status: 400, body: '<p>' },
        { status: 200, patch: { access_token: '' } },
      ] as const) {
        await tokens.clear()
        emulator.next('token', fault)
        await send(url).catch(() => undefined)
      }
      expect(emulator.counts.resource).to.equal(5)
      expect(leakDetector().leaks).to.deep.equal([])
    })
  })
}

function junk(response: { socket: { end(text: string): void } | null }): void {
  response.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n')
}

describe('A body serialised by axios', () => {
  realNetwork()
  for (const adapter of ['http', 'fetch'] as const) {
    // Fault 54
    it(`is serialised once over ${adapter}, whichever interceptor sends the request again`, async () => {
      await using emulator = await startEmulator(oauth2Emulator())
      const { provider, credentials } = emulator
      const instance = axios.create({ adapter, baseURL: emulator.api })
      attachBearer(instance, { provider, grant: 'client_credentials', credentials })
      let again = 0
      instance.interceptors.response.use(undefined, (error: AxiosError) => {
        if (error.response?.status !== 503 || again > 0) throw error
        again += 1
        return instance.request(error.config ?? {})
      })
      const data = { text: 'Grüße "an" alle', list: [1, 2] }
      emulator.next('resource', [
        { status: 401, body: {} },
        { status: 503, body: {} },
      ])
      const response = await instance.post<unknown>('/echo', data)
      expect(response.status).to.equal(200)
      const bodies = emulator.log.filter(({ kind }) => kind === 'resource').map(({ body }) => body)
      expect(bodies).to.deep.equal(Array.from({ length: 3 }, () => JSON.stringify(data)))
    })
  }

  // Fault 54
  it('is the complete stream that was requested, after a 401 that validateStatus accepts', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { provider, credentials } = emulator
    const instance = axios.create({ baseURL: emulator.api, validateStatus: null, responseType: 'stream' })
    attachBearer(instance, { provider, grant: 'client_credentials', credentials })
    emulator.next('resource', { status: 401, body: { refused: 'x'.repeat(100_000) } })
    const { status, data } = await instance.get<AsyncIterable<Buffer>>('/echo')
    let length = 0
    for await (const chunk of data) length += chunk.length
    expect([status, length > 0]).to.deep.equal([200, true])
    expect(emulator.counts).to.include({ token: 2, resource: 2 })
  })
})

describe('A body that can be sent once', () => {
  realNetwork()
  // Fault 41, 49
  it('causes no renewal per request where the API rejects every token', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
    const wrapped = wrapFetch(fetch, tokens)
    emulator.always('resource', { status: 401, body: {} })
    for (let nth = 0; nth < 20; nth += 1) {
      const init = { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }
      expect((await wrapped(`${emulator.api}/echo`, init)).status).to.equal(401)
      // The token renewed in the background is used by the next request.
      await tokens.token()
    }
    expect(emulator.counts).to.include({ token: 3, resource: 20 })
  })
})

describe('A URL with http', () => {
  const make = (api: string, token: string, more = {}): TokenManager =>
    createTokenManager({
      provider: { ...plain, api, token: { ...plain.token, url: token } },
      grant: 'client_credentials',
      credentials: { clientId: secrets.clientId, clientSecret: secrets.clientSecret },
      ...more,
    })
  const safe = 'https://plain.example/x'

  // Fault 74
  it('throws at construction, for the API, a resource and the token endpoint', () => {
    expect(() => make('http://plain.example/api', safe)).to.throw(TypeError, /https/)
    expect(() => make(safe, 'http://plain.example/token')).to.throw(TypeError, /https/)
    expect(() => make(safe, safe, { resources: ['http://plain.example/api'] })).to.throw(TypeError, /https/)
    expect(() => wrapFetch(fetch, make(safe, safe), { resources: ['http://plain.example/x'] })).to.throw(TypeError)
  })

  // Fault 74
  it('is accepted for loopback, and with dangerouslyAllowInsecureHttp', () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) make(`http://${host}/api`, `http://${host}/token`)
    make('http://plain.example/api', 'http://plain.example/token', { dangerouslyAllowInsecureHttp: true })
  })
})

describe('A caller that waits for a failing renewal', () => {
  // Fault 88
  it('gets the same error: one token request for 500 callers, callers of the next tick, and a 401', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
    const rejected = await tokens.token()
    emulator.clearLog()
    emulator.always('token', { status: 400, body: { error: 'invalid_client' } })
    const first = Array.from({ length: 500 }, () => failureOf(tokens.renew(rejected)))
    const [error] = await Promise.all(first)
    const behind = Array.from({ length: 500 }, () => failureOf(tokens.token({ timeout: 5 * second })))
    const errors = await Promise.all([...first, ...behind, failureOf(tokens.renew(rejected))])
    expect(new Set(errors)).to.deep.equal(new Set([error]))
    expect(emulator.counts.token).to.equal(1)
  })
})
