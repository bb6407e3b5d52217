// Puts the token on the config of a request during its sending, and removes it before the outcome is passed on: adapters put config and
// headers into responses and errors.
import type { InternalAxiosRequestConfig } from 'axios'
import type { OriginBreaker } from '../../token/origin-breaker.ts'
import type { Field, TokenPlacement } from '../../request/token-placement.ts'
import type { Token } from '../../token/token.ts'
import { copyHeaders, deleteHeader, headerKeys, setHeader } from '../header-names.ts'
import type { ResourceServerAccess } from '../resource-server.ts'
import {
  DEFAULT_ACCEPT,
  redactRequest,
  type RedirectArguments,
  type RedirectOptions,
  rejectRedirects,
  restoreTimeoutMessage,
} from './axios-internals.ts'

type Config = InternalAxiosRequestConfig
type Headers = Config['headers']
type Properties = Record<string, unknown>

/** A property of the config that was replaced or added, and its previous state. */
interface SavedProperty {
  readonly key: string
  readonly value: unknown
  readonly previous: unknown
  readonly existed: boolean
  /** The property saved before this one. */
  readonly next: SavedProperty | undefined
}

export class TokenOnConfig {
  readonly #config: Config
  /** The caller's headers. Other requests may share them: the token is set on a copy. */
  readonly #callerHeaders: Headers
  readonly #sentHeaders: Headers
  /** The headers that are added for the sending. */
  readonly #fields: readonly Field[]
  /** Those of them that are secret. */
  readonly #secret: readonly Field[]
  readonly #timeout: number | undefined
  /** The property saved last. */
  #saved: SavedProperty | undefined

  /** Puts `changes` on the config, and the token if there is one. */
  constructor(
    config: Config,
    callerHeaders: Headers,
    resourceServer: ResourceServerAccess,
    breaker: OriginBreaker,
    token: Token | undefined,
    own: readonly Field[],
    changes: Partial<Config> | undefined,
  ) {
    const { header, query, fields, secret } = token ? resourceServer.placement(token, own) : NO_TOKEN
    this.#config = config
    this.#callerHeaders = callerHeaders
    this.#sentHeaders = cloneHeaders(callerHeaders)
    const isMissing = (field: Field): boolean => field === header || !isCallerHeader(callerHeaders, field[0])
    this.#fields = fields.every(isMissing) ? fields : fields.filter(isMissing)
    this.#secret = this.#fields === fields ? secret : secret.filter(isMissing)
    this.#timeout = config.timeout
    for (const key in changes) this.#set(key, changes[key as keyof Config])
    for (const [name, value] of this.#fields) setHeader(this.#sentHeaders, name, value)
    if (this.#secret.length > 0) {
      this.#set('beforeRedirect', redirectGuard(resourceServer, token, breaker, this.#secret, config.beforeRedirect))
    }
    if (query) this.#set('params', withParam(config.params, query))
    config.headers = this.#sentHeaders
    // The fetch adapter does not call `beforeRedirect`: fetch would forward the header to any host.
    if (token && resourceServer.headerFollowsRedirects) this.#set('fetchOptions', rejectRedirects(config.fetchOptions))
  }

  /** Restores the config, and removes the token from copies of the config and from request objects in the outcome. */
  remove(outcome: unknown): void {
    const config = this.#config
    const sentTimeout = config.timeout
    this.#restore(config as object as Properties)
    if (config.headers === this.#sentHeaders) config.headers = this.#callerHeaders
    else this.#redactHeaders(config.headers)
    copyHeaders(this.#callerHeaders, this.#sentHeaders, this.#fields)
    if (!isObject(outcome)) return
    const { request, response } = outcome
    this.#restoreCopy(outcome)
    if (isObject(response)) this.#restoreCopy(response)
    if (this.#secret.length > 0) {
      redactRequest(request, this.#secret)
      if (isObject(response)) redactRequest(response['request'], this.#secret)
    }
    if (sentTimeout !== this.#timeout) restoreTimeoutMessage(outcome, sentTimeout, this.#timeout)
  }

  #set(key: string, value: unknown): void {
    const config = this.#config as object as Properties
    this.#saved = { key, value, previous: config[key], existed: key in config, next: this.#saved }
    config[key] = value
  }

  #restore(properties: Properties): void {
    for (let saved = this.#saved; saved; saved = saved.next) {
      const { key, value, previous, existed } = saved
      if (properties[key] !== value) continue
      if (existed) properties[key] = previous
      else Reflect.deleteProperty(properties, key)
    }
  }

  /** An adapter may replace the headers by its own: secrets are found by their value. */
  #redactHeaders(headers: unknown): void {
    if (!isObject(headers)) return
    for (const key of Object.keys(headers))
      if (this.#secret.some(([, value]) => headers[key] === value)) Reflect.deleteProperty(headers, key)
  }

  /** An adapter may put a copy of the config into the outcome. */
  #restoreCopy({ config }: Properties): void {
    if (config === this.#config || !isObject(config)) return
    this.#restore(config)
    this.#redactHeaders(config['headers'])
  }
}

const NO_TOKEN: TokenPlacement = { header: undefined, query: undefined, fields: [], secret: [] }

function isCallerHeader(headers: Headers, name: string): boolean {
  return headerKeys(headers, name).some((key) => headers[key] !== DEFAULT_ACCEPT)
}

/** AxiosHeaders has one property for each header: this copy normalizes nothing again. */
function cloneHeaders<T extends object>(original: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(original) as object | null) as T, original)
}

function withParam(params: unknown, [name, value]: Field): unknown {
  if (!(params instanceof URLSearchParams)) return { ...(params as object | undefined), [name]: value }
  const copy = new URLSearchParams(params)
  copy.set(name, value)
  return copy
}

function isObject(value: unknown): value is Properties {
  return typeof value === 'object' && value !== null
}

type ConfigHook = NonNullable<Config['beforeRedirect']>

/**
 * `beforeRedirect`: follow-redirects forwards Authorization to subdomains and other ports, and any other header to every host. This keeps the
 * token, and other headers that are secret, on redirects within the allowed URLs of one origin. After a redirect elsewhere they
 * are never put back: that server could redirect to any URL. The caller's own hook does not see them.
 */
export function redirectGuard(
  resourceServer: ResourceServerAccess,
  token: Token | undefined,
  breaker: OriginBreaker,
  secret: readonly Field[],
  next: ConfigHook | undefined,
): ConfigHook {
  let hasLeft = false
  return (...args: RedirectArguments) => {
    const [options, , redirected] = args
    const { headers = {} } = options
    for (const [name] of secret) {
      deleteHeader(headers, name)
      if (redirected?.headers) deleteHeader(redirected.headers, name)
    }
    const destination = destinationOf(options)
    hasLeft ||= resourceServer.breakerFor(String(options.href), token) !== breaker
    ;(next as ((...args: RedirectArguments) => void) | undefined)?.(...args)
    // The hook may change the destination, or set the header.
    hasLeft ||= destinationOf(options).some((part, index) => part !== destination[index])
    if (hasLeft) return
    for (const [name, value] of secret) if (headerKeys(headers, name).length === 0) headers[name] = value
  }
}

function destinationOf({ href, protocol, hostname, port, path }: RedirectOptions): readonly unknown[] {
  return [String(href), protocol, hostname, port, path]
}
