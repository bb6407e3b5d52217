// Parsing URLs, the https-or-loopback rule, and the option `resources`.
import { invalidOption } from '../errors.ts'

/**
 * The URL, or undefined for what is none. Not by `URL.canParse`: in Node 20, once it is optimised, it denies URLs with letters of
 * Latin-1.
 */
export function parseUrl(url: string | URL, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}

/** Without slashes at its end. Not by a regular expression: what a server gave may be a million slashes that end in none. */
export function withoutSlashes(url: string): string {
  let end = url.length
  while (url.charAt(end - 1) === '/') end -= 1
  return url.slice(0, end)
}

/** Whether the URL is https, or http to this very machine, or `insecure` http is allowed. */
export function isSecure({ protocol, hostname }: URL, insecure = false): boolean {
  return protocol === 'https:' || (protocol === 'http:' && (insecure || isLoopback(hostname)))
}

/** Whether a host name, as a `URL` has it, is that of this machine. */
function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}

/** Somewhere a token may go. */
export interface Resource {
  readonly origin: string
  /** Without a slash at its end. */
  readonly path: string
}

/** Reads the option `resources`; throws a `TypeError` that names the entry, e.g. `resources[1]`. */
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
