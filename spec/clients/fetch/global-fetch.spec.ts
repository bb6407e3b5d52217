// The global `fetch`, which wrappers, mocks and instrumentations replace at any time.
import { expect } from 'chai'
import { wrapFetch } from '../../../lib/fetch.ts'
import { createTokenManager } from '../../../lib/index.ts'
import { type Emulator, startEmulator, telstraEmulator, type TelstraSystem } from '../../../lib/testing.ts'
import { type Loopback, startLoopback } from '../../support/loopback.ts'
import { realNetwork } from '../../support/real-network.ts'
import { staticTokens } from '../../support/static-tokens.ts'

type Fetch = typeof globalThis.fetch

describe('The global fetch', () => {
  realNetwork()
  let platform: Fetch
  let server: Loopback
  beforeEach(async () => {
    platform = globalThis.fetch
    server = await startLoopback((response) => response.end('{}'))
  })
  afterEach(async () => {
    globalThis.fetch = platform
    await server.close()
  })

  const sent = (): unknown[] => server.received.map(({ url, headers }) => [url, headers['authorization']])
  const wrapGlobal = async (path: string): Promise<void> => {
    globalThis.fetch = wrapFetch(undefined, await staticTokens({ site: { resources: [`${server.url}${path}`] } }))
  }

  // Fault 137
  it('may be replaced by a wrapped fetch without recursion', async () => {
    await wrapGlobal('/a')
    await fetch(`${server.url}/a`)
    await fetch(`${server.url}/b`)
    expect(sent()).to.deep.equal([
      ['/a', 'Bearer secret-1'],
      ['/b', undefined],
    ])
  })

  // Fault 137
  it('may be replaced by two wrapped fetches, one around the other', async () => {
    await wrapGlobal('/a')
    await wrapGlobal('/b')
    for (const path of ['/a', '/b', '/c']) await fetch(server.url + path)
    expect(sent()).to.deep.equal([
      ['/a', 'Bearer secret-1'],
      ['/b', 'Bearer secret-1'],
      ['/c', undefined],
    ])
  })

  const INSTRUMENTATIONS: Readonly<Record<string, (next: Fetch) => Fetch>> = {
    'a function': (next) => (input, init) => next(input, init),
    'a proxy': (next) => new Proxy(next, { apply: (target, _, args: Parameters<Fetch>) => target(...args) }),
    'an async function': (next) => async (input, init) => {
      await Promise.resolve()
      return next(input, init)
    },
  }
  const CALLS: Readonly<Record<string, (url: string) => Parameters<Fetch>>> = {
    'a text and an init': (url) => [url, { method: 'PUT' }],
    'a Request': (url) => [new Request(url)],
  }
  for (const [name, instrument] of Object.entries(INSTRUMENTATIONS))
    for (const [given, make] of Object.entries(CALLS)) {
      // Fault 137
      it(`may be instrumented around a wrapped fetch: ${name}, called with ${given}`, async () => {
        await wrapGlobal('/a')
        let calls = 0
        const instrumented = instrument(globalThis.fetch)
        globalThis.fetch = (...args) => {
          calls += 1
          return instrumented(...args)
        }
        for (const path of ['/a', '/b']) await fetch(...make(server.url + path))
        expect(sent()).to.deep.equal([
          ['/a', 'Bearer secret-1'],
          ['/b', undefined],
        ])
        expect(calls).to.be.within(2, 4)
      })
    }

  describe('replaced by a mock after a client was created', () => {
    let emulator: Emulator<TelstraSystem>
    let seen: string[]
    const mock: Fetch = (input, init) => {
      seen.push(input instanceof Request ? input.url : String(input))
      return platform(input, init)
    }
    beforeEach(async () => {
      emulator = await startEmulator(telstraEmulator())
      seen = []
    })
    afterEach(() => emulator.close())

    // Fault 137
    it('gets every token request, and the requests of a wrapped global fetch', async () => {
      const { provider, credentials, api } = emulator
      const options = { provider, credentials }
      const tokens = createTokenManager(options)
      const wrapped = wrapFetch(undefined, options)
      globalThis.fetch = mock
      await tokens.token()
      await wrapped(`${api}/messages/sms`)
      expect(seen.filter((url) => url.endsWith('/oauth/token')))
        .to.have.length(emulator.counts.token)
        .and.length(2)
      expect(seen).to.include(`${api}/messages/sms`)
    })

    // Fault 137
    it('gets the token requests of a manager while the global fetch was a wrapped fetch', async () => {
      const { provider, credentials, api } = emulator
      const tokens = createTokenManager({ provider, credentials })
      globalThis.fetch = wrapFetch(undefined, tokens, { resources: [api] })
      expect((await fetch(`${api}/messages/sms`)).status).to.equal(200)
      globalThis.fetch = mock
      await tokens.renew(await tokens.token())
      expect(seen).to.have.length(1)
      expect(emulator.counts.token).to.equal(2)
    })
  })

  // Fault 145
  for (const headers of [undefined, { 'x-a': '1' }])
    it(`may be an async function that changes the headers it gets, ${headers ? 'with' : 'without'} headers of the caller`, async () => {
      const tokens = await staticTokens({ site: { resources: [server.url] } })
      const wrapped = wrapFetch(undefined, tokens)
      globalThis.fetch = async (input, init) => {
        await new Promise(setImmediate)
        const given = init?.headers as Headers | Record<string, string>
        const id = new URL(input as string).pathname
        if (given instanceof Headers) given.append('x-id', id)
        else given['x-id'] = id
        await new Promise(setImmediate)
        return platform(input, init)
      }
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => wrapped(`${server.url}/${String(index)}`, headers && { headers })),
      )
      expect(server.received).to.have.length(50)
      for (const { url, headers: got } of server.received) expect(got['x-id']).to.equal(url)
      for (const { headers: got } of server.received) expect(got['authorization']).to.equal('Bearer secret-1')
    })

  // Fault 145
  it('may change the init that it gets: a replay uses that of the caller', async () => {
    const tokens = await staticTokens({ site: { resources: [server.url] } })
    const seen: object[] = []
    const wrapped = wrapFetch((_, init) => {
      seen.push({ ...init, headers: [...(init?.headers as [string, string][])] })
      ;(init?.headers as [string, string][]).push(['x-id', '1'])
      Object.assign(init ?? {}, { method: 'DELETE', body: 'other' })
      return Promise.resolve(new Response(null, { status: seen.length === 1 ? 401 : 200 }))
    }, tokens)
    await wrapped(server.url, { method: 'PUT', body: 'x', headers: [['x-a', '1']] })
    const init = { method: 'PUT', body: 'x' }
    expect(seen).to.deep.equal([
      {
        ...init,
        headers: [
          ['x-a', '1'],
          ['Authorization', 'Bearer secret-1'],
        ],
      },
      {
        ...init,
        headers: [
          ['x-a', '1'],
          ['Authorization', 'Bearer secret-2'],
        ],
      },
    ])
  })
})
