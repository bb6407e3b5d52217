// Puts the token on the config of a call while its request is sent, and removes it before the outcome is told: whatever an adapter
// makes of config and headers then reads as without tokenflight.
import type { InternalAxiosRequestConfig } from 'axios'
import type { OriginBreaker } from '../../request/origin-breaker.ts'
import type { Field } from '../../request/token-placement.ts'
import type { Token } from '../../token/token.ts'
import { isHeaderName, headerKeys, deleteHeader } from '../header-names.ts'
import type { ResourceServerAccess } from '../resource-server.ts'
import { redactRequest } from './redact-request.ts'
import { redirectGuard } from './redirects.ts'

type Config = InternalAxiosRequestConfig
type Headers = Config['headers']
type Holder = Record<string, unknown>

/** Something that stands for a while on a config, in the place of something else, or of nothing. */
interface SavedProperty {
  readonly key: string
  readonly value: unknown
  readonly before: unknown
  readonly stood: boolean
  /** The one put on before it. */
  readonly next: SavedProperty | undefined
}

export class TokenOnConfig {
  readonly #config: Config
  /** The caller's, which others may share: the token is never on them, but on a copy. */
  readonly #headers: Headers
  readonly #sent: Headers
  /** The headers that are binding. */
  readonly #fields: readonly Field[]
  readonly #header: Field | undefined
  readonly #timeout: number | undefined
  /** The latest. */
  #saved: SavedProperty | undefined

  /** Puts the token on the config, and what `changes` says. */
  constructor(
    config: Config,
    headers: Headers,
    target: ResourceServerAccess,
    breaker: OriginBreaker,
    token: Token,
    changes: Partial<Config> | undefined,
  ) {
    const { header, query, fields } = target.placement(token)
    this.#config = config
    this.#headers = headers
    this.#sent = cloneHeaders(headers)
    const isMissing = (field: Field): boolean => field === header || !isCallerHeader(headers, field[0])
    this.#fields = fields.every(isMissing) ? fields : fields.filter(isMissing)
    this.#header = header
    this.#timeout = config.timeout
    for (const key in changes) this.#set(key, changes[key as keyof Config])
    for (const field of this.#fields) setHeader(this.#sent, field)
    if (header) {
      this.#set('beforeRedirect', redirectGuard(target, breaker, header, config.beforeRedirect))
    }
    if (query) this.#set('params', withParam(config.params, query))
    config.headers = this.#sent
    // No guard reaches a fetch: it would carry such a header anywhere.
    if (target.headerFollowsRedirects) this.#set('fetchOptions', rejectRedirects(config.fetchOptions))
  }

  /** Takes off what was put on, also where the outcome shows a copy of the config or what was sent. */
  remove(outcome: unknown): void {
    const config = this.#config
    const sent = config.timeout
    this.#restore(config as object as Holder)
    if (config.headers === this.#sent) config.headers = this.#headers
    else this.#redactHeaders(config.headers)
    copyHeaders(this.#headers, this.#sent, this.#fields)
    if (!isObject(outcome)) return
    const { request, response } = outcome
    this.#restoreCopy(outcome)
    if (isObject(response)) this.#restoreCopy(response)
    if (this.#header) {
      redactRequest(request, this.#header[0])
      if (isObject(response)) redactRequest(response['request'], this.#header[0])
    }
    if (sent !== this.#timeout) restoreTimeoutMessage(outcome, sent, this.#timeout)
  }

  #set(key: string, value: unknown): void {
    const config = this.#config as object as Holder
    this.#saved = { key, value, before: config[key], stood: key in config, next: this.#saved }
    config[key] = value
  }

  #restore(holder: Holder): void {
    for (let loan = this.#saved; loan; loan = loan.next) {
      const { key, value, before, stood } = loan
      if (holder[key] !== value) continue
      if (stood) holder[key] = before
      else Reflect.deleteProperty(holder, key)
    }
  }

  /** An adapter may take headers of its own. */
  #redactHeaders(headers: unknown): void {
    const header = this.#header
    if (!header || !isObject(headers)) return
    for (const key of Object.keys(headers)) if (headers[key] === header[1]) Reflect.deleteProperty(headers, key)
  }

  /** An adapter's own copy of the config becomes what it is a copy of. */
  #restoreCopy({ config: held }: Holder): void {
    if (held === this.#config || !isObject(held)) return
    this.#restore(held)
    this.#redactHeaders(held['headers'])
  }
}

// What axios says of itself is nothing that the caller has given.
const AXIOS_ACCEPT = 'application/json, text/plain, */*'

function isCallerHeader(headers: Headers, name: string): boolean {
  return headerKeys(headers, name).some((key) => headers[key] !== AXIOS_ACCEPT)
}

function setHeader(headers: Headers, [name, value]: Field): void {
  deleteHeader(headers, name)
  headers[name] = value
}

/** AxiosHeaders keeps each header as a property of its own: copied so, nothing is normalised anew. */
function cloneHeaders<T extends object>(original: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(original) as object | null) as T, original)
}

/** The headers become the others but for binding, in the same order. */
function copyHeaders(headers: Holder, others: Holder, binding: readonly Field[]): void {
  const isOurs = (key: string | undefined): boolean => {
    for (const [name] of binding) if (isHeaderName(key, name)) return true
    return false
  }
  const present = Object.keys(headers)
  let place = 0
  // From the first that stands in another place on, all are put there anew.
  const takeRest = (): void => {
    for (const key of present.splice(place)) if (!isOurs(key)) Reflect.deleteProperty(headers, key)
  }
  for (const key of Object.keys(others)) {
    if (isOurs(key)) continue
    while (isOurs(present[place])) place += 1
    if (present[place] === key) place += 1
    else if (place < present.length) takeRest()
    headers[key] = others[key]
  }
  if (place < present.length) takeRest()
}

/** Where waiting for a token has taken from the timeout, its error speaks of the caller's. */
function restoreTimeoutMessage(outcome: Holder, sent: unknown, asked: unknown): void {
  // The latter is said by the fetch adapter of older ones.
  for (const say of [(ms: unknown) => `timeout of ${String(ms)}ms`, (ms: unknown) => `timeout ${String(ms)} of ms`])
    for (const key of ['message', 'stack'])
      if (typeof outcome[key] === 'string') outcome[key] = outcome[key].replace(say(sent), say(asked))
}

function rejectRedirects(options: Config['fetchOptions']): RequestInit {
  const given = options as RequestInit | undefined
  return given?.redirect === 'manual' ? given : { ...given, redirect: 'error' }
}

function withParam(params: unknown, [name, value]: Field): unknown {
  if (!(params instanceof URLSearchParams)) return { ...(params as object | undefined), [name]: value }
  const copy = new URLSearchParams(params)
  copy.set(name, value)
  return copy
}

function isObject(value: unknown): value is Holder {
  return typeof value === 'object' && value !== null
}
