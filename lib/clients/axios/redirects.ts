// `beforeRedirect`: follow-redirects sends Authorization to subdomains and other ports, and any other header everywhere.
import type { InternalAxiosRequestConfig } from 'axios'
import type { OriginBreaker } from '../../request/origin-breaker.ts'
import type { Field } from '../../request/token-placement.ts'
import { headerKeys, deleteHeader } from '../header-names.ts'
import type { ResourceServerAccess } from '../resource-server.ts'

type BeforeRedirect = NonNullable<InternalAxiosRequestConfig['beforeRedirect']>
type Headers = Record<string, unknown>

/**
 * Keeps the token on redirects within the origin and the audience. Once a redirect has led away it is gone for good: a stranger could
 * lead the request back to anywhere. The caller's own hook sees no token.
 */
export function redirectGuard(
  target: ResourceServerAccess,
  breaker: OriginBreaker,
  [name, value]: Field,
  next: BeforeRedirect | undefined,
): BeforeRedirect {
  let away = false
  return (options, response, ...rest: unknown[]) => {
    const { headers } = options as { headers: Headers }
    deleteHeader(headers, name)
    const [before] = rest as [{ headers?: Headers } | undefined]
    if (before?.headers) deleteHeader(before.headers, name)
    const place = destinationOf(options)
    away ||= target.breaker(place.href) !== breaker
    ;(next as ((...args: unknown[]) => void) | undefined)?.(options, response, ...rest)
    // A hook may lead elsewhere, or speak for itself.
    away ||= Object.entries(destinationOf(options)).some(([key, part]) => part !== place[key as keyof Destination])
    if (!away && headerKeys(headers, name).length === 0) headers[name] = value
  }
}

interface Destination {
  readonly href: string
  readonly protocol: unknown
  readonly hostname: unknown
  readonly port: unknown
  readonly path: unknown
}

function destinationOf(options: Record<string, unknown>): Destination {
  const { href, protocol, hostname, port, path } = options
  return { href: String(href), protocol, hostname, port, path }
}
