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

/** A `URL` as text; anything else as it is. */
export function urlAsText<T>(value: T): Exclude<T, URL> | string {
  return value instanceof URL ? value.href : (value as Exclude<T, URL>)
}

/** The base of relative URLs, in a browser; undefined if the document's base is of another origin than its location. */
export function pageBase(): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI?: string }; location?: { href?: string } }
  const base = document?.baseURI ?? location?.href
  return base && location?.href && parseUrl(base)?.origin === parseUrl(location.href)?.origin ? base : undefined
}

/** The absolute form of a URL, or of a template of one, that begins with a slash, where there is a page; any other text as it is. */
export function fromPage(url: string): string {
  const base = /^\/(?!\/)/.test(url) ? pageBase() : undefined
  return base === undefined ? url : `${new URL(base).origin}${url}`
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
  return isLoopbackOrigin(`http://${hostname}`)
}

/**
 * Whether the `hostname` of a URL is where a cloud gives tokens to the machines that it runs, over http: the link-local address of each, and
 * the name that Google gives it.
 */
export function isCloudMetadata(hostname = ''): boolean {
  return ['169.254.169.254', '[fd00:ec2::254]', 'metadata.google.internal'].includes(hostname)
}

/** Whether an origin, as `URL.origin` has it, is loopback. */
export function isLoopbackOrigin(origin: string): boolean {
  return /^https?:\/\/(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/.test(origin)
}

const INSECURE =
  'https, or http on loopback: http elsewhere shows the token on its way (dangerouslyAllowInsecureHttp allows it)'

/** An origin and path prefix that may receive a token. */
export interface Resource {
  readonly origin: string
  /** Without the slash at its end. */
  readonly path: string
  /** Of one in which `*` stands for a label of the host, or for a segment of the path: matches what it stands for. */
  readonly pattern?: RegExp
}

/** Parses the option `resources`; throws a `TypeError` that names the entry, e.g. `resources[1]`. */
export function parseResources(resources: readonly (string | URL)[], insecure: boolean): readonly Resource[] {
  return resources.map((resource: string | URL | undefined, index) => {
    const name = `resources[${String(index)}]`
    const text = typeof resource === 'string' ? resource : (resource?.href ?? '')
    const url = parseUrl(text, text === '' ? undefined : pageBase())
    if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
      throw invalidOption(
        name,
        'a URL of scheme, host and path (or relative to the page, where there is one)',
        resource,
      )
    }
    if (!isSecure(url, insecure)) throw invalidOption(name, INSECURE, resource)
    return { origin: url.origin, path: url.pathname.replace(/\/$/, '') }
  })
}
