// URLs that may receive the token. They are compared as the WHATWG parser reads them, because that is how they are sent.
import { invalidOption } from '../errors.ts'
import { parseResources, parseUrl, type Resource } from '../util/url.ts'

export interface AllowedUrls {
  readonly resources: readonly Resource[]
  /** Origin and path of what takes no token. */
  readonly open: readonly string[]
  /** The resource a URL belongs to, if it may receive the token. */
  match(url: string | URL, base?: () => string | undefined): Resource | undefined
  /** What belongs to both. Throws a `TypeError` for a resource of the other that has nothing in common with this. */
  intersect(other: AllowedUrls): AllowedUrls
}

interface AllowedUrlsOptions {
  /** http to hosts that are not loopback. @default false */
  readonly allowInsecureHttp?: boolean
  /** Paths below the first resource that take no token. */
  readonly open?: readonly string[] | undefined
}

export function allowedUrls(
  resources: readonly (string | URL)[],
  { allowInsecureHttp = false, open = [] }: AllowedUrlsOptions = {},
): AllowedUrls {
  const known = parseResources(resources, allowInsecureHttp)
  return createAllowedUrls(
    known,
    open.map((path) => `${known[0]?.origin ?? ''}${known[0]?.path ?? ''}${path}`),
  )
}

function createAllowedUrls(resources: readonly Resource[], open: readonly string[]): AllowedUrls {
  const plain = resources.map(plainlyBelow)
  return {
    resources,
    open,
    match(url, base) {
      if (typeof url === 'string') {
        const index = plain.findIndex((pattern) => pattern.test(url))
        if (index >= 0) return open.some((taken) => isUpTo(url, taken)) ? undefined : resources[index]
      }
      const parsed = parseUrl(url, base?.())
      // A user in the URL is the caller's own way to authenticate.
      if (!parsed || parsed.username || parsed.password) return undefined
      const { origin, pathname } = parsed
      if (open.includes(origin + pathname)) return undefined
      return resources.find((resource) => resource.origin === origin && isBelow(pathname, resource.path))
    },
    intersect: (other) =>
      createAllowedUrls(
        other.resources.flatMap((wanted, index) => {
          const common = resources.flatMap((allowed) => overlap(allowed, wanted) ?? [])
          if (common.length > 0) return common
          throw invalidOption(`resources[${String(index)}]`, 'a URL that may receive the token', wanted.origin)
        }),
        [...open, ...other.open],
      ),
  }
}

/** URLs below the resource that the parser, and any server, would leave as they are; of others the parser must be asked. */
function plainlyBelow({ origin, path }: Resource): RegExp {
  const prefix = (origin + path).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return new RegExp(`^${prefix}(?![^/?#])(?:[\\w!$&'()*+,=:@~.-]|\\/(?!\\.))*(?:[?#]|$)`)
}

/** Whether a URL is this one, its query and fragment aside. */
function isUpTo(url: string, other: string): boolean {
  return url.startsWith(other) && (url.length === other.length || '?#'.includes(url.charAt(other.length)))
}

/** The narrower of two resources, if one lies in the other. */
function overlap(one: Resource, other: Resource): Resource | undefined {
  if (one.origin !== other.origin) return undefined
  return isBelow(other.path, one.path) ? other : isBelow(one.path, other.path) ? one : undefined
}

/** Below the path at a segment boundary, also as a server might read it that decodes what the parser leaves encoded. */
function isBelow(pathname: string, path: string): boolean {
  if (pathname !== path && !pathname.startsWith(`${path}/`)) return false
  const rest = pathname.slice(path.length)
  return path === '' || !/[%;]|\/\./.test(rest) || !climbs(rest)
}

// The parser has resolved the plain dot segments, but Node 20 leaves those behind a name with a dot in front: `.x/../..`. Others show
// when decoded, maybe more than once, or end with what some servers take for a parameter: `..%2f`, `%252e%252e/`, `..;`.
function climbs(rest: string): boolean {
  for (let pass = 0; pass < 4; pass += 1) {
    const decoded = rest.replace(/%([0-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    if (decoded === rest) return /[/\\]\.\.(?![\w.-])/.test(rest)
    rest = decoded
  }
  return true
}
