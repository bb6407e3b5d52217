// Scripts for fetch, its replacements, and libraries built on it.
import type { Script } from './axios-scripts.ts'
import type { Kit } from './kit.ts'

type Fetch = typeof fetch

const CALLS: readonly (readonly [string, (url: string) => Parameters<Fetch>])[] = [
  ['get', (url) => [`${url}/x?a=1`]],
  ['headers', (url) => [`${url}/x`, { headers: { 'X-A': '1' } }]],
  ['post', (url) => [`${url}/x`, { method: 'POST', body: '{"a":1}', headers: [['content-type', 'application/json']] }]],
  ['params', (url) => [`${url}/x`, { method: 'POST', body: new URLSearchParams({ a: 'b' }) }]],
  ['bytes', (url) => [`${url}/x`, { method: 'PUT', body: new Uint8Array([1, 2, 3]) }]],
  ['404', (url) => [`${url}/status/404`]],
  ['redirect', (url) => [`${url}/redirect`]],
  ['manual', (url) => [`${url}/redirect`, { redirect: 'manual' }]],
  ['drop', (url) => [`${url}/drop`]],
  ['aborted', (url) => [`${url}/x`, { signal: AbortSignal.abort() }]],
  ['own header', (url) => [`${url}/x`, { headers: { AUTHORIZATION: 'Basic mine' } }]],
  ['elsewhere', (url) => [`${url}/../elsewhere`]],
]

const NATIVE: typeof CALLS = [
  ...CALLS,
  ['Request', (url) => [new Request(`${url}/x`, { method: 'POST', body: 'abc' })]],
  [
    'Request and init',
    (url) => [new Request(`${url}/x`, { method: 'POST', body: 'abc' }), { method: 'PUT', headers: { 'x-b': '2' } }],
  ],
  ['URL', (url) => [new URL(`${url}/x`)]],
]

async function facts(response: Response): Promise<object> {
  const { status, statusText, ok, url, redirected, type, headers } = response
  return {
    status,
    statusText,
    ok,
    url,
    redirected,
    type,
    headers: Object.fromEntries(headers),
    text: await response.text(),
  }
}

function calls(list: typeof CALLS, underlying?: (kit: Kit) => Promise<Fetch>): Script {
  return async (kit) => {
    const client = kit.fetch(await underlying?.(kit))
    for (const [name, make] of list) await kit.call(name, async () => facts(await client(...make(kit.url))))
  }
}

interface Ky {
  (url: string, options?: object): Promise<Response> & { json(): Promise<unknown> }
  create(options: object): Ky
}

const ky: Script = async ({ fetch: client, load, call, note, url }) => {
  const { default: library } = (await load('ky')) as { default: Ky }
  const api = library.create({
    prefixUrl: url,
    fetch: client(),
    retry: { limit: 2, delay: () => 1 },
    hooks: {
      beforeRequest: [
        (request: Request) => {
          note(`before ${request.method}`)
        },
      ],
      beforeRetry: [
        ({ retryCount }: { retryCount: number }) => {
          note(`retry ${String(retryCount)}`)
        },
      ],
      afterResponse: [
        (_: Request, __: object, response: Response) => {
          note(`after ${String(response.status)}`)
        },
      ],
    },
  })
  await call('get', () => api('x', { searchParams: { a: '1' } }).json())
  await call('post', () => api('x', { method: 'post', json: { a: 1 } }).json())
  await call('form', () => api('x', { method: 'put', body: new URLSearchParams({ a: '1' }) }).json())
  await call('flaky', () => api('flaky').json())
  await call('404', () => api('status/404').json())
  await call('503', () => api('status/503').json())
  await call('drop', () => api('drop').json())
  await call('timeout', () => api('hang', { timeout: 40 }).json())
  await call('aborted', () => api('x', { signal: AbortSignal.abort() }).json())
}

interface OpenApi {
  GET(path: string, options?: object): Promise<unknown>
  POST(path: string, options?: object): Promise<unknown>
  use(middleware: object): void
}

const openApi: Script = async ({ fetch: client, load, call, note, url }) => {
  const { default: createClient } = (await load('openapi-fetch')) as { default: (options: object) => OpenApi }
  const api = createClient({ baseUrl: url, fetch: client() })
  api.use({
    onRequest: ({ request }: { request: Request }) => {
      note(`request ${request.method}`)
    },
    onResponse: ({ response }: { response: Response }) => {
      note(`response ${String(response.status)}`)
    },
  })
  await call('get', () => api.GET('/x/{id}', { params: { path: { id: 'ü' }, query: { a: [1, 2] } } }))
  await call('post', () => api.POST('/x', { body: { a: 1 } }))
  await call('404', () => api.GET('/status/404'))
  await call('drop', () => api.GET('/drop'))
}

export const FETCH_SCRIPTS: Readonly<Record<string, Script>> = {
  fetch: calls(NATIVE),
  'the fetch of undici': calls(CALLS, async ({ load }) => ((await load('undici')) as { fetch: Fetch }).fetch),
  'node-fetch': calls(
    CALLS.filter(([name]) => name !== 'bytes'),
    async ({ load }) => ((await load('node-fetch')) as { default: Fetch }).default,
  ),
  ky,
  'openapi-fetch': openApi,
}
