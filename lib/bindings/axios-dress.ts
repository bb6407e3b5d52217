// What a config carries while its request is under way. It is put on the call's own config and taken off before anyone is told of the
// outcome: whatever else an adapter makes of config and headers stands there as without us.
import type { InternalAxiosRequestConfig } from 'axios'
import type { Field } from '../request/placed.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import { redirectGuard } from './axios-redirect.ts'
import { scrub } from './axios-scrub.ts'
import { isSame, keysOf, strip } from './header-names.ts'
import type { Target } from './target.ts'

type Config = InternalAxiosRequestConfig
type Headers = Config['headers']
type Holder = Record<string, unknown>

/** Something that stands for a while on a config, in the place of something else, or of nothing. */
interface Loan {
  readonly key: string
  readonly value: unknown
  readonly before: unknown
  readonly stood: boolean
}

export class Dress {
  readonly #config: Config
  /** The caller's, which others may share: the token is never on them, but on a copy. */
  readonly #headers: Headers
  readonly #sent: Headers
  readonly #added: readonly Field[]
  readonly #header: Field | undefined
  readonly #timeout: number | undefined
  readonly #loans: Loan[] = []

  /** Puts the token on the config, and what `changes` says. */
  constructor(
    config: Config,
    headers: Headers,
    target: Target,
    standing: Standing,
    token: Token,
    changes: Partial<Config> | undefined,
  ) {
    const { header, query, extras } = target.placed(token)
    this.#config = config
    this.#headers = headers
    this.#sent = alike(headers)
    this.#added = extras.filter(([name]) => !isSaid(headers, name))
    this.#header = header
    this.#timeout = config.timeout
    for (const key in changes) this.#lend(key, changes[key as keyof Config])
    for (const field of this.#added) setHeader(this.#sent, field)
    if (header) {
      setHeader(this.#sent, header)
      this.#lend('beforeRedirect', redirectGuard(target, standing, header, config.beforeRedirect))
    }
    if (query) this.#lend('params', withParam(config.params, query))
    config.headers = this.#sent
    // No guard reaches a fetch: it would carry such a header anywhere.
    if (target.strays) this.#lend('fetchOptions', unfollowed(config.fetchOptions))
  }

  /** Takes off what was put on, also where the outcome shows a copy of the config or what was sent. */
  takeOff(outcome: unknown): void {
    const config = this.#config
    const sent = config.timeout
    for (const loan of this.#loans.reverse()) giveBack(config as object as Holder, loan)
    if (config.headers === this.#sent) config.headers = this.#headers
    else this.#clean(config.headers)
    takeOver(this.#headers, this.#sent, this.#header ? [...this.#added, this.#header] : this.#added)
    if (!isObject(outcome)) return
    const { request, response } = outcome
    this.#reveal(outcome)
    if (isObject(response)) this.#reveal(response)
    if (this.#header) {
      scrub(request, this.#header[0])
      if (isObject(response)) scrub(response['request'], this.#header[0])
    }
    if (sent !== this.#timeout) retime(outcome, sent, this.#timeout)
  }

  #lend(key: string, value: unknown): void {
    const config = this.#config as object as Holder
    this.#loans.push({ key, value, before: config[key], stood: key in config })
    config[key] = value
  }

  /** An adapter may take headers of its own. */
  #clean(headers: unknown): void {
    const header = this.#header
    if (!header || !isObject(headers)) return
    for (const key of Object.keys(headers)) if (headers[key] === header[1]) Reflect.deleteProperty(headers, key)
  }

  /** An adapter's own copy of the config becomes what it is a copy of. */
  #reveal({ config: held }: Holder): void {
    if (held === this.#config || !isObject(held)) return
    for (const loan of this.#loans) giveBack(held, loan)
    this.#clean(held['headers'])
  }
}

// What axios says of itself is nothing that the caller has said.
const AXIOS_ACCEPT = 'application/json, text/plain, */*'

function isSaid(headers: Headers, name: string): boolean {
  return keysOf(headers, name).some((key) => headers[key] !== AXIOS_ACCEPT)
}

function giveBack(holder: Holder, { key, value, before, stood }: Loan): void {
  if (holder[key] !== value) return
  if (stood) holder[key] = before
  else Reflect.deleteProperty(holder, key)
}

function setHeader(headers: Headers, [name, value]: Field): void {
  strip(headers, name)
  headers[name] = value
}

/** AxiosHeaders keeps each header as a property of its own: copied so, nothing is normalised anew. */
function alike<T extends object>(original: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(original) as object | null) as T, original)
}

/** The headers become the others but for ours, in the same order. */
function takeOver(headers: Headers, others: Headers, ours: readonly Field[]): void {
  const isOurs = (key: string): boolean => ours.some(([name]) => isSame(key, name))
  const wanted = Object.entries<unknown>(others).filter(([key]) => !isOurs(key))
  const present = Object.keys(headers).filter((key) => !isOurs(key))
  // What stands in the right place is kept there.
  if (present.some((key, index) => wanted[index]?.[0] !== key))
    for (const key of present) Reflect.deleteProperty(headers, key)
  for (const [key, value] of wanted) headers[key] = value
}

/** Where waiting for a token has taken from the timeout, its error speaks of the caller's. */
function retime(outcome: Holder, sent: unknown, asked: unknown): void {
  // The latter is said by the fetch adapter of older ones.
  for (const say of [(ms: unknown) => `timeout of ${String(ms)}ms`, (ms: unknown) => `timeout ${String(ms)} of ms`])
    for (const key of ['message', 'stack'])
      if (typeof outcome[key] === 'string') outcome[key] = outcome[key].replace(say(sent), say(asked))
}

function unfollowed(options: Config['fetchOptions']): RequestInit {
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
