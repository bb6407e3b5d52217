// Which URLs may receive the token. URLs are compared as the WHATWG parser reads them, for that is how they are sent.
import { invalidOption } from '../errors.ts'

/** Somewhere a token may go. */
export interface Resource {
  readonly origin: string
  /** Without a slash at its end. */
  readonly path: string
}

export interface Audience {
  /** The resource a URL belongs to, if it may receive the token. */
  match(url: string, base?: string): Resource | undefined
  /** What belongs to both. */
  narrow(other: Audience): Audience
}

export interface AudienceOptions {
  /** http to hosts that are not loopback. @default false */
  readonly allowInsecureHttp?: boolean
  /** Paths below the first resource that take no token. */
  readonly open?: readonly string[] | undefined
}

// The same few URLs come again and again; what is remembered of them is bounded.
const REMEMBERED = 256

export function createAudience(
  resources: readonly (string | URL)[],
  { allowInsecureHttp = false, open = [] }: AudienceOptions = {},
): Audience {
  const known = resources.map((resource, index) => parseResource(resource, index, allowInsecureHttp))
  const root = known[0]?.path ?? ''
  const openPaths = new Set(open.map((path) => root + path))
  return remembering((parsed) => {
    if (openPaths.has(parsed.pathname)) return undefined
    return known.find((resource) => parsed.origin === resource.origin && isBelow(parsed.pathname, resource.path))
  })
}

function remembering(find: (parsed: URL) => Resource | undefined): Audience {
  const seen = new Map<string, Resource | undefined>()
  const match = (url: string, base?: string): Resource | undefined => {
    if (seen.has(url)) return seen.get(url)
    const parsed = URL.canParse(url, base) ? new URL(url, base) : undefined
    // A user in the URL is the caller's own way to authenticate.
    const found = !parsed || parsed.username || parsed.password ? undefined : find(parsed)
    if (seen.size >= REMEMBERED) seen.clear()
    seen.set(url, found)
    return found
  }
  return { match, narrow: (other) => remembering((parsed) => other.match(parsed.href) && match(parsed.href)) }
}

function parseResource(resource: unknown, index: number, allowInsecureHttp: boolean): Resource {
  const name = `resources[${String(index)}]`
  const text = String(resource)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash) {
    throw invalidOption(name, 'an absolute URL of scheme, host and path', resource)
  }
  if (url.protocol === 'http:' && !allowInsecureHttp && !isLoopback(url.hostname)) {
    throw invalidOption(name, 'https, or http on loopback', resource)
  }
  return { origin: url.origin, path: url.pathname.replace(/\/$/, '') }
}

function isLoopback(host: string): boolean {
  return host === '[::1]' || host === 'localhost' || host.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(host)
}

/** Below the path at a segment boundary, also as a server might read it that decodes dots and slashes. */
function isBelow(pathname: string, path: string): boolean {
  if (pathname !== path && !pathname.startsWith(`${path}/`)) return false
  return path === '' || !/%2e|%2f|%5c/i.test(pathname.slice(path.length)) || staysBelow(pathname.slice(path.length))
}

function staysBelow(rest: string): boolean {
  let depth = 0
  for (const segment of rest
    .replace(/%2f|%5c/gi, '/')
    .replace(/%2e/gi, '.')
    .split('/')) {
    if (segment === '..') depth -= 1
    else if (segment !== '' && segment !== '.') depth += 1
    if (depth < 0) return false
  }
  return true
}
