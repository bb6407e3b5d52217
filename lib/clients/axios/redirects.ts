// `beforeRedirect`: follow-redirects sends Authorization to subdomains and other ports, and any other header everywhere.
import type { InternalAxiosRequestConfig } from 'axios'
import type { Standing } from '../../request/origin-breaker.ts'
import type { Field } from '../../request/token-placement.ts'
import { keysOf, strip } from '../header-names.ts'
import type { Target } from '../resource-server.ts'

type BeforeRedirect = NonNullable<InternalAxiosRequestConfig['beforeRedirect']>
type Headers = Record<string, unknown>

/**
 * Keeps the token on redirects within the origin and the audience. Once a redirect has led away it is gone for good: a stranger could
 * lead the request back to anywhere. The caller's own hook sees no token.
 */
export function redirectGuard(
  target: Target,
  standing: Standing,
  [name, value]: Field,
  next: BeforeRedirect | undefined,
): BeforeRedirect {
  let away = false
  return (options, response, ...rest: unknown[]) => {
    const { headers } = options as { headers: Headers }
    strip(headers, name)
    const [before] = rest as [{ headers?: Headers } | undefined]
    if (before?.headers) strip(before.headers, name)
    const place = placeOf(options)
    away ||= target.standing(place.href) !== standing
    ;(next as ((...args: unknown[]) => void) | undefined)?.(options, response, ...rest)
    // A hook may lead elsewhere, or speak for itself.
    away ||= Object.entries(placeOf(options)).some(([key, part]) => part !== place[key as keyof Place])
    if (!away && keysOf(headers, name).length === 0) headers[name] = value
  }
}

interface Place {
  readonly href: string
  readonly protocol: unknown
  readonly hostname: unknown
  readonly port: unknown
  readonly path: unknown
}

function placeOf(options: Record<string, unknown>): Place {
  const { href, protocol, hostname, port, path } = options
  return { href: String(href), protocol, hostname, port, path }
}
