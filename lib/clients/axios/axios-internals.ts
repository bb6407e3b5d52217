// Details of axios, follow-redirects, Node and Deno that they do not document. No other file of this client relies on one.
// Each was seen in axios 1.17.0 and 1.21.1, in follow-redirects 1.16.3, and in Node 20.19, 22.23, 24.21 and 26.12, unless its comment
// says otherwise.
import axios, {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type AxiosStatic,
  type InternalAxiosRequestConfig,
} from 'axios'
import type { Field } from '../../request/token-placement.ts'
import { redactSocket } from '../../util/node-socket.ts'
import { withoutSlashes } from '../../util/url.ts'
import { deleteHeader } from '../header-names.ts'
import { closedEarly } from '../request-body.ts'

type Config = InternalAxiosRequestConfig

// The copy of axios that made an instance.

/**
 * Node loads axios twice if it is both imported and required, for example by an SDK. Each copy has an InterceptorManager class of its own.
 * Errors must be of the classes of the copy that made the instance. The result is the imported copy if the other cannot be found.
 */
export function axiosOf(instance: AxiosInstance): AxiosStatic {
  const hasMade = ({ interceptors }: AxiosStatic): boolean =>
    interceptors.request.constructor === instance.interceptors.request.constructor
  return hasMade(axios) ? axios : (requiredCopies().find(hasMade) ?? axios)
}

/**
 * The copies of axios that Node has loaded by `require`, of any folder: `dist/node/axios.cjs` of the package. `createRequire` takes any
 * absolute path here, since every `require` has the same cache. Empty in a browser.
 */
function requiredCopies(): AxiosStatic[] {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => NodeModule } }
  const { cache = {} } = process?.getBuiltinModule?.('node:module').createRequire('/') ?? {}
  return Object.entries(cache).flatMap(([path, { exports } = {}]) =>
    /[\\/]axios\.cjs$/.test(path) && exports?.interceptors ? (exports as AxiosStatic) : [],
  )
}

interface NodeModule {
  createRequire(from: string): { readonly cache?: Readonly<Record<string, RequiredModule | undefined>> }
}

interface RequiredModule {
  readonly exports?: Partial<AxiosStatic>
}

/** The Accept that axios sets for all requests (`lib/defaults/index.js`). It does not count as caller-supplied. */
export const DEFAULT_ACCEPT = 'application/json, text/plain, */*'

// URLs: `baseURL` and `url` are joined as in `lib/core/buildFullPath.js` and `lib/helpers/combineURLs.js`.

/**
 * The URL that axios sends a request to, without `params`. Undefined if it is unknown: an absolute `url` that `allowAbsoluteUrls` forbids
 * is put below `baseURL` by the adapters of axios, but other adapters may do otherwise.
 */
export function axiosUrl(
  baseURL: string | undefined,
  url: string | URL | undefined,
  allowAbsoluteUrls: boolean | undefined,
): string | undefined {
  const path = typeof url === 'string' ? url : String(url ?? '')
  if (!baseURL) return path
  if (/^([a-z][a-z\d+\-.]*:)?\/\//i.test(path)) return (allowAbsoluteUrls ?? true) ? path : undefined
  if (typeof (baseURL as unknown) !== 'string') return undefined
  if (!path) return baseURL
  return `${withoutSlashes(baseURL)}/${path.startsWith('/') ? path.slice(1) : path}`
}

// Redirects.

/**
 * The URL of a response after redirects; undefined if unknown. The http adapter: `responseUrl`, which follow-redirects sets on Node's
 * IncomingMessage, `res` of the request. The xhr adapter: `responseURL` of the XMLHttpRequest. The fetch adapter: see `tracedFetch`.
 * axios-mock-adapter puts `url` of the config there, which may be relative: it says nothing about redirects.
 */
export function finalUrl({ request }: AxiosResponse): string | undefined {
  if (typeof request !== 'object' || request === null) return undefined
  const { res, responseURL, [FINAL_URL]: traced } = request as FinalUrls
  const url = res?.responseUrl ?? responseURL ?? traced
  return url !== undefined && /^https?:/i.test(url) ? url : undefined
}

const FINAL_URL = Symbol('the URL after redirects')

interface FinalUrls {
  readonly res?: { readonly responseUrl?: string }
  readonly responseURL?: string
  readonly [FINAL_URL]?: string
}

/**
 * The fetch adapter does not expose the Response or its URL. Its response has the Request that it called `fetch` with: the URL is recorded
 * there. One function for all calls: axios caches an adapter for every `env.fetch` without limit.
 */
async function tracedFetch(input: Request | string | URL, init?: RequestInit): Promise<Response> {
  const response = await globalThis.fetch(input, init)
  if (typeof input === 'object' && response.redirected) {
    Object.defineProperty(input, FINAL_URL, { value: response.url, configurable: true })
  }
  return response
}

/** The global `Request` of each call, as `tracedFetch` calls the global `fetch`: axios would keep that of its first request, which may be a mock's. */
function LateRequest(...args: ConstructorParameters<typeof Request>): Request {
  return new globalThis.Request(...args)
}

/** A config for `getAdapter()` whose `env.fetch`, the `fetch` of the fetch adapter, is `tracedFetch`, unless the caller has set one. */
export function withTracedFetch(config: Config): Config {
  const { env } = config as { env?: object }
  if (!env || 'fetch' in env) return config
  return {
    env: { ...('Request' in globalThis && { Request: LateRequest }), ...env, fetch: tracedFetch },
  } as unknown as Config
}

/** The fetch adapter passes `fetchOptions` to `fetch`; it does not call `beforeRedirect`. */
export function rejectRedirects(options: Config['fetchOptions']): RequestInit {
  const given = options as RequestInit | undefined
  return given?.redirect === 'manual' ? given : { ...given, redirect: 'error' }
}

/** The arguments of `beforeRedirect`: the third is the request that was redirected. */
export type RedirectArguments = [
  options: RedirectOptions,
  response: unknown,
  request?: { readonly headers?: Record<string, unknown> },
]

/** The options of follow-redirects for the next request. It sends to `protocol`, `hostname`, `port` and `path`, not to `href`. */
export interface RedirectOptions {
  readonly href?: string
  readonly protocol?: unknown
  readonly hostname?: unknown
  readonly port?: unknown
  readonly path?: unknown
  readonly headers?: Record<string, unknown>
}

// Timeouts.

/** The message of a timeout of the adapters of axios. */
function timeoutMessage(ms: unknown): string {
  return `timeout of ${String(ms)}ms exceeded`
}

/** The error of the fetch adapter (`lib/helpers/composeSignals.js`), or else of the http adapter, for a timeout. */
export function timedOut(copy: AxiosStatic, config: Config, adapter: AxiosAdapter): Error {
  const { AxiosError } = copy
  const { timeout, timeoutErrorMessage, transitional } = config
  const isFetch = isFetchAdapter(copy, config, adapter)
  return new AxiosError(
    (isFetch ? undefined : timeoutErrorMessage) ?? timeoutMessage(timeout),
    isFetch || transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED,
    config,
  )
}

/** The error of the fetch adapter, or else of the http adapter, for a signal that aborts, or for the reason of a CancelToken. */
export function cancellation(copy: AxiosStatic, config: Config, adapter: AxiosAdapter, given: unknown): Error {
  const isFetch = isFetchAdapter(copy, config, adapter)
  if (copy.isCancel(given)) return isFetch ? Object.assign(given, { config }) : given
  const { reason } = (isFetch ? (config.signal ?? {}) : {}) as { reason?: unknown }
  return new copy.CanceledError(reason instanceof Error ? reason.message : (reason as string | undefined), config)
}

/** Replaces the timeout of one attempt in an error by the one that the caller set. */
export function restoreTimeoutMessage(error: Record<string, unknown>, attempt: unknown, original: unknown): void {
  for (const key of ['message', 'stack'])
    if (typeof error[key] === 'string')
      error[key] = error[key].replace(timeoutMessage(attempt), timeoutMessage(original))
}

// Bodies.

/** A body as an adapter gets it (`lib/core/transformData.js`). */
export function transformed(config: Config, body: unknown): unknown {
  return [config.transformRequest ?? []]
    .flat()
    .reduce<unknown>((data, transform) => transform.call(config, data, config.headers) as unknown, body)
}

// Forms.

/**
 * The http adapter makes a boundary for each sending, unless Content-Type has one of 10 to 70 letters, digits, `-` and `_`. Its own are
 * `axios-1.21.1-boundary-…`, whose dots do not match. This sets one that both sendings use. Other adapters leave it to the platform.
 */
export function fixFormBoundary(copy: AxiosStatic, { data, headers }: Config, adapter: AxiosAdapter): void {
  if (
    !(data instanceof FormData) ||
    !isAdapter(copy, 'http', adapter) ||
    headers.getContentType(/boundary=[-\w]{10,70}/i)
  )
    return
  const random = crypto.randomUUID().replaceAll('-', '').slice(-25)
  headers.setContentType(`multipart/form-data; boundary=axios-${copy.VERSION.replaceAll('.', '-')}-boundary-${random}`)
}

/** Whether an adapter is the one of this name. For the fetch adapter the config is needed: it is made for a `fetch`. */
function isAdapter(copy: AxiosStatic, name: 'http' | 'fetch', adapter: AxiosAdapter, config?: Config): boolean {
  try {
    return adapter === copy.getAdapter(name, config)
  } catch {
    return false
  }
}

// Bodies that fail.

/** The error of the fetch adapter, or else of the http adapter, for a stream that fails; without a reason if it is closed before its end. */
export function bodyFailure(copy: AxiosStatic, config: Config, adapter: AxiosAdapter, reason: unknown): Error {
  const { AxiosError, CanceledError } = copy
  if (isFetchAdapter(copy, config, adapter)) {
    const error = new AxiosError('Network Error', AxiosError.ERR_NETWORK, config)
    return Object.defineProperty(error, 'cause', { value: reason ?? closedEarly(), configurable: true, writable: true })
  }
  if (reason === undefined) return new CanceledError('Request stream has been aborted', config)
  return AxiosError.from(reason, undefined, config)
}

export function isFetchAdapter(copy: AxiosStatic, config: Config, adapter: AxiosAdapter): boolean {
  return isAdapter(copy, 'fetch', adapter, withTracedFetch(config))
}

/** Calls `listener` when a CancelToken is cancelled; returns the removal. `then` of its promise returns a promise with `cancel()`. */
export function onCancel(token: Config['cancelToken'], listener: (reason: unknown) => void): () => void {
  const listening = token?.promise.then(listener, () => undefined) as { cancel?: () => void } | undefined
  return () => listening?.cancel?.()
}

// Finished requests. Node's ClientRequest and the platform's Request keep the headers that they sent, and printing an error prints them.

/** A ClientRequest of Node, or a RedirectableRequest of follow-redirects. */
interface RequestRecord {
  /** Node: the head that was sent, as text. `removeHeader()` throws while it is set, and `headersSent` is true. */
  _header?: unknown
  readonly removeHeader?: (name: string) => void
  /** follow-redirects: the options of the latest request, headers included. */
  readonly _options?: HeadersOwner
  /** follow-redirects: the ClientRequest of the latest request. */
  readonly _currentRequest?: unknown
  /** follow-redirects: its own request, on the ClientRequest. */
  readonly _redirectable?: { readonly _currentRequest?: unknown }
  readonly destroyed?: unknown
  /** Node, of a stream of HTTP/2: its headers, as they were given. */
  readonly sentHeaders?: object
  /** The XMLHttpRequest of React Native 0.88: its headers. In Node's ClientRequest a deprecated accessor, so read only without `_header`. */
  readonly _headers?: object
  /** Node: data, head included, of a request without a socket. It stays there if the request is destroyed. */
  readonly outputData?: unknown[]
  /** Node: the same of a socket that has not connected. */
  readonly socket?: { _pendingData?: unknown } | null
}

/**
 * Descriptions of the symbols under which a ClientRequest has its options, headers included. Node: of one that waited for a socket of its
 * agent. Deno 2.9: for a retry on a new connection.
 */
const OPTIONS = ['requestOptions', 'kRetryOptions']

type HeadersOwner = { readonly headers?: unknown } | null | undefined

/** Removes headers from the record of a finished request: a ClientRequest, a RedirectableRequest, a stream of HTTP/2, or a Request. */
export function redactRequest(request: unknown, fields: readonly Field[]): void {
  if (typeof request !== 'object' || request === null) return
  if (typeof Request === 'function' && request instanceof Request) {
    for (const [name] of fields) request.headers.delete(name)
    return
  }
  const { _currentRequest, _redirectable, sentHeaders } = request as RequestRecord
  if (sentHeaders) redactHeaders({ headers: sentHeaders }, fields)
  if (!('_header' in request || '_options' in request)) {
    redactHeaders({ headers: (request as RequestRecord)._headers }, fields)
    return
  }
  redactRecord(request, fields)
  for (const other of [_currentRequest, _redirectable, _redirectable?._currentRequest])
    if (other !== request) redactRecord(other, fields)
}

function redactRecord(record: unknown, fields: readonly Field[]): void {
  if (typeof record !== 'object' || record === null) return
  const request = record as RequestRecord
  const { _header, _options, destroyed, outputData, socket } = request
  if (_header !== undefined) {
    request._header = null
    for (const [name] of fields) request.removeHeader?.(name)
    request._header = typeof _header === 'string' ? fields.reduce(withoutLine, _header) : _header
    for (const symbol of Object.getOwnPropertySymbols(request))
      if (OPTIONS.includes(symbol.description ?? ''))
        redactHeaders((request as Record<symbol, HeadersOwner>)[symbol], fields)
  }
  redactHeaders(_options, fields)
  redactSocket(request, fields)
  if (destroyed === true) {
    outputData?.splice(0)
    if (typeof socket?._pendingData === 'string') socket._pendingData = ''
  }
}

function redactHeaders(owner: HeadersOwner, fields: readonly Field[]): void {
  const headers = owner?.headers
  if (typeof headers === 'object' && headers !== null) for (const [name] of fields) deleteHeader(headers, name)
}

function withoutLine(head: string, field: Field): string {
  const [name] = field
  const from = head.toLowerCase().indexOf(`\r\n${name.toLowerCase()}:`)
  return from < 0 ? head : head.slice(0, from) + withoutLine(head.slice(head.indexOf('\r\n', from + 2)), field)
}
