// `attachBearer()`. A request interceptor wraps the adapter that the request would have used, so that everything about the token
// happens below other interceptors and transforms, which run once.
import axios, {
  type AxiosAdapter,
  type AxiosInstance,
  type AxiosResponse,
  type AxiosStatic,
  type InternalAxiosRequestConfig,
} from 'axios'
import type { GrantName } from '../../definitions/credentials.ts'
import type { ProviderDefinition } from '../../definitions/definition.ts'
import { invalidOption } from '../../errors.ts'
import type { OriginBreaker } from '../../request/origin-breaker.ts'
import { BearerRequests } from '../../request/send-with-token.ts'
import { axiosTransport } from '../../token-endpoint/axios-transport.ts'
import type { TokenManagerOptions } from '../../token/options.ts'
import type { TokenManager } from '../../token/token-manager.ts'
import type { TokenSource } from '../../token/token-source.ts'
import { withoutSlashes } from '../../util/url.ts'
import { hasHeader } from '../header-names.ts'
import { tokenSourceOf } from '../options.ts'
import { type ClientOptions, ResourceServerAccess } from '../resource-server.ts'
import { AxiosCall } from './axios-call.ts'
import { axiosResponseReader, traced } from './axios-response.ts'

/** Per request, under `tokenflight` in its config. */
export interface BearerRequestOptions {
  /** Makes the body anew, so that a request with a stream can be sent once more. */
  readonly body?: () => unknown
}

/** What an attachment may be told beside its tokens. */
export type AttachOptions = ClientOptions<AxiosResponse>

/** What {@link attachBearer} gives. */
export interface Attachment<Source extends TokenSource> {
  readonly tokens: Source
  /** Leaves the instance as it was; calls under way end as they began. */
  readonly detach: () => void
}

type Config = InternalAxiosRequestConfig

/** An adapter of binding, and of which attachment. */
type OwnAdapter = AxiosAdapter & { [OWNER]?: object }

const OWNER = Symbol('attachment')
const ATTACHED = Symbol.for('tokenflight.attached')

/**
 * Puts a valid token on every request of an axios instance, and sends a request once more after a 401. The instance is changed, as by
 * other plugins of axios; what it is told about a request is not.
 *
 * Throws a `TypeError` for a wrong option, and for an instance that has been attached already.
 */
export function attachBearer<Source extends TokenSource>(
  instance: AxiosInstance,
  tokens: Source,
  options?: AttachOptions,
): Attachment<Source>
export function attachBearer<const D extends ProviderDefinition, const G extends GrantName<D> = GrantName<D>>(
  instance: AxiosInstance,
  manager: TokenManagerOptions<D, G>,
  options?: AttachOptions,
): Attachment<TokenManager>
export function attachBearer(
  instance: AxiosInstance,
  from: object,
  options: AttachOptions = {},
): Attachment<TokenSource> {
  if (typeof (instance as Partial<AxiosInstance> | undefined)?.interceptors?.request.use !== 'function') {
    throw invalidOption('instance', 'an axios instance', instance)
  }
  if (ATTACHED in instance)
    throw invalidOption('instance', 'one without an attachment (detach the other first)', instance)
  const tokens = tokenSourceOf(from, () => axiosTransport())
  const target = new ResourceServerAccess(tokens, options, instance.defaults.baseURL)
  const requests = new BearerRequests(
    tokens,
    axiosResponseReader(options.isAuthFailure, target, tokens.resourceServer?.rejectedWhen),
  )
  const axios = axiosOf(instance)
  const binding = { axios, target }

  const wrap = (adapter: Config['adapter']): AxiosAdapter => {
    // A config that comes a second time may bring it along.
    if (typeof adapter === 'function' && (adapter as OwnAdapter)[OWNER] === requests) return adapter
    const bearerAdapter: OwnAdapter = (config) => {
      if (adapter === undefined) delete config.adapter
      else config.adapter = adapter
      const breaker = originOf(config, target)
      const chosen = adapter ?? axios.defaults.adapter
      if (!breaker) return axios.getAdapter(chosen, config)(config)
      const send = typeof chosen === 'function' ? chosen : axios.getAdapter(chosen, traced(config))
      return requests.send(new AxiosCall(config, send, breaker, binding))
    }
    bearerAdapter[OWNER] = requests
    return bearerAdapter
  }

  const id = instance.interceptors.request.use(
    (config) => {
      // What is cancelled already is never sent, and its error shows the config as it is.
      if (!config.signal?.aborted && !config.cancelToken?.reason) config.adapter = wrap(config.adapter)
      return config
    },
    null,
    { synchronous: true },
  )
  Object.defineProperty(instance, ATTACHED, { value: true, configurable: true })
  return {
    tokens,
    detach() {
      instance.interceptors.request.eject(id)
      Reflect.deleteProperty(instance, ATTACHED)
    },
  }
}

/** Where the request goes, if it is to carry the token; undefined too where the caller speaks for it. */
function originOf(config: Config, target: ResourceServerAccess): OriginBreaker | undefined {
  if (config.tokenflight === false || config.auth) return undefined
  if (hasHeader(config.headers, target.headerName)) return undefined
  const url = axiosUrl(config.baseURL, config.url, config.allowAbsoluteUrls)
  if (url === undefined) return undefined
  const { queryName } = target
  if (queryName !== undefined && (hasParam(config.params, queryName) || hasParam(queryOf(url), queryName)))
    return undefined
  return target.breaker(url)
}

function hasParam(params: unknown, name: string): boolean {
  if (params instanceof URLSearchParams) return params.has(name)
  return typeof params === 'object' && params !== null && name in params
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/.exec(url)?.[1])
}

/**
 * The URL axios sends a request to, its query aside; undefined where that is not for us to say: an absolute `url` that
 * `allowAbsoluteUrls` forbids goes below `baseURL` with axios's own adapters, and anywhere with others.
 */
export function axiosUrl(
  baseURL: string | undefined,
  url: string | URL | undefined,
  allowAbsoluteUrls: boolean | undefined,
): string | undefined {
  const path = typeof url === 'string' ? url : String(url ?? '')
  if (!baseURL) return path
  if (/^([a-z][a-z\d+\-.]*:)?\/\//i.test(path)) return (allowAbsoluteUrls ?? true) ? path : undefined
  if (!path) return baseURL
  return `${withoutSlashes(baseURL)}/${path.replace(/^\//, '')}`
}

// Node loads axios twice where it is both imported and required, by an SDK say. Errors are to be of the classes that the instance's own
// application knows, those of its adapters too.

/** The axios that made an instance; the imported one where that is not to be had. */
function axiosOf(instance: AxiosInstance): AxiosStatic {
  const made = (copy: AxiosStatic): boolean =>
    copy.interceptors.request.constructor === instance.interceptors.request.constructor
  if (made(axios)) return axios
  const required = requiredAxios()
  return required && made(required) ? required : axios
}

/** Undefined where nothing can be required: in a browser. */
function requiredAxios(): AxiosStatic | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => NodeModule } }
  try {
    return process?.getBuiltinModule?.('node:module').createRequire(import.meta.url)('axios')
  } catch {
    return undefined
  }
}

interface NodeModule {
  createRequire(from: string): (name: 'axios') => AxiosStatic
}
