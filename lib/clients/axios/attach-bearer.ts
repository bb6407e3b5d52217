// `attachBearer()`. A request interceptor wraps the adapter of the request: a replay runs below other interceptors and transforms, which
// run once.
import type { AxiosAdapter, AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { DefaultGrant, GrantChoice } from '../../definitions/credentials.ts'
import type { ProviderDefinition } from '../../definitions/definition.ts'
import { invalidOption } from '../../errors.ts'
import type { OriginBreaker } from '../../token/origin-breaker.ts'
import { haveCommonUrls } from '../../request/allowed-urls.ts'
import { BearerRequests } from '../../request/send-with-token.ts'
import { axiosTransport } from '../../token-endpoint/axios-transport.ts'
import type { FunctionManagerOptions, TokenManagerOptions } from '../../token/options.ts'
import type { ApplicationTokenManager, TokenManager } from '../../token/token-manager.ts'
import type { TokenSource } from '../../token/token-source.ts'
import type { Resource } from '../../util/url.ts'
import { hasHeader } from '../header-names.ts'
import { type ClientOptions, type RequestOptions, ResourceServerAccess, tokenSourceOf } from '../resource-server.ts'
import { AxiosCall } from './axios-call.ts'
import { axiosOf, axiosUrl, withTracedFetch } from './axios-internals.ts'
import { axiosResponseReader } from './axios-response.ts'

/** Options of one request: `tokenflight` in its config. */
export type BearerRequestOptions = RequestOptions<unknown>

/** Options of {@link attachBearer}. */
export type AttachOptions = ClientOptions<AxiosResponse>

/** The result of {@link attachBearer}. */
export interface Attachment<Source extends TokenSource> {
  /** The manager, or the given token source. */
  readonly tokens: Source
  /** Removes the interceptor. Requests in flight are not affected. */
  readonly detach: () => void
}

type Config = InternalAxiosRequestConfig

/** An adapter that an attachment has made. */
type BearerAdapter = AxiosAdapter & {
  [OWNER]?: object
  /** The adapter of the config before. */
  [INNER]?: Config['adapter']
}

const OWNER = Symbol('attachment')
const INNER = Symbol('inner adapter')
/** The key of the resources of an instance's attachments. */
const ATTACHED = Symbol.for('tokenflight.attached')

/**
 * Puts a valid token on every request of an axios instance to the allowed URLs, and sends a request once more after a 401. It adds an
 * interceptor to the instance; configs, responses and errors are the same as without it. An instance may have several attachments, each
 * for an API of its own.
 *
 * Requests are rejected with a `TokenError` where no token can be obtained.
 * @throws `TypeError` for an invalid option, for unknown `resources`, and for those of another attachment of the instance
 * @see RFC 6750, sections 2.1 and 3.1
 */
export function attachBearer<Source extends TokenSource>(
  instance: AxiosInstance,
  tokens: Source,
  options?: AttachOptions,
): Attachment<Source>
export function attachBearer(
  instance: AxiosInstance,
  manager: FunctionManagerOptions,
  options?: AttachOptions,
): Attachment<ApplicationTokenManager>
export function attachBearer<const D extends ProviderDefinition, const G extends GrantChoice<D> = DefaultGrant<D>>(
  instance: AxiosInstance,
  manager: TokenManagerOptions<D, G>,
  options?: AttachOptions,
): Attachment<TokenManager>
export function attachBearer(
  instance: AxiosInstance,
  given: object,
  options: AttachOptions = {},
): Attachment<TokenSource> {
  if (typeof (instance as Partial<AxiosInstance> | undefined)?.interceptors?.request.use !== 'function') {
    throw invalidOption('instance', 'an axios instance', instance)
  }
  const tokens = tokenSourceOf(given, { transport: axiosTransport })
  const resourceServer = new ResourceServerAccess(tokens, options, instance.defaults.baseURL)
  if (typeof instance.defaults.adapter !== 'function') resourceServer.checkHeader()
  const { resources } = resourceServer
  const attached = (instance as { [ATTACHED]?: Set<readonly Resource[]> })[ATTACHED] ?? new Set()
  if ([...attached].some((others) => haveCommonUrls(others, resources))) {
    const expected =
      'URLs apart from those of the attachments of this instance (narrow both, or detach the other first)'
    throw invalidOption('resources', expected, options.resources)
  }
  const requests = new BearerRequests(
    tokens,
    axiosResponseReader(options.isAuthFailure, resourceServer, tokens.resourceServer?.rejectedWhen),
    resourceServer,
  )
  const axios = axiosOf(instance)
  const binding = { axios, resourceServer }

  const wrap = (adapter: Config['adapter']): AxiosAdapter => {
    // A config that is used again may have it already.
    for (let each = adapter; typeof each === 'function'; each = (each as BearerAdapter)[INNER])
      if ((each as BearerAdapter)[OWNER] === requests) return adapter as AxiosAdapter
    const bearerAdapter: BearerAdapter = (config) => {
      const breaker = breakerFor(config, resourceServer)
      // Other attachments have nothing to add to a request of this one.
      const inner = breaker ? withoutAttachments(adapter) : adapter
      if (inner === undefined) delete config.adapter
      else config.adapter = inner
      const chosen = inner ?? axios.defaults.adapter
      if (!breaker) return axios.getAdapter(chosen, config)(config)
      const send = typeof chosen === 'function' ? chosen : axios.getAdapter(chosen, withTracedFetch(config))
      return requests.send(new AxiosCall(config, send, breaker, binding))
    }
    bearerAdapter[OWNER] = requests
    bearerAdapter[INNER] = adapter
    return bearerAdapter
  }

  const id = instance.interceptors.request.use(
    (config) => {
      // A request that is cancelled already is not sent, and its error contains the config.
      if (!config.signal?.aborted && !config.cancelToken?.reason) config.adapter = wrap(config.adapter)
      return config
    },
    null,
    { synchronous: true },
  )
  attached.add(resources)
  Object.defineProperty(instance, ATTACHED, { value: attached, configurable: true })
  return {
    tokens,
    detach() {
      instance.interceptors.request.eject(id)
      attached.delete(resources)
      if (attached.size === 0) Reflect.deleteProperty(instance, ATTACHED)
    },
  }
}

function withoutAttachments(adapter: Config['adapter']): Config['adapter'] {
  return typeof adapter === 'function' && OWNER in adapter
    ? withoutAttachments((adapter as BearerAdapter)[INNER])
    : adapter
}

/** The breaker of the request's origin; undefined if the request gets no token: its URL is not allowed, or it has credentials. */
function breakerFor(config: Config, resourceServer: ResourceServerAccess): OriginBreaker | undefined {
  if (config.tokenflight === false || config.auth) return undefined
  if (hasHeader(config.headers, resourceServer.headerName)) return undefined
  const url = axiosUrl(config.baseURL, config.url, config.allowAbsoluteUrls)
  if (url === undefined) return undefined
  const { queryName } = resourceServer
  if (queryName !== undefined && (hasParam(config.params, queryName) || hasParam(queryOf(url), queryName)))
    return undefined
  return resourceServer.breakerFor(url)
}

function hasParam(params: unknown, name: string): boolean {
  if (params instanceof URLSearchParams) return params.has(name)
  return typeof params === 'object' && params !== null && name in params
}

function queryOf(url: string): URLSearchParams {
  return new URLSearchParams(/\?([^#]*)/.exec(url)?.[1])
}
