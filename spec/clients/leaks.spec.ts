// Where a token must not go, through each binding: issue after issue tells of an origin that looked like the right one.
import axios, { type AxiosAdapter, type AxiosStatic } from 'axios'
import { expect } from 'chai'
import { type attachBearer as Attach, attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { importOverFloor } from '../support/axios-floor.ts'
import { failureOf } from '../support/failure.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { staticTokens, type StaticTokens } from '../support/static-tokens.ts'
import { OUTSIDE_API, API, WITHIN_API } from './urls.ts'

interface Client {
  readonly name: string
  /** The token of the request to a URL; undefined without one. */
  readonly carried: (url: string, tokens: StaticTokens) => Promise<string | undefined>
}

function recorder(): { adapter: AxiosAdapter; seen: () => string | undefined } {
  let seen: string | undefined
  return {
    seen: () => seen,
    adapter: (config) => {
      seen = config.headers.get('Authorization')?.toString()
      return Promise.resolve({ data: '', status: 200, statusText: 'OK', headers: {}, config })
    },
  }
}

function axiosClient(name: string, load: () => Promise<{ axios: AxiosStatic; attach: typeof Attach }>): Client {
  return {
    name,
    carried: async (url, tokens) => {
      const { axios: library, attach } = await load()
      const { adapter, seen } = recorder()
      const instance = library.create({ adapter })
      attach(instance, tokens, { resources: [API] })
      await instance.get(url)
      return seen()
    },
  }
}

const floor = async (): Promise<{ axios: AxiosStatic; attach: typeof Attach }> => ({
  axios: ((await import('axios-floor')) as unknown as { default: AxiosStatic }).default,
  attach: ((await importOverFloor('clients/axios/attach-bearer.ts')) as { attachBearer: typeof Attach }).attachBearer,
})

const CLIENTS: readonly Client[] = [
  axiosClient('axios', () => Promise.resolve({ axios, attach: attachBearer })),
  axiosClient('the oldest axios', floor),
  {
    name: 'fetch given a text',
    carried: async (url, tokens) => {
      let seen: string | undefined
      const record: typeof fetch = (_, init) => {
        seen = new Headers(init?.headers).get('authorization') ?? undefined
        return Promise.resolve(new Response())
      }
      await wrapFetch(record, tokens, { resources: [API] })(url)
      return seen
    },
  },
]

describe('A token', () => {
  for (const { name, carried } of CLIENTS) {
    describe(`of ${name}`, () => {
      for (const url of WITHIN_API) {
        it(`is sent to ${JSON.stringify(url)}`, async () => {
          expect(await carried(url, await staticTokens())).to.equal('Bearer secret-1')
        })
      }
      for (const url of OUTSIDE_API) {
        // Fault 73
        it(`is not sent to ${JSON.stringify(url)}`, async () => {
          expect(await carried(url, await staticTokens())).to.equal(undefined)
        })
      }
    })
  }

  describe('of axios with a base URL', () => {
    for (const [url, baseURL, allowAbsoluteUrls, travels] of [
      ['messages', API, undefined, true],
      ['/messages', `${API}/`, undefined, true],
      ['', API, undefined, true],
      [undefined, API, undefined, true],
      ['?page=2', API, undefined, true],
      ['../v1', API, undefined, false],
      ['/\\evil.test', API, undefined, true],
      ['\t//evil.test', API, undefined, true],
      ['@evil.test', 'https://api.example.com', undefined, false],
      ['.evil.test', 'https://api.example.com', undefined, false],
      ['https://evil.test/', API, undefined, false],
      ['https://evil.test/', API, true, false],
      ['//evil.test/', API, undefined, false],
      ['https://api.example.com/v2/x', 'https://evil.test', undefined, true],
      // Not every adapter keeps it below the base.
      ['https://evil.test/', API, false, false],
      ['//api.example.com/v2', API, false, false],
      ['messages', 'https://evil.test/https://api.example.com/v2', undefined, false],
      ['api.example.com/v2', 'https://evil.test@', undefined, false],
      ['messages', '/v2', undefined, false],
      ['messages', '', undefined, false],
    ] as const) {
      const asked = JSON.stringify([baseURL, url, allowAbsoluteUrls])
      it(`${travels ? 'is sent' : 'is not sent'} with ${asked}`, async () => {
        const { adapter, seen } = recorder()
        const instance = axios.create({ adapter, baseURL })
        attachBearer(instance, await staticTokens(), { resources: [API] })
        await instance.request({
          ...(url !== undefined && { url }),
          ...(allowAbsoluteUrls !== undefined && { allowAbsoluteUrls }),
        })
        expect(seen()).to.equal(travels ? 'Bearer secret-1' : undefined)
      })
    }
  })

  it('of fetch depends on the URL at the time of the call', async () => {
    const gate = Promise.resolve()
    let sentTo = ''
    const record: typeof fetch = (input) => {
      sentTo = input as string
      return Promise.resolve(new Response())
    }
    const wrapped = wrapFetch(record, await staticTokens({ until: gate }), { resources: [API] })
    const url = new URL(`${API}/x`)
    const call = wrapped(url)
    url.host = 'evil.test'
    await call
    expect(sentTo).to.equal(`${API}/x`)
  })
})

describe('A redirect', () => {
  realNetwork()
  let stranger: Loopback
  let api: Loopback
  let location: (nth: number) => string
  beforeEach(async () => {
    stranger = await startLoopback((response, _, nth) => {
      const back = nth === 1 && location(2)
      if (back) response.writeHead(302, { location: back }).end()
      else response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('no')
    })
    api = await startLoopback((response, { url }, nth) => {
      if (nth === 1) response.writeHead(302, { location: location(1) }).end()
      else response.writeHead(url.startsWith('/v2') ? 200 : 401).end('yes')
    })
    location = () => ''
  })
  afterEach(async () => {
    await Promise.all([api.close(), stranger.close()])
  })

  const BINDINGS: (readonly [name: string, get: (url: string, tokens: StaticTokens) => Promise<number>])[] = [
    ['fetch', async (url, tokens) => (await wrapFetch(fetch, tokens)(url)).status],
    ['fetch with a Request', async (url, tokens) => (await wrapFetch(fetch, tokens)(new Request(url))).status],
    ...(['http', 'fetch'] as const).map(
      (adapter) =>
        [
          `axios with the ${adapter} adapter`,
          async (url: string, tokens: StaticTokens) => {
            const instance = axios.create({ adapter, validateStatus: null })
            attachBearer(instance, tokens)
            return (await instance.get<unknown>(url)).status
          },
        ] as const,
    ),
    [
      'the oldest axios',
      async (url, tokens) => {
        const { axios: library, attach } = await floor()
        const instance = library.create({ validateStatus: null })
        attach(instance, tokens)
        return (await instance.get<unknown>(url)).status
      },
    ],
  ]

  for (const [name, get] of BINDINGS) {
    describe(`of ${name}`, () => {
      const site = (): { resources: string[] } => ({ resources: [`${api.url}/v2`] })
      const tokensAt = (server: Loopback): (string | string[] | undefined)[] =>
        server.received.map(({ headers }) => headers['authorization'])

      for (const [what, elsewhere] of [
        ['another port', () => `${stranger.url}/v2/x`],
        ['another host', () => `${stranger.url.replace('127.0.0.1', 'localhost')}/v2/x`],
        ['a URL without a scheme', () => `${stranger.url.replace('http:', '')}/v2/x`],
        ['upper case', () => `${stranger.url.replace('http', 'HTTP')}/v2/x`],
      ] as const) {
        // Fault 72
        it(`to ${what} removes the token; the 401 of the other server causes no renewal`, async () => {
          const tokens = await staticTokens({ site: site() })
          location = (nth) => (nth === 1 ? elsewhere() : '')
          expect(await get(`${api.url}/v2/x`, tokens)).to.equal(401)
          expect(tokensAt(api)).to.deep.equal(['Bearer secret-1'])
          expect(tokensAt(stranger)).to.deep.equal([undefined])
          expect(tokens.renewals).to.equal(0)
        })
      }

      it('from another server back to the API does not add the token again', async () => {
        const tokens = await staticTokens({ site: site() })
        location = (nth) => (nth === 1 ? `${stranger.url}/v2/x` : `${api.url}/v2/admin`)
        await get(`${api.url}/v2/x`, tokens)
        expect(tokensAt(stranger)).to.deep.equal([undefined])
        expect(tokensAt(api)).to.deep.equal(['Bearer secret-1', undefined])
      })

      it('within the allowed URLs keeps the token', async () => {
        const tokens = await staticTokens({ site: site() })
        location = () => '/v2/other'
        expect(await get(`${api.url}/v2/x`, tokens)).to.equal(200)
        expect(tokensAt(api)).to.deep.equal(['Bearer secret-1', 'Bearer secret-1'])
      })

      it('outside the allowed URLs on the same origin causes no renewal', async () => {
        const tokens = await staticTokens({ site: site() })
        location = () => '/v3/other'
        expect(await get(`${api.url}/v2/x`, tokens)).to.equal(401)
        expect(tokens.renewals).to.equal(0)
      })

      it('removes a token in another header than Authorization', async () => {
        const placement = { header: 'X-Auth-Token', value: '{token}' }
        const tokens = await staticTokens({ site: { ...site(), placement } })
        location = () => `${stranger.url}/v2/x`
        await get(`${api.url}/v2/x`, tokens).catch(() => undefined)
        expect(api.received[0]?.headers['x-auth-token']).to.equal('secret-1')
        expect(stranger.received.map(({ headers }) => headers['x-auth-token']).filter(Boolean)).to.deep.equal([])
      })
    })
  }

  it("passes no token to the caller's beforeRedirect hook, and follows the changes of the hook", async () => {
    const tokens = await staticTokens({ site: { resources: [api.url] } })
    const instance = axios.create()
    attachBearer(instance, tokens)
    location = (nth) => (nth === 1 ? '/v2/other' : '')
    const seen: string[] = []
    await instance.get(`${api.url}/v2/x`, {
      validateStatus: null,
      beforeRedirect: (options, ...rest: unknown[]) => {
        seen.push(JSON.stringify([options, rest], (key, value: unknown) => (/agent|protocols/i.test(key) ? '' : value)))
        Object.assign(options, { port: new URL(stranger.url).port })
      },
    })
    expect(seen.join()).to.contain('/v2/other').and.not.to.contain('secret-1')
    expect(stranger.received.map(({ headers }) => headers['authorization'])).to.deep.equal([undefined])
  })

  it('of fetch with a token in another header rejects as with `redirect: "error"`', async () => {
    const placement = { header: 'X-Auth-Token', value: '{token}' }
    const tokens = await staticTokens({ site: { resources: [api.url], placement } })
    location = () => '/v2/other'
    expect(await failureOf(wrapFetch(fetch, tokens)(`${api.url}/v2/x`))).to.be.instanceOf(TypeError)
    const manual = await wrapFetch(fetch, tokens)(`${api.url}/v2/y`, { redirect: 'manual' })
    expect(manual.status).to.equal(200)
  })
})
