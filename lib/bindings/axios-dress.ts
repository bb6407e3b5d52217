// The copy of a config that travels with the token, and the way back: nothing that the caller sees afterwards holds the token.
import type { InternalAxiosRequestConfig } from 'axios'
import type { Field } from '../request/placed.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import { redirectGuard } from './axios-redirect.ts'
import { scrub } from './axios-scrub.ts'
import type { Target } from './target.ts'

type Config = InternalAxiosRequestConfig
type Headers = Config['headers']

/** A config as an adapter is given it, and what in it is not the caller's. */
export interface Dressed {
  readonly sent: Config
  readonly ours: Partial<Config>
  readonly token: Token
}

/** A copy of the config with the token on it, and with what `changes` says. */
export function dress(
  config: Config,
  target: Target,
  standing: Standing,
  token: Token,
  changes: Partial<Config>,
): Dressed {
  const { header, query, extras } = target.placed(token)
  const headers = alike(config.headers)
  for (const field of unsaid(headers, extras)) setHeader(headers, field)
  const ours: Partial<Config> = { ...changes, headers }
  if (header) {
    setHeader(headers, header)
    ours.beforeRedirect = redirectGuard(target, standing, header, config.beforeRedirect)
  }
  if (query) ours.params = withParam(config.params, query)
  // No guard reaches a fetch: it would carry such a header anywhere.
  if (target.strays) ours.fetchOptions = unfollowed(config.fetchOptions)
  return { sent: Object.assign(alike(config), ours), ours, token }
}

/** Makes what came back speak of the caller's config, which becomes what the adapter made of it, but for what is ours. */
export function undress(outcome: unknown, dressed: Dressed, config: Config, target: Target): void {
  const { sent, ours, token } = dressed
  const placed = target.placed(token)
  for (const [key, value] of Object.entries(sent) as [keyof Config, unknown][])
    if (value !== (key in ours ? ours[key] : config[key])) Object.assign(config, { [key]: value })
  for (const key of Object.keys(config)) if (!(key in sent)) Reflect.deleteProperty(config, key)
  const added = unsaid(config.headers, placed.extras)
  takeOver(config.headers, sent.headers, placed.header ? [...added, placed.header] : added)
  if (!isObject(outcome)) return
  giveBack(outcome, dressed, config, placed.header)
  const { request, response } = outcome
  if (isObject(response)) giveBack(response, dressed, config, placed.header)
  if (placed.header)
    for (const each of [request, isObject(response) && response['request']]) scrub(each, placed.header[0])
  retime(outcome, sent, config)
}

/** The names under which a header stands there, in whatever spelling. */
export function keysOf(headers: Headers, name: string): string[] {
  const wanted = name.toLowerCase()
  return Object.keys(headers).filter((key) => key.length === wanted.length && key.toLowerCase() === wanted)
}

// What axios says of itself is nothing that the caller has said.
const AXIOS_ACCEPT = 'application/json, text/plain, */*'

/** Those of the provider's headers that the caller has not set. */
function unsaid(headers: Headers, extras: readonly Field[]): readonly Field[] {
  return extras.filter(([name]) => keysOf(headers, name).every((key) => headers[key] === AXIOS_ACCEPT))
}

function setHeader(headers: Headers, [name, value]: Field): void {
  for (const key of keysOf(headers, name)) Reflect.deleteProperty(headers, key)
  headers[name] = value
}

/** AxiosHeaders keeps each header as a property of its own: copied so, nothing is normalised anew. */
function alike<T extends object>(original: T): T {
  return Object.assign(Object.create(Object.getPrototypeOf(original) as object | null) as T, original)
}

/** The headers become the others but for ours, in the same order. */
function takeOver(headers: Headers, others: Headers, ours: readonly Field[]): void {
  const isOurs = (key: string): boolean =>
    ours.some(([name]) => name.length === key.length && name.toLowerCase() === key.toLowerCase())
  const wanted = Object.entries<unknown>(others).filter(([key]) => !isOurs(key))
  const present = Object.keys(headers).filter((key) => !isOurs(key))
  // What stands in the right place is kept there.
  if (present.some((key, index) => wanted[index]?.[0] !== key))
    for (const key of present) Reflect.deleteProperty(headers, key)
  for (const [key, value] of wanted) headers[key] = value
}

function giveBack(
  holder: Record<string, unknown>,
  { sent, ours }: Dressed,
  config: Config,
  header: Field | undefined,
): void {
  const { config: held } = holder
  if (held === sent) holder['config'] = config
  else if (held !== config && isObject(held)) {
    // An adapter's own copy.
    const { headers } = held
    if (header && isObject(headers))
      for (const [key, value] of Object.entries(headers)) if (value === header[1]) Reflect.deleteProperty(headers, key)
    for (const key of Object.keys(ours) as (keyof Config)[]) {
      if (held[key] !== ours[key] || key === 'headers') continue
      if (key in config) held[key] = config[key]
      else Reflect.deleteProperty(held, key)
    }
  }
}

/** Where waiting for a token has taken from the timeout, its error speaks of the caller's. */
function retime(outcome: Record<string, unknown>, sent: Config, config: Config): void {
  if (sent.timeout === config.timeout) return
  // The latter is said by the fetch adapter of older ones.
  for (const say of [(ms: unknown) => `timeout of ${String(ms)}ms`, (ms: unknown) => `timeout ${String(ms)} of ms`])
    for (const key of ['message', 'stack'])
      if (typeof outcome[key] === 'string') outcome[key] = outcome[key].replace(say(sent.timeout), say(config.timeout))
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
