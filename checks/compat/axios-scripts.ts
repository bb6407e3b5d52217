// Scripts for axios and libraries built on it.
import { Readable } from 'node:stream'
import type { AxiosAdapter, AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios'
import type { Kit } from './kit.ts'

export type Script = (kit: Kit) => Promise<void>

const form = (): FormData => {
  const made = new FormData()
  made.append('a', 'ü')
  made.append('f', new Blob(['file'], { type: 'text/plain' }), 'f.txt')
  return made
}

const REQUESTS: readonly (readonly [string, () => AxiosRequestConfig])[] = [
  ['get', () => ({})],
  ['params', () => ({ params: { a: [1, 2], b: { c: 'ü' }, d: new Date(0) } })],
  ['delete', () => ({ method: 'DELETE' })],
  ['head', () => ({ method: 'HEAD' })],
  ['post object', () => ({ method: 'POST', data: { a: 1 } })],
  ['post text', () => ({ method: 'POST', data: 'a=b' })],
  ['put params', () => ({ method: 'PUT', data: new URLSearchParams({ a: 'b' }) })],
  ['put bytes', () => ({ method: 'PUT', data: new Uint8Array([1, 2, 3]).buffer })],
  ['put blob', () => ({ method: 'PUT', data: new Blob(['x'], { type: 'text/x' }) })],
  ['put form', () => ({ method: 'PUT', data: form() })],
  ['patch json', () => ({ method: 'PATCH', data: '{"a":1}', headers: { 'Content-Type': 'application/json' } })],
  ['arraybuffer', () => ({ responseType: 'arraybuffer' })],
  ['text', () => ({ responseType: 'text' })],
  ['404', () => ({ url: '/status/404' })],
  ['500', () => ({ url: '/status/500' })],
  ['403', () => ({ url: '/status/403' })],
  ['all statuses valid', () => ({ url: '/status/500', validateStatus: () => true })],
  ['redirect', () => ({ url: '/redirect' })],
  ['no redirect', () => ({ url: '/redirect', maxRedirects: 0 })],
  ['drop', () => ({ url: '/drop' })],
  ['timeout', () => ({ url: '/hang', timeout: 40 })],
  ['aborted', () => ({ signal: AbortSignal.abort() })],
  ['own header', () => ({ headers: { AUTHORIZATION: 'Basic mine' } })],
  ['user', () => ({ auth: { username: 'a', password: 'b' } })],
  ['elsewhere', () => ({ url: '/other/../../elsewhere' })],
  [
    'transformed',
    () => ({
      data: { a: 1 },
      method: 'POST',
      transformRequest: [(data: unknown) => `[${JSON.stringify(data)}]`],
      transformResponse: [(data: unknown) => ({ data })],
    }),
  ],
  [
    'bad transform',
    () => ({
      transformRequest: [
        () => {
          throw new Error('transform')
        },
      ],
    }),
  ],
]

const plain: Script = async ({ instance, call, note }) => {
  const client = instance()
  client.interceptors.request.use((config) => (note('request 1'), config))
  client.interceptors.request.use((config) => (note('request 2'), config), null, { synchronous: true })
  client.interceptors.response.use(
    (response) => (note('response'), response),
    (error: unknown) => {
      note('response error')
      throw error
    },
  )
  for (const [name, make] of REQUESTS) await call(name, () => client.request({ url: '/x', ...make() }))
}

const quick: Script = async ({ instance, call }) => {
  const client = instance()
  for (const [name, make] of REQUESTS) await call(name, () => client.request({ url: '/x', ...make() }))
}

const progress: Script = async ({ instance, note }) => {
  let last = ''
  await instance().post('/x', 'x'.repeat(100_000), {
    onUploadProgress: ({ loaded, total }) => (last = `${String(loaded)} of ${String(total)}`),
  })
  note(last)
}

const streams: Script = async ({ instance, call }) => {
  const answer = (await call('get', () => instance({ responseType: 'stream' }).get('/x'))) as
    AxiosResponse<Readable> | undefined
  if (answer?.data instanceof Readable) await call('text', async () => (await answer.data.toArray()).join(''))
}

type Retry = (instance: AxiosInstance, options: object) => void

function retry(first: 'ours' | 'theirs'): Script {
  return async ({ later, load, call, note }) => {
    const { default: axiosRetry } = (await load('axios-retry')) as { default: Retry }
    const { instance, attach } = later()
    if (first === 'ours') attach()
    axiosRetry(instance, {
      retries: 3,
      retryDelay: () => 1,
      onRetry: (count: number, { code }: { code?: string }) => {
        note(`retry ${String(count)} ${String(code)}`)
      },
    })
    if (first === 'theirs') attach()
    for (const url of ['/x', '/flaky', '/shaky', '/status/503', '/status/404', '/drop']) {
      await call(url, () => instance.get(url))
      await call(`put ${url}`, () => instance.put(`${url}/put`, { a: 1 }))
      await call(`post ${url}`, () => instance.post(`${url}/post`, { a: 1 }))
    }
  }
}

interface Mock {
  onGet(url: string): {
    reply(...args: unknown[]): Mock
    networkError(): Mock
    timeout(): Mock
    passThrough(): Mock
    replyOnce(...args: unknown[]): Mock
  }
  onPost(url: string, body?: unknown): { reply(...args: unknown[]): Mock }
  readonly history: Readonly<Record<string, { url?: string; data?: unknown }[]>>
  restore(): void
}

function mock(first: 'ours' | 'theirs'): Script {
  return async ({ later, load, call, note }) => {
    const { default: MockAdapter } = (await load('axios-mock-adapter')) as {
      default: new (instance: AxiosInstance, options?: object) => Mock
    }
    const { instance, attach } = later()
    if (first === 'ours') attach()
    const made = new MockAdapter(instance)
    if (first === 'theirs') attach()
    made.onGet('/one').reply(200, { one: 1 }, { 'x-a': '1' })
    made.onGet('/once').replyOnce(500, 'no').onGet('/once').reply(200, 'yes')
    made.onGet('/network').networkError().onGet('/late').timeout().onGet('/x').passThrough()
    made.onPost('/two', { a: 1 }).reply((config: AxiosRequestConfig) => [201, { got: config.data as unknown }])
    for (const url of ['/one', '/once', '/once', '/network', '/late', '/x', '/unknown'])
      await call(url, () => instance.get(url))
    await call('post', () => instance.post('/two', { a: 1 }))
    for (const method of ['get', 'post'])
      note(JSON.stringify(made.history[method]?.map(({ url, data }) => [method, url, data])))
    made.restore()
    await call('restored', () => instance.get('/x'))
  }
}

function cache(first: 'ours' | 'theirs'): Script {
  return async ({ later, load, call }) => {
    const { setupCache } = (await load('axios-cache-interceptor')) as {
      setupCache: (instance: AxiosInstance, options?: object) => AxiosInstance
    }
    const { instance, attach } = later()
    if (first === 'ours') attach()
    const cached = setupCache(instance, { ttl: 60_000, interpretHeader: true, etag: true })
    if (first === 'theirs') attach()
    await call('first', () => cached.get('/x'))
    await call('second', () => cached.get('/x'))
    await call('together', () => Promise.all([cached.get('/y'), cached.get('/y'), cached.get('/y')]))
    await call('etag', () => cached.get('/etag'))
    await call('etag again', () => cached.get('/etag'))
    await call('failed', () => cached.get('/status/500'))
    await call('failed again', () => cached.get('/status/500'))
    await call('post', () => cached.post('/x', { a: 1 }))
    await call('not cached', () => cached.get('/x', { cache: false } as object))
  }
}

function cookies(first: 'ours' | 'theirs'): Script {
  return async ({ later, load, call, note }) => {
    const { wrapper } = (await load('axios-cookiejar-support')) as {
      wrapper: (instance: AxiosInstance) => AxiosInstance
    }
    const { CookieJar } = (await load('tough-cookie')) as {
      CookieJar: new () => { getCookieString(url: string): Promise<string> }
    }
    const jar = new CookieJar()
    const { instance, attach } = later({ jar } as object)
    if (first === 'ours') attach()
    wrapper(instance)
    if (first === 'theirs') attach()
    await call('set', () => instance.get('/cookie'))
    await call('sent', () => instance.get('/x'))
    await call('set again', () => instance.post('/cookie', { a: 1 }))
    await call('redirect', () => instance.get('/redirect'))
    note(await jar.getCookieString(instance.defaults.baseURL ?? ''))
  }
}

interface Frontend {
  createNativeLoginFlow(parameters: object): Promise<unknown>
  getLoginFlow(parameters: object): Promise<unknown>
  updateLoginFlow(parameters: object): Promise<unknown>
}

const generated: Script = async ({ instance, load, call, url }) => {
  const loaded = (await load('@ory/client')) as { default?: object }
  const { FrontendApi, Configuration } = { ...loaded.default, ...loaded } as unknown as {
    FrontendApi: new (configuration: object, base: string | undefined, instance: AxiosInstance) => Frontend
    Configuration: new (options: object) => object
  }
  const api = new FrontendApi(new Configuration({ basePath: url }), undefined, instance())
  await call('get', () => api.createNativeLoginFlow({ refresh: true, aal: 'aal1' }))
  await call('query', () => api.getLoginFlow({ id: 'flow/ü' }))
  await call('post', () =>
    api.updateLoginFlow({ flow: 'f', updateLoginFlowBody: { method: 'password', identifier: 'i', password: 'p' } }),
  )
}

const detached: Script = async ({ instance, call }) => {
  const client = instance()
  const adapter: AxiosAdapter = (config) =>
    Promise.resolve({ data: 1, status: 200, statusText: '', headers: {}, config })
  await call('replaced', () => client.get('/x', { adapter }))
  client.defaults.adapter = adapter
  await call('replaced for all', () => client.get('/x'))
}

export const AXIOS_SCRIPTS: Readonly<Record<string, Script>> = {
  axios: plain,
  'axios without interceptors': quick,
  'axios, progress': progress,
  'axios, streams': streams,
  'axios, adapters replaced': detached,
  'axios-retry after attachBearer': retry('ours'),
  'axios-retry before attachBearer': retry('theirs'),
  'axios-mock-adapter after attachBearer': mock('ours'),
  'axios-mock-adapter before attachBearer': mock('theirs'),
  'axios-cache-interceptor after attachBearer': cache('ours'),
  'axios-cache-interceptor before attachBearer': cache('theirs'),
  'axios-cookiejar-support after attachBearer': cookies('ours'),
  'axios-cookiejar-support before attachBearer': cookies('theirs'),
  'a generated typescript-axios client': generated,
}
