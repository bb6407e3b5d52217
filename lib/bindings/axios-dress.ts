// The copy of a config that travels with the token, and the way back: nothing that the caller sees afterwards holds the token.
import type { InternalAxiosRequestConfig } from 'axios'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import type { Target } from './target.ts'

type Config = InternalAxiosRequestConfig
type Headers = Config['headers']
type BeforeRedirect = NonNullable<Config['beforeRedirect']>

/** A copy of the config with the token on it. */
export function dress(config: Config, target: Target, standing: Standing, token: Token): Config {
  const { header, query, extras } = target.placed(token)
  const headers = copyOf(config.headers)
  for (const [name, value] of extras) if (ownKey(headers, name) === undefined) headers[name] = value
  if (header) headers[header[0]] = header[1]
  const sent: Config = { ...config, headers }
  if (header) sent.beforeRedirect = guard(target, standing, header, config.beforeRedirect)
  if (query) sent.params = withParam(config.params, query)
  return sent
}

/** Makes what came back speak of the caller's config, whose headers become what the adapter made of them, but for ours. */
export function undress(outcome: unknown, sent: Config, config: Config, target: Target, token: Token): void {
  const { header, extras } = target.placed(token)
  const headers: Record<string, unknown> = config.headers
  const mine = (name: string): boolean =>
    name === header?.[0] || (extras.some(([extra]) => extra === name) && !Object.hasOwn(headers, name))
  for (const name of Object.keys(headers)) if (!Object.hasOwn(sent.headers, name)) Reflect.deleteProperty(headers, name)
  for (const [name, value] of Object.entries<unknown>(sent.headers)) if (!mine(name)) headers[name] = value
  if (typeof outcome !== 'object' || outcome === null) return
  const held = outcome as { config?: unknown; response?: { config?: unknown } }
  if (held.config === sent) held.config = config
  if (held.response?.config === sent) held.response.config = config
}

/** The name under which a header stands there, in whatever spelling; undefined when it does not. */
export function ownKey(headers: Headers, name: string): string | undefined {
  if (Object.hasOwn(headers, name)) return name
  const wanted = name.toLowerCase()
  for (const key in headers) if (key.length === wanted.length && key.toLowerCase() === wanted) return key
  return undefined
}

/** AxiosHeaders keeps each header as a property of its own: copied so, nothing is normalised anew. */
function copyOf(headers: Headers): Headers {
  return Object.assign(Object.create(Object.getPrototypeOf(headers) as object) as Headers, headers)
}

/** follow-redirects lets Authorization pass to subdomains, and any other header to everyone. */
function guard(
  target: Target,
  standing: Standing,
  [name, value]: readonly [string, string],
  next: BeforeRedirect | undefined,
): BeforeRedirect {
  return (options, ...rest) => {
    const { href, headers } = options as { href: string; headers: Record<string, string> }
    for (const key of Object.keys(headers))
      if (key.toLowerCase() === name.toLowerCase()) Reflect.deleteProperty(headers, key)
    if (target.standing(href) === standing) headers[name] = value
    next?.(options, ...rest)
  }
}

function withParam(params: unknown, [name, value]: readonly [string, string]): unknown {
  if (params instanceof URLSearchParams) {
    const copy = new URLSearchParams(params)
    copy.set(name, value)
    return copy
  }
  return { ...(params as object | undefined), [name]: value }
}
