// An attached instance beside a bare one: only the Authorization header may differ.
import { Agent } from 'node:http'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import axios, {
  type AxiosAdapter,
  type AxiosError,
  AxiosHeaders,
  type AxiosInstance,
  type AxiosProgressEvent,
  type AxiosRequestConfig,
  type AxiosResponse,
  type AxiosStatic,
  type CreateAxiosDefaults,
  type InternalAxiosRequestConfig,
  isAxiosError,
  isCancel,
} from 'axios'
import oldest from 'axios-floor'
import axiosRetry from 'axios-retry'
import { expect } from 'chai'
import FormPackage from 'form-data'
import { attachBearer } from '../../../lib/axios.ts'
import { importOverFloor } from '../../support/axios-floor.ts'
import { deferred } from '../../support/deferred.ts'
import { failureOf } from '../../support/failure.ts'
import { type Loopback, type Received, startLoopback } from '../../support/loopback.ts'
import { realNetwork } from '../../support/real-network.ts'
import { staticTokens, type StaticTokens, type StaticTokensOptions } from '../../support/static-tokens.ts'

interface Library {
  readonly name: string
  readonly adapter: 'http' | 'fetch'
  readonly load: () => Promise<{ library: AxiosStatic; attach: typeof attachBearer }>
}

const newest: Library['load'] = () => Promise.resolve({ library: axios, attach: attachBearer })
const floor: Library['load'] = async () => ({
  library: ((await import('axios-floor')) as unknown as { default: AxiosStatic }).default,
  attach: ((await importOverFloor('clients/axios/attach-bearer.ts')) as { attachBearer: typeof attachBearer })
    .attachBearer,
})

const LIBRARIES: readonly Library[] = [
  { name: 'axios, http', adapter: 'http', load: newest },
  { name: 'axios, fetch', adapter: 'fetch', load: newest },
  { name: 'the oldest axios, http', adapter: 'http', load: floor },
  { name: 'the oldest axios, fetch', adapter: 'fetch', load: floor },
]

const object = { to: '+61412345678', body: 'Grüße' }
const fields = (): FormData => {
  const form = new FormData()
  form.append('to', object.to)
  form.append('file', new Blob([object.body], { type: 'text/plain' }), 'x.txt')
  return form
}
const packed = (part: unknown = Buffer.from(object.body)): FormPackage => {
  const form = new FormPackage()
  form.append('to', object.to)
  form.append('file', part, 'x.txt')
  return form
}

/** Bodies that can be sent twice, and the adapters that take them. */
const BODIES: readonly [name: string, make: () => unknown, only?: 'http' | 'fetch'][] = [
  ['nothing', () => undefined],
  ['text', () => 'a=b'],
  ['an object', () => object],
  ['a list', () => [object]],
  ['a URLSearchParams', () => new URLSearchParams({ a: '1' })],
  ['a Buffer', () => Buffer.from(object.body), 'http'],
  ['an ArrayBuffer', () => new TextEncoder().encode(object.body).buffer],
  ['a typed array', () => new TextEncoder().encode(object.body)],
  ['a Blob', () => new Blob([object.body], { type: 'text/x' })],
  ['a File', () => new File([object.body], 'x.txt', { type: 'text/x' })],
  ['a FormData', fields],
  ['a form of the form-data package', () => packed(), 'http'],
]

const CONFIGS: readonly [name: string, make: () => AxiosRequestConfig][] = [
  ['no config', () => ({})],
  ['params', () => ({ params: { a: [1, 2], b: 'ü' }, paramsSerializer: { serialize: () => 'c=d' } })],
  ['headers', () => ({ headers: { 'X-Odd-CASE': '1', Accept: 'text/plain', 'User-Agent': 'me' } })],
  ['a header that is false', () => ({ headers: { 'User-Agent': false, 'Accept-Encoding': false } })],
  ['an Authorization left undefined', () => ({ headers: { authorization: undefined as never } })],
  ['responseType: text', () => ({ responseType: 'text' })],
  ['responseType: arraybuffer', () => ({ responseType: 'arraybuffer' })],
  ['responseType: json', () => ({ responseType: 'json' })],
  ['every status welcome', () => ({ validateStatus: () => true })],
  ['no validateStatus', () => ({ validateStatus: null })],
  ['401 welcome', () => ({ validateStatus: (status: number) => status === 401 || status < 300 })],
  ['maxRedirects: 0', () => ({ maxRedirects: 0 })],
  ['a timeout', () => ({ timeout: 5_000 })],
  ['progress', () => ({ onUploadProgress: () => undefined, onDownloadProgress: () => undefined })],
  ['a fragment', () => ({ url: '/x#y' })],
  ['absolute URLs forbidden', () => ({ url: '/x', allowAbsoluteUrls: false })],
  [
    'transformers',
    () => ({
      transformRequest: [(data: unknown, headers) => (headers.set('X-T', '1'), JSON.stringify(data))],
      transformResponse: [(data: unknown) => ({ data })],
    }),
  ],
  ['a redirect', () => ({ url: '/redirect' })],
  ['a status of 404', () => ({ url: '/404' })],
  ['a status of 500', () => ({ url: '/500' })],
  ['a server that hangs up', () => ({ url: '/drop' })],
  ['an answer that is too long', () => ({ maxContentLength: 2 })],
  ['a body that is too long', () => ({ data: 'long enough', maxBodyLength: 2, method: 'POST' })],
  ['an adapter that is not there', () => ({ adapter: 'nothing' })],
  ['a header value that is none', () => ({ headers: { 'x-a': 'a\0b' } })],
  ['a user in the URL', () => ({ baseURL: '' })],
]

/** The request without its token. */
function bared(request: Received | undefined): object {
  const headers = Object.entries(request?.headers ?? {}).filter(([name]) => name !== 'authorization')
  return { ...request, headers: Object.fromEntries(headers) }
}

function kindOf(value: object): string {
  return (Object.getPrototypeOf(value) as object | null)?.constructor.name ?? 'null'
}

/** All text of a value, without the parts that differ from call to call. */
function shown(value: unknown, depth = 0): unknown {
  if (typeof value === 'string')
    return value
      .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
      .replaceAll(/(?:-*formdata-undici-|axios-[\d.-]+-boundary-|-{20,})[\w-]+/g, 'BOUNDARY')
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value !== 'object' || value === null) return value
  if (depth > 6 || value instanceof Readable || /Socket|ClientRequest|Request|Agent|AbortSignal/.test(kindOf(value)))
    return kindOf(value)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob || value instanceof FormData)
    return Object.prototype.toString.call(value)
  return [
    kindOf(value),
    ...Object.entries(value).map(([key, each]) => [
      key,
      /^(?:duration|date|cause|stack|authorization|_\w+)$/i.test(key) ? '' : shown(each, depth + 1),
    ]),
  ]
}

for (const { name: libraryName, adapter, load } of LIBRARIES) {
  describe(`An attached instance of ${libraryName} compared with a plain one`, () => {
    realNetwork()
    let server: Loopback
    let refuse: (request: Received) => boolean
    let library: AxiosStatic
    let attach: typeof attachBearer
    before(async () => {
      ;({ library, attach } = await load())
    })
    beforeEach(async () => {
      refuse = () => false
      server = await startLoopback((response, request) => {
        const status = Number(/\d{3}$/.exec(request.url)?.[0] ?? 200)
        if (request.url.endsWith('/redirect')) response.writeHead(302, { location: '/v2/landed' }).end()
        else if (request.url.endsWith('/drop')) response.destroy()
        else if (refuse(request))
          response.writeHead(401, { 'content-type': 'application/json' }).end('{"refused":true}')
        else response.writeHead(status, { 'content-type': 'application/json' }).end('{"welcome":true}')
      })
    })
    afterEach(() => server.close())

    const bare = (config: CreateAxiosDefaults = {}): AxiosInstance =>
      library.create({ baseURL: `${server.url}/v2`, adapter, ...config })
    const attached = async (
      options: StaticTokensOptions = {},
      config: CreateAxiosDefaults = {},
    ): Promise<{ instance: AxiosInstance; tokens: StaticTokens; detach: () => void }> => {
      const instance = bare(config)
      const tokens = await staticTokens({ site: { resources: [`${server.url}/v2`] }, ...options })
      return { instance, tokens, detach: attach(instance, tokens).detach }
    }
    const refuseFirst = (): void => {
      refuse = ({ headers }) => headers['authorization'] === 'Bearer secret-1'
    }
    const arrived = (): object[] => server.received.map((request) => shown(bared(request)) as object)

    /** All that a call lets be seen. */
    const outcome = async (call: Promise<AxiosResponse>): Promise<unknown> => {
      const facts = (response: AxiosResponse): unknown => [
        Object.keys(response),
        Object.keys(response.config),
        response.status,
        shown(response.data),
        shown(response.headers),
        shown(response.config),
        (response.request as object | undefined)?.constructor.name,
      ]
      try {
        return facts(await call)
      } catch (thrown) {
        const error = thrown as AxiosError
        return [
          Object.keys(error),
          [error.name, shown(error.message), error.code, error.status, error.constructor.name, isAxiosError(error)],
          [library.AxiosError, library.CanceledError].map((known) => error instanceof known),
          (error.stack ?? '')
            .split('\n')
            .filter((line) => !/node_modules|node:internal|lib\/(bindings|request)|^Caused/.test(line))
            .map((line) => shown(line.replace(/:\d+:\d+/, '')))
            .slice(0, 1),
          isAxiosError(error) && shown(error.toJSON()),
          error.config && [Object.keys(error.config), shown(error.config)],
          error.response && facts(error.response),
          error.response && error.response.config === error.config,
        ]
      }
    }

    for (const [name, make] of CONFIGS) {
      for (const waiting of [false, true]) {
        it(`gives the same result, ${waiting ? 'after a wait, ' : ''}with ${name}`, async () => {
          const { instance } = await attached(waiting ? { until: Promise.resolve() } : {})
          const config = (): AxiosRequestConfig => {
            const made: AxiosRequestConfig = { url: '/x', ...make() }
            return made.baseURL === '' ? { url: server.url.replace('//', '//me:secret@') } : made
          }
          const theirs = await outcome(bare().request(config()))
          const ours = await outcome(instance.request(config()))
          expect(ours).to.deep.equal(theirs)
          const sent = arrived()
          const half = sent.length / 2
          expect(sent.slice(half)).to.deep.equal(sent.slice(0, half))
          expect(JSON.stringify(ours)).to.not.contain('secret-1')
        })
      }
    }

    for (const [name, make, only] of BODIES.filter(([, , only]) => only === undefined || only === adapter)) {
      it(`sends ${name} identically, and gives the same result`, async () => {
        expect(only ?? adapter).to.equal(adapter)
        const { instance } = await attached()
        const theirs = await outcome(bare().put('/x', make()))
        const ours = await outcome(instance.put('/x', make()))
        expect(ours).to.deep.equal(theirs)
        const [first, second] = arrived()
        expect(second).to.deep.equal(first)
      })

      it(`replays ${name} byte for byte, with the same headers`, async () => {
        const { instance, tokens } = await attached()
        refuseFirst()
        const { status } = await instance.put('/x', make(), { headers: { 'Idempotency-Key': '7' } })
        expect(status).to.equal(200)
        expect(tokens.renewals).to.equal(1)
        const [first, second] = server.received
        const alike = (request: Received | undefined): unknown =>
          adapter === 'fetch' && name === 'a FormData' ? shown(bared(request)) : bared(request)
        expect(alike(second)).to.deep.equal(alike(first))
        expect(second?.headers['authorization']).to.equal('Bearer secret-2')
      })
    }

    it('returns a second 401 as a plain instance returns a 401', async () => {
      refuse = () => true
      const { instance } = await attached()
      for (const config of [{}, { validateStatus: null }, { responseType: 'arraybuffer' as const }]) {
        const theirs = await outcome(bare().post('/x', object, config))
        expect(await outcome(instance.post('/x', object, config))).to.deep.equal(theirs)
      }
    })

    it('returns the result of a replay as a plain instance returns a first response', async () => {
      const { instance } = await attached()
      const theirs = await outcome(bare().post('/x', object))
      refuseFirst()
      expect(await outcome(instance.post('/x', object))).to.deep.equal(theirs)
    })

    it('does not send a stream twice: the 401 is returned, and the next request has a new token', async () => {
      for (const make of [() => Readable.from(['a', 'b']), () => packed(Readable.from(['c']))].slice(
        0,
        adapter === 'http' ? 2 : 1,
      )) {
        const { instance, tokens } = await attached()
        refuseFirst()
        const error = (await failureOf(
          instance.post('/x', make(), { headers: { 'content-type': 'x/y' } }),
        )) as AxiosError
        expect(error.response?.status).to.equal(401)
        expect(error.response?.data).to.deep.equal({ refused: true })
        expect(tokens.renewals).to.equal(1)
        expect((await instance.get('/x')).status).to.equal(200)
      }
    })

    it('reports upload progress once for a request and its replay', async () => {
      const { instance } = await attached()
      refuseFirst()
      const loaded: number[] = []
      const onUploadProgress = ({ loaded: so }: AxiosProgressEvent): number => loaded.push(so)
      await instance.post('/x', 'x'.repeat(200_000), { onUploadProgress })
      expect(server.received).to.have.length(2)
      expect(loaded).to.deep.equal([...new Set(loaded)].sort((a, b) => a - b))
      expect(loaded.at(-1)).to.equal(200_000)
    })

    it('adds no token where the caller sets Authorization, auth or tokenflight: false', async () => {
      const { instance } = await attached({ until: new Promise(() => undefined) })
      for (const [config, sent] of [
        [{ headers: { Authorization: 'Basic a' } }, 'Basic a'],
        [{ headers: { aUTHORIZATION: 'Basic b' } }, 'Basic b'],
        [{ headers: { authorization: false } }, undefined],
        [{ headers: { Authorization: null } }, undefined],
        [{ headers: { Authorization: '' } }, ''],
        [{ auth: { username: 'c', password: 'd' } }, `Basic ${btoa('c:d')}`],
        ...(adapter === 'fetch' && library.VERSION === oldest.VERSION
          ? []
          : [[{ url: server.url.replace('//', '//e:f@') }, `Basic ${btoa('e:f')}`]]),
        [{ tokenflight: false }, undefined],
      ] as [AxiosRequestConfig, string | undefined][]) {
        await instance.request({ url: '/x', ...config })
        expect(server.received.at(-1)?.headers['authorization']).to.equal(sent)
      }
    })

    it('rejects a request that is cancelled before it is sent or while it waits as a plain one does', async () => {
      for (const make of [
        () => {
          const controller = new AbortController()
          return {
            config: { signal: controller.signal },
            cancel: () => {
              controller.abort()
            },
          }
        },
        () => {
          const source = library.CancelToken.source()
          return {
            config: { cancelToken: source.token },
            cancel: () => {
              source.cancel('enough')
            },
          }
        },
      ]) {
        const before = make()
        before.cancel()
        const { instance } = await attached()
        const theirs = await outcome(bare().get('/x', before.config))
        expect(await outcome(instance.get('/x', before.config))).to.deep.equal(theirs)
        const { instance: waiting } = await attached({ until: new Promise(() => undefined) })
        const { config, cancel } = make()
        const call = failureOf(waiting.get('/x', config))
        cancel()
        const error = (await call) as AxiosError
        expect(error.code).to.equal('ERR_CANCELED')
        expect(isCancel(error)).to.equal(true)
        expect(error).to.be.instanceOf(library.CanceledError)
      }
      expect(server.received).to.deep.equal([])
    })

    it('subtracts the wait for a token from the timeout, and reports the whole timeout', async () => {
      const slow = await startLoopback(() => undefined)
      const instance = library.create({ adapter, baseURL: slow.url, timeout: 60 })
      const gate = deferred()
      attach(instance, await staticTokens({ site: { resources: [slow.url] }, until: gate.promise }))
      const theirs = (await failureOf(library.get(slow.url, { adapter, timeout: 60 }))) as AxiosError
      const { now } = Date
      const call = failureOf(instance.get('/'))
      Date.now = () => now() + 20
      gate.resolve()
      const ours = (await call.finally(() => {
        Date.now = now
      })) as AxiosError
      expect([ours.message, ours.code]).to.deep.equal([theirs.message, theirs.code])
      expect(ours).to.be.instanceOf(library.AxiosError)
      expect(ours.stack).to.contain(theirs.message)
      expect(ours.config?.timeout).to.equal(60)
      await slow.close()
    })

    it('works with axios-retry in either order; axios-retry still retries a 503', async () => {
      for (const first of ['ours', 'retry']) {
        const { library: plain } = { library }
        const instance = plain.create({ adapter, baseURL: `${server.url}/v2` })
        const tokens = await staticTokens({ site: { resources: [`${server.url}/v2`] } })
        if (first === 'ours') attach(instance, tokens)
        axiosRetry(instance, { retries: 3, retryDelay: () => 0 })
        if (first === 'retry') attach(instance, tokens)
        const from = server.received.length
        refuseFirst()
        expect((await instance.get('/x')).status).to.equal(200)
        expect(server.received.length - from).to.equal(2)
        const error = (await failureOf(instance.get('/503'))) as AxiosError
        expect(error.response?.status).to.equal(503)
        expect(server.received.length - from).to.equal(6)
        expect(tokens.renewals).to.equal(1)
        expect(JSON.stringify([error.toJSON(), error.config?.headers])).to.not.contain('secret-')
        expect(error.config?.adapter).to.equal(adapter)
      }
    })

    it('adds no token to instances created from its defaults, and keeps attachments separate', async () => {
      const { instance } = await attached()
      const child = (instance as unknown as { create(config?: object): AxiosInstance }).create({})
      await child.get(`${server.url}/v2/x`)
      await library.create(instance.defaults as CreateAxiosDefaults).get(`${server.url}/v2/x`)
      const other = library.create({ adapter })
      attach(other, await staticTokens({ site: { resources: [`${server.url}/v3`] } }))
      await other.get(`${server.url}/v2/x`)
      await other.get(`${server.url}/v3/x`)
      const sent = server.received.map(({ headers }) => headers['authorization'])
      expect(sent).to.deep.equal([undefined, undefined, undefined, 'Bearer secret-1'])
    })

    it('sends in the tick of the call, as early as a plain instance', async () => {
      const order: string[] = []
      const record: AxiosAdapter = (config) => {
        order.push(config.headers.has('Authorization') ? 'ours' : 'theirs')
        return Promise.resolve({ data: '', status: 200, statusText: '', headers: {}, config })
      }
      const { instance } = await attached({}, { adapter: record })
      const calls = [instance.get('/x')]
      order.push('sync')
      calls.push(bare({ adapter: record }).get('/x'))
      order.push('sync')
      await Promise.all(calls)
      expect(order).to.deep.equal(['ours', 'sync', 'theirs', 'sync'])
    })
  })
}

describe('An attached instance', () => {
  realNetwork()

  const answering =
    (status = 200): AxiosAdapter =>
    (config) =>
      Promise.resolve({ data: '', status, statusText: '', headers: {}, config })
  const API = 'https://api.example.com'
  const attach = async (adapter: AxiosAdapter, options: StaticTokensOptions = {}): Promise<AxiosInstance> => {
    const instance = axios.create({ adapter, baseURL: API })
    attachBearer(instance, await staticTokens({ site: { resources: [API] }, ...options }))
    return instance
  }

  it('returns the config as the adapter changed it, without the token', async () => {
    const seen: InternalAxiosRequestConfig[] = []
    const instance = await attach((config) => {
      seen.push(config)
      Object.assign(config, { mark: 1, timeout: 7 })
      config.headers.delete('Accept')
      config.headers.set('Accept', 'b').set('X-Mark', '2')
      return answering()(config)
    })
    const { config } = await instance.get('/x', { headers: { 'x-own': '1' } })
    expect(config).to.include({ mark: 1, timeout: 7 })
    expect(Object.keys(config.headers).join()).to.match(/x-own,Accept,X-Mark$/i)
    expect(config).to.equal(seen[0])
    expect(JSON.stringify(config)).to.not.contain('secret-1')
  })

  it('keeps the token off a headers object that an interceptor shares between requests', async () => {
    const shared = new AxiosHeaders({ 'x-app': '1' })
    const seen: [string | undefined, unknown][] = []
    const instance = await attach(async (config) => {
      const sent = config.headers.get('Authorization')
      seen.push([config.url, sent])
      await new Promise((resolve) => setImmediate(resolve))
      return answering(sent === 'Bearer secret-1' ? 401 : 200)(config)
    })
    instance.defaults.validateStatus = () => true
    instance.interceptors.request.use((config) => Object.assign(config, { headers: shared }))
    const urls = ['/a', 'https://stranger.example/', '/b', '/c']
    const answers = await Promise.all(urls.map((url) => instance.get(url)))
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 200])
    expect(seen.filter(([url]) => url === urls[1])).to.deep.equal([[urls[1], undefined]])
    expect(seen).to.have.length(7)
    expect(Object.keys(shared).join()).to.not.match(/authorization/i)
  })

  it('removes the token from a copy of the config made by an adapter', async () => {
    const copy: AxiosAdapter = (config) =>
      answering()({
        ...config,
        headers: Object.assign(Object.create(null) as typeof config.headers, config.headers),
      })
    expect(JSON.stringify((await (await attach(copy)).get('/x')).config)).to.not.contain('secret-1')
  })

  it('returns the config without properties that the adapter deleted, and its copy, as a plain instance does', async () => {
    const adapter: AxiosAdapter = (config) => {
      delete config.xsrfCookieName
      const copy = { ...config, mark: 1 }
      return answering()(config.url === '/copied' ? copy : config)
    }
    const bare = axios.create({ adapter, baseURL: API })
    const instance = await attach(adapter)
    for (const url of ['/x', '/copied']) {
      const [theirs, ours] = [await bare.get(url), await instance.get(url)]
      expect(Object.keys(ours.config)).to.deep.equal(Object.keys(theirs.config))
      expect(ours.config.beforeRedirect).to.equal(undefined)
    }
  })

  for (const [what, give] of [
    ['nothing', () => undefined],
    ['no promise', () => ({ status: 200 })],
    [
      'a promise that cannot be waited for',
      () => ({
        then: () => {
          throw new TypeError('no then')
        },
      }),
    ],
  ] as const) {
    it(`fails as a plain one where the adapter returns ${what}, and leaves no token on the config`, async () => {
      let seen: InternalAxiosRequestConfig | undefined
      const adapter = (config: InternalAxiosRequestConfig): unknown => {
        seen = config
        return give()
      }
      const fails = (instance: AxiosInstance): Promise<unknown> => instance.get('/x').catch((error: unknown) => error)
      const expected = await fails(axios.create({ adapter: adapter as AxiosAdapter, baseURL: API }))
      const error = await fails(await attach(adapter as AxiosAdapter))
      expect(error).to.be.instanceOf(TypeError)
      expect((error as Error).constructor).to.equal((expected as Error).constructor)
      expect(JSON.stringify(seen)).to.not.contain('secret-1')
    })
  }

  it('uses the global Request of each call over the fetch adapter, which a mock may have replaced for some', async () => {
    const server = await startLoopback((response) => response.end())
    const instance = axios.create({ adapter: 'fetch' })
    attachBearer(instance, await staticTokens({ site: { resources: [server.url] } }))
    const platform = globalThis.Request
    let made = 0
    globalThis.Request = class extends platform {
      constructor(input: RequestInfo | URL, init?: RequestInit) {
        super(input, init)
        made += 1
      }
    }
    await instance.get(server.url)
    globalThis.Request = platform
    const mocked = made
    await instance.get(server.url)
    await server.close()
    expect(mocked).to.be.above(0)
    expect(made).to.equal(mocked)
    expect(server.received.map(({ headers }) => headers['authorization'])).to.deep.equal(
      Array(2).fill('Bearer secret-1'),
    )
  })

  it('accepts a response without headers, as mocks return', async () => {
    const instance = await attach((config) =>
      Promise.resolve({ data: 'no', status: 500, statusText: '', config } as AxiosResponse),
    )
    expect((await instance.get('/x')).status).to.equal(500)
  })

  it('leaves no token on the requests of responses and errors', async () => {
    for (const adapter of ['http', 'fetch'] as const) {
      const server = await startLoopback((response, { url }) => {
        if (url === '/drop') response.destroy()
        else response.writeHead(url === '/redirect' ? 302 : 200, { location: '/landed' }).end()
      })
      const httpAgent = new Agent()
      const instance = axios.create({ adapter, baseURL: server.url, httpAgent })
      attachBearer(instance, await staticTokens({ site: { resources: [server.url] } }))
      const outcomes = [
        await instance.get('/x'),
        await instance.get('/redirect'),
        await failureOf(instance.get('/drop')),
        await failureOf(instance.get('/x', { maxRedirects: 0, validateStatus: () => false })),
      ]
      const sent = server.received[0]?.headers['authorization']
      await server.close()
      expect(sent).to.equal('Bearer secret-1')
      for (const outcome of outcomes) expect(inspect(outcome, { depth: 8 })).to.not.contain('secret-1')
    }
  })

  it('leaves no token in an error thrown by the adapter', async () => {
    const instance = await attach((config) => {
      throw Object.assign(new Error('at once'), { config })
    })
    const error = (await failureOf(instance.get('/x'))) as AxiosError
    expect(error.message).to.equal('at once')
    expect(JSON.stringify(error.config)).to.not.contain('secret-1')
  })

  it('leaves no token under another spelling of the header that is undefined', async () => {
    const instance = await attach((config) => {
      config.headers.normalize(false)
      return answering()(config)
    })
    instance.interceptors.request.use((config) =>
      Object.assign(config, {
        headers: Object.assign(config.headers, { AUTHORIZATION: undefined, authorization: undefined }),
      }),
    )
    expect(JSON.stringify((await instance.get('/x')).config)).to.not.contain('secret-1')
  })

  it('keeps a header set by an interceptor under another spelling', async () => {
    let sent: unknown
    const instance = await attach((config) => {
      sent = Object.fromEntries(Object.entries(config.headers))
      return answering()(config)
    })
    instance.interceptors.request.use((config) =>
      Object.assign(config, {
        headers: Object.assign(config.headers, { Authorization: undefined, authorization: 'mine' }),
      }),
    )
    await instance.get('/x')
    expect(Object.values(sent as object)).to.include('mine')
    expect(JSON.stringify(sent)).to.not.contain('secret-1')
  })

  it('attaches the token once when a config with its adapter is reused', async () => {
    let sendings = 0
    const instance = await attach((config) => {
      sendings += 1
      return answering()(config)
    })
    let first: InternalAxiosRequestConfig | undefined
    instance.interceptors.request.use((config) => {
      first ??= { ...config }
      return config
    })
    await instance.get('/x')
    if (!first) throw new Error('the interceptor ran')
    await instance.request(first)
    expect(sendings).to.equal(2)
  })

  it('removes its listener from a cancel token after the wait', async () => {
    const instance = await attach(answering(), { until: Promise.resolve() })
    const { token } = axios.CancelToken.source()
    await instance.get('/x', { cancelToken: token })
    expect((token as unknown as { _listeners?: unknown[] })._listeners ?? []).to.deep.equal([])
  })

  it('sends the bytes of a buffer as they were at the call', async () => {
    const gate = deferred()
    let sent = ''
    const instance = await attach(
      (config) => {
        sent = String(config.data)
        return answering()(config)
      },
      { until: gate.promise },
    )
    const bytes = Buffer.from('abc')
    const call = instance.post('/x', bytes)
    bytes.fill(0)
    gate.resolve()
    await call
    expect(sent).to.equal('abc')
  })

  // Fault 13
  it('frees the only socket of an agent during a renewal', async () => {
    const server = await startLoopback((response, { headers }) => {
      if (headers['authorization'] === 'Bearer secret-1') response.writeHead(401).end('x'.repeat(1_000))
      else response.writeHead(200).end('welcome')
    })
    const httpAgent = new Agent({ keepAlive: true, maxSockets: 1 })
    const instance = axios.create({ baseURL: server.url, httpAgent, responseType: 'stream' })
    attachBearer(instance, await staticTokens({ site: { resources: [server.url] } }))
    const answers = await Promise.all(
      Array.from({ length: 5 }, () =>
        instance.get<Readable>('/x').then(async ({ status, data }) => [status, (await data.toArray()).join('')]),
      ),
    )
    expect(answers).to.deep.equal(Array.from({ length: 5 }, () => [200, 'welcome']))
    await instance.get<Readable>('/x').then(({ data }) => data.toArray())
    httpAgent.destroy()
    await server.close()
  })
})
