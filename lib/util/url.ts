// Parsing URLs, the https-or-loopback rule, and the option `resources`.
import { invalidOption } from '../errors.ts'

/** The URL, or undefined for an invalid one. `URL.canParse` of Node 20, once optimised, is false for URLs with letters of Latin-1. */
export function parseUrl(url: string | URL, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}

/** Removes slashes from the end, in linear time: a regular expression is quadratic for a value with a million slashes in its middle. */
export function withoutSlashes(url: string): string {
  let end = url.length
  while (url.charAt(end - 1) === '/') end -= 1
  return url.slice(0, end)
}

/** Whether the URL is https, or http on loopback, or http and `insecure` is set. */
export function isSecure({ protocol, hostname }: URL, insecure = false): boolean {
  return protocol === 'https:' || (protocol === 'http:' && (insecure || isLoopback(hostname)))
}

/** Whether the `hostname` of a URL is loopback. */
export function isLoopback(hostname = ''): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** Whether an origin, as `URL.origin` has it, is loopback. */
export function isLoopbackOrigin(origin: string): boolean {
  return isLoopback(/^https?:\/\/(.*?)(?::\d+)?$/.exec(origin)?.[1])
}

/** An origin and path prefix that may receive a token. */
export interface Resource {
  readonly origin: string
  /** Without the slash at its end. */
  readonly path: string
}

/** Parses the option `resources`; throws a `TypeError` that names the entry, e.g. `resources[1]`. */
export function parseResources(resources: readonly (string | URL)[], insecure: boolean): readonly Resource[] {
  return resources.map((resource: string | URL | undefined, index) => {
    const name = `resources[${String(index)}]`
    const text = typeof resource === 'string' ? resource : (resource?.href ?? '')
    const url = parseUrl(text)
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
      throw invalidOption(name, 'an absolute URL of scheme, host and path', resource)
    }
    if (!isSecure(url, insecure)) throw invalidOption(name, 'https, or http on loopback', resource)
    return { origin: url.origin, path: url.pathname.replace(/\/$/, '') }
  })
}
