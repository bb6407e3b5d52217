// `beforeRedirect`: follow-redirects forwards Authorization to subdomains and other ports, and any other header to every host.
import type { InternalAxiosRequestConfig } from 'axios'
import type { OriginBreaker } from '../../token/origin-breaker.ts'
import type { Field } from '../../request/token-placement.ts'
import type { Token } from '../../token/token.ts'
import { headerKeys, deleteHeader } from '../header-names.ts'
import type { ResourceServerAccess } from '../resource-server.ts'
import type { RedirectArguments, RedirectOptions } from './axios-internals.ts'

type ConfigHook = NonNullable<InternalAxiosRequestConfig['beforeRedirect']>

/**
 * Keeps the token, and other headers that are secret, on redirects within the allowed URLs of one origin. After a redirect elsewhere they
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
