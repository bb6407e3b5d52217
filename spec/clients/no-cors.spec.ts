// A platform that removes the header of the token, as browsers do without an error: from `no-cors` requests, and Cookie from all.
import axios from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { failureOf } from '../support/failure.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { staticTokens, type StaticTokens } from '../support/static-tokens.ts'

/** A class of requests that removes headers, as those of browsers do. */
function browserRequest(platform: typeof Request): typeof Request {
  return class extends platform {
    constructor(input: string | URL | Request, init?: RequestInit) {
      super(input, init)
      if (this.mode === 'no-cors') this.headers.delete('authorization')
      this.headers.delete('cookie')
    }
  }
}

describe("A request with mode: 'no-cors'", () => {
  realNetwork()
  let server: Loopback
  let platform: typeof Request
  before(async () => {
    // axios keeps the Request class that is global when its fetch adapter is first used.
    const instance = axios.create({ adapter: 'fetch' })
    await failureOf(instance.get('http://127.0.0.1:1'))
    attachBearer(instance, await staticTokens(), { resources: ['http://127.0.0.1:1'] })
    await failureOf(instance.get('http://127.0.0.1:1'))
  })
  beforeEach(async () => {
    platform = globalThis.Request
    server = await startLoopback((response) => response.writeHead(401).end())
  })
  afterEach(async () => {
    globalThis.Request = platform
    await server.close()
  })
  const sources = async (): Promise<StaticTokens> => staticTokens({ site: { resources: [server.url] } })
  const message = /mode: expected one that keeps Authorization \(or `tokenflight: false`/
  const calls: Readonly<Record<string, (tokens: StaticTokens, own?: object) => Promise<{ readonly status: number }>>> =
    {
      'fetch with a text': (tokens, own) => wrapFetch(undefined, tokens)(server.url, { mode: 'no-cors', ...own }),
      'fetch with a Request': (tokens, own) =>
        wrapFetch(undefined, tokens)(new globalThis.Request(server.url, { mode: 'no-cors' }), own),
      'axios over fetch': (tokens, own) => {
        const instance = axios.create({ adapter: 'fetch', validateStatus: null })
        attachBearer(instance, tokens)
        return instance.get(server.url, { fetchOptions: { mode: 'no-cors' }, ...own })
      },
    }

  for (const [name, call] of Object.entries(calls)) {
    // Fault 128
    it(`rejects with an error that names the mode where the platform removes the header: ${name}`, async () => {
      globalThis.Request = browserRequest(platform)
      const tokens = await sources()
      const error = await failureOf(call(tokens))
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.match(message)
      expect(server.received).to.deep.equal([])
      expect(tokens.renewals).to.equal(0)
    })

    // Fault 128
    it(`is sent without a token with tokenflight: false: ${name}`, async () => {
      globalThis.Request = browserRequest(platform)
      const tokens = await sources()
      expect((await call(tokens, { tokenflight: false })).status).to.equal(401)
      expect(server.received.map(({ headers }) => headers['authorization'])).to.deep.equal([undefined])
      expect(tokens.renewals).to.equal(0)
    })

    // Fault 128
    it(`has the token where the platform keeps the header: ${name}`, async () => {
      const tokens = await sources()
      await call(tokens)
      expect(server.received.map(({ headers }) => headers['authorization'])).to.deep.equal([
        'Bearer secret-1',
        'Bearer secret-2',
      ])
    })
  }

  // Fault 128
  it('has the token in the query', async () => {
    globalThis.Request = browserRequest(platform)
    const site = { resources: [server.url], placement: { query: 'key' } }
    await wrapFetch(undefined, await staticTokens({ site }))(server.url, { mode: 'no-cors' })
    expect(server.received.map(({ url }) => url)).to.deep.equal(['/?key=secret-1', '/?key=secret-2'])
  })

  // Fault 128
  it('is sent as usual by axios over http, which ignores the mode', async () => {
    globalThis.Request = browserRequest(platform)
    const instance = axios.create({ adapter: 'http', validateStatus: null })
    attachBearer(instance, await sources())
    await instance.get(server.url, { fetchOptions: { mode: 'no-cors' } })
    expect(server.received).to.have.length(2)
  })
})

describe('A token in a header that the platform removes', () => {
  const site = { resources: ['https://api.example'], placement: { header: 'Cookie', value: 'token={token}' } }
  const clients: Readonly<Record<string, (tokens: StaticTokens, own?: () => Promise<never>) => unknown>> = {
    fetch: (tokens, own) => wrapFetch(own, tokens),
    axios: (tokens, own) => attachBearer(axios.create(own && { adapter: own }), tokens),
  }
  let platform: typeof Request
  beforeEach(() => {
    platform = globalThis.Request
  })
  afterEach(() => {
    globalThis.Request = platform
  })

  for (const [name, client] of Object.entries(clients)) {
    // Fault 128
    it(`throws a TypeError at construction: ${name}`, async () => {
      const tokens = await staticTokens({ site })
      globalThis.Request = browserRequest(platform)
      expect(() => client(tokens)).to.throw(TypeError, /: placement: expected a header that this platform sends/)
    })

    // Fault 128
    it(`is accepted where the platform sends the header, and by a custom client: ${name}`, async () => {
      const tokens = await staticTokens({ site })
      client(tokens)
      globalThis.Request = browserRequest(platform)
      client(tokens, () => Promise.reject(new Error('not called')))
    })

    // Fault 128
    it(`is accepted on a platform without Request: ${name}`, async () => {
      const tokens = await staticTokens({ site })
      Reflect.deleteProperty(globalThis, 'Request')
      client(tokens)
    })
  }
})
