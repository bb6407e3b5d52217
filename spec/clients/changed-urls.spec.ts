// URLs that change after the call: both sendings go where the call said, and the token nowhere else.
import axios, { type AxiosInstance, type AxiosStatic, type InternalAxiosRequestConfig } from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { importOverFloor } from '../support/axios-floor.ts'
import { deferred } from '../support/deferred.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { staticTokens, type StaticTokens } from '../support/static-tokens.ts'

interface Client {
  readonly name: string
  /** Makes a call to `/v2/here?q=1`; the function changes its URL to another. */
  readonly call: (url: string, other: string, tokens: StaticTokens) => { sent: Promise<unknown>; change: () => void }
}

function changeUrl(url: URL, other: string): void {
  url.href = other
}

const FETCHES: readonly Client[] = [
  {
    name: 'fetch, given a URL object',
    call: (url, other, tokens) => {
      const given = new URL(url)
      return {
        sent: wrapFetch(undefined, tokens)(given),
        change: () => {
          changeUrl(given, other)
        },
      }
    },
  },
  {
    name: 'another fetch, given a URL object',
    call: (url, other, tokens) => {
      const given = new URL(url)
      const send: typeof fetch = (input, init) => fetch(input, init)
      return {
        sent: wrapFetch(send, tokens)(given, { method: 'POST', body: 'x' }),
        change: () => {
          changeUrl(given, other)
        },
      }
    },
  },
  {
    name: 'fetch, given an object whose text changes',
    call: (url, other, tokens) => {
      let text = url
      const given = { toString: () => text }
      return {
        sent: wrapFetch(undefined, tokens)(given as unknown as string),
        change: () => {
          text = other
        },
      }
    },
  },
]

const load = async (name: string): Promise<[AxiosStatic, typeof attachBearer]> =>
  name === 'axios'
    ? [axios, attachBearer]
    : [
        ((await import('axios-floor')) as unknown as { default: AxiosStatic }).default,
        ((await importOverFloor('clients/axios/attach-bearer.ts')) as { attachBearer: typeof attachBearer })
          .attachBearer,
      ]

/** The config of the next request, as an interceptor sees it. */
function spied(instance: AxiosInstance): () => InternalAxiosRequestConfig {
  let seen: InternalAxiosRequestConfig | undefined
  instance.interceptors.request.use(
    (config) => {
      seen = config
      return config
    },
    null,
    { synchronous: true },
  )
  return () => {
    if (!seen) throw new Error('no request')
    return seen
  }
}

describe('A URL that changes after the call', () => {
  realNetwork()
  let server: Loopback
  let stranger: Loopback
  beforeEach(async () => {
    stranger = await startLoopback((response) => response.end('{}'))
    server = await startLoopback((response, { headers }) =>
      response.writeHead(headers['authorization'] === 'Bearer secret-1' ? 401 : 200).end('{}'),
    )
  })
  afterEach(async () => {
    await server.close()
    await stranger.close()
  })

  const check = async (call: Client['call'], waiting: boolean): Promise<void> => {
    const gate = deferred()
    const site = { resources: [`${server.url}/v2`] }
    const tokens = await staticTokens({ site, ...(waiting && { until: gate.promise }) })
    for (const other of [`${stranger.url}/v2/there`, `${server.url}/v1`]) {
      const from = server.received.length
      const { sent, change } = call(`${server.url}/v2/here?q=1`, other, tokens)
      change()
      gate.resolve()
      await sent
      const urls = server.received.slice(from).map(({ url }) => url)
      expect([...new Set(urls)], 'where requests went').to.deep.equal(['/v2/here?q=1'])
    }
    expect(server.received).to.have.length(3)
    expect(tokens.renewals).to.equal(1)
    expect(stranger.received).to.deep.equal([])
  }

  for (const { name, call } of FETCHES)
    for (const waiting of [false, true]) {
      // Fault 131
      it(`does not change the requests of ${name}, ${waiting ? 'during a wait and ' : ''}before a replay`, () =>
        check(call, waiting))
    }

  for (const name of ['axios', 'the oldest axios'])
    for (const adapter of ['http', 'fetch'])
      for (const [what, change] of Object.entries({
        url: (config, other) => (config.url = other),
        baseURL: (config, other) => (config.baseURL = other),
        params: (config) => {
          if (config.params instanceof URLSearchParams) config.params.set('q', '2')
          config.url = config.baseURL = 'http://127.0.0.1:1'
        },
      } satisfies Record<string, (config: InternalAxiosRequestConfig, other: string) => unknown>))
        for (const waiting of [false, true]) {
          // Fault 131
          it(`does not change the requests of ${name} over ${adapter}: ${what}, ${waiting ? 'during a wait and ' : ''}before a replay`, async () => {
            const [library, attach] = await load(name)
            await check((url, other, tokens) => {
              const { origin, pathname, searchParams } = new URL(url)
              const instance = library.create({ adapter, baseURL: origin })
              const config = spied(instance)
              attach(instance, tokens)
              const sent = instance.get(pathname, { params: new URLSearchParams(searchParams) })
              return {
                sent,
                change: () => {
                  change(config(), other)
                },
              }
            }, waiting)
          })
        }

  for (const waiting of [false, true]) {
    // Fault 131
    it(`does not change the requests of axios with a URL object, ${waiting ? 'during a wait and ' : ''}before a replay`, () =>
      check((url, other, tokens) => {
        const given = new URL(url)
        const instance = axios.create({ adapter: 'http' })
        attachBearer(instance, tokens)
        return {
          sent: instance.get(given as unknown as string),
          change: () => {
            changeUrl(given, other)
          },
        }
      }, waiting))
  }

  // Fault 131
  it('does not change the requests of fetch when the base of a relative URL changes', async () => {
    const page = { href: `${server.url}/v2/page` }
    Object.defineProperty(globalThis, 'location', { value: page, configurable: true, writable: true })
    try {
      const gate = deferred()
      const tokens = await staticTokens({ site: { resources: [`${server.url}/v2`] }, until: gate.promise })
      const call = wrapFetch(undefined, tokens)('here')
      page.href = `${server.url}/v1/page`
      gate.resolve()
      await call
    } finally {
      Reflect.deleteProperty(globalThis, 'location')
    }
    expect(server.received.map(({ url }) => url)).to.deep.equal(['/v2/here', '/v2/here'])
  })
})
