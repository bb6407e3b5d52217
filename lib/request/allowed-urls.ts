// URLs that may receive the token. They are compared in the form in which they are sent: as the WHATWG parser reads them.
import { invalidOption } from '../errors.ts'
import { parseResources, parseUrl, type Resource } from '../util/url.ts'

export interface AllowedUrls {
  readonly resources: readonly Resource[]
  /** Origin and path of URLs that are sent without a token. */
  readonly publicUrls: readonly string[]
  /** The resource that contains a URL; undefined if the URL must not receive the token. */
  match(url: string | URL, base?: () => string | undefined): Resource | undefined
  /** The URLs that both allow. Throws a `TypeError` for a resource of `other` that has nothing in common with this. */
  intersect(other: AllowedUrls): AllowedUrls
}

interface AllowedUrlsOptions {
  /** http to hosts that are not loopback. @default false */
  readonly allowInsecureHttp?: boolean
  /** Paths below the first resource that are sent without a token. */
  readonly publicPaths?: readonly string[] | undefined
  /** Whether `*` in a resource stands for a label of its host, or for a segment of its path. @default false */
  readonly arePatterns?: boolean
}

export function allowedUrls(
  resources: readonly (string | URL)[],
  { allowInsecureHttp = false, publicPaths = [], arePatterns = false }: AllowedUrlsOptions = {},
): AllowedUrls {
  const parsed = parseResources(resources, allowInsecureHttp)
  if (arePatterns) return createAllowedUrls(parsed.map(asPattern), [], publicPatterns(parsed, publicPaths))
  return createAllowedUrls(
    parsed,
    publicPaths.map((path) => `${parsed[0]?.origin ?? ''}${parsed[0]?.path ?? ''}${path}`),
  )
}

function createAllowedUrls(
  resources: readonly Resource[],
  publicUrls: readonly string[],
  publicPatterns: readonly RegExp[] = [],
): AllowedUrls {
  const patterns = resources.map(normalizedPattern)
  return {
    resources,
    publicUrls,
    match(url, base) {
      if (typeof url === 'string') {
        // The hot path: no function is made for a call.
        for (let index = 0; index < patterns.length; index += 1) {
          if (!patterns[index]?.test(url)) continue
          for (const each of publicUrls) if (hasOriginAndPath(url, each)) return undefined
          return resources[index]
        }
      }
      const parsed = parseUrl(url, base?.())
      // A user in the URL authenticates the request already.
      if (!parsed || parsed.username || parsed.password) return undefined
      const { origin, pathname } = parsed
      if (publicUrls.includes(origin + pathname)) return undefined
      if (publicPatterns.some((pattern) => pattern.test(origin + pathname))) return undefined
      for (const each of resources) {
        const resource = each.pattern ? matched(each, origin, pathname) : each
        if (resource?.origin === origin && isBelow(pathname, resource.path)) return resource
      }
      return undefined
    },
    intersect: (other) =>
      createAllowedUrls(
        other.resources.flatMap((resource, index) => {
          const common = resources.flatMap((allowed) => overlap(allowed, resource) ?? [])
          if (common.length > 0) return common
          throw invalidOption(
            `resources[${String(index)}]`,
            'a URL below the resources or the API of the manager',
            resource.origin,
          )
        }),
        [...publicUrls, ...other.publicUrls],
        publicPatterns,
      ),
  }
}

/** Matches URLs below the resource that neither the parser nor any server changes. Other URLs need the parser. */
function normalizedPattern({ origin, path }: Resource): RegExp {
  return new RegExp(`^${escaped(origin + path)}(?:\\/(?!\\.)[\\w!$&'()*+,=:@~.-]*)*(?:[?#]|$)`)
}

/** Whether a URL without its query and fragment equals `originAndPath`. */
function hasOriginAndPath(url: string, originAndPath: string): boolean {
  const { length } = originAndPath
  return url.startsWith(originAndPath) && (url.length === length || '?#'.includes(url.charAt(length)))
}

/** Whether a URL may be below resources of both. */
export function haveCommonUrls(one: readonly Resource[], other: readonly Resource[]): boolean {
  return one.some((resource) => other.some((each) => overlap(resource, each) !== undefined))
}

/** The narrower of two resources; undefined if neither contains the other. */
function overlap(given: Resource, other: Resource): Resource | undefined {
  if (other.pattern && !given.pattern) return overlap(other, given)
  const one = given.pattern ? (matched(given, other.origin, other.path) ?? inOrigin(given, other.origin)) : given
  if (one?.origin !== other.origin) return undefined
  return isBelow(other.path, one.path) ? other : isBelow(one.path, other.path) ? one : undefined
}

/** The resource of a pattern that the URL is below, if any. */
function matched({ pattern }: Resource, origin: string, pathname: string): Resource | undefined {
  const found = pattern?.exec(origin + pathname)?.[0]
  return found === undefined ? undefined : { origin, path: found.slice(origin.length) }
}

/** The pattern in an origin that it contains. */
function inOrigin({ origin: pattern, path }: Resource, origin: string): Resource | undefined {
  const isIn = new RegExp(`^${withWildcards(pattern, LABEL)}$`).test(origin)
  return isIn ? asPattern({ origin, path }) : undefined
}

function asPattern(resource: Resource): Resource {
  return { ...resource, pattern: new RegExp(`^${patternOf(resource)}(?![^/])`) }
}

function publicPatterns(patterns: readonly Resource[], paths: readonly string[]): readonly RegExp[] {
  return patterns.flatMap((each) => paths.map((path) => new RegExp(`^${patternOf(each)}${escaped(path)}$`)))
}

function patternOf({ origin, path }: Resource): string {
  return withWildcards(origin, LABEL) + withWildcards(path, '[^/]+')
}

const LABEL = '[^/:.]+'

function withWildcards(pattern: string, wildcard: string): string {
  return pattern.split('*').map(escaped).join(wildcard)
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

/** Whether a path is below another at a segment boundary, also for a server that decodes escapes which the parser leaves encoded. */
function isBelow(pathname: string, path: string): boolean {
  if (pathname !== path && !pathname.startsWith(`${path}/`)) return false
  const rest = pathname.slice(path.length)
  // The parser of React Native leaves what others turn into slashes or drop; Android's does so later.
  if (path !== '' && /[\\\t\n\f\r]/.test(rest)) return false
  return path === '' || !/[%;]|\/\./.test(rest) || !hasParentSegment(rest)
}

// The parser has resolved plain dot segments, except that Node 20 leaves those after a name with a leading dot: `.x/../..`. Others
// appear after decoding, maybe more than once, or end with a character that starts a parameter on some servers: `..%2f`,
// `%252e%252e/`, `..;`. Some servers remove control characters (`.%09./`), or read UTF-8 in more bytes than it needs (`%c0%ae`).
function hasParentSegment(path: string): boolean {
  for (let pass = 0; pass < 4; pass += 1) {
    const decoded = path
      .replace(OVERLONG, (_, high: string, low: string) =>
        String.fromCharCode(Number(high) * 64 + (parseInt(low, 16) & 63)),
      )
      .replace(/%(?:u00)?([0-7][\da-f])/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    const printable = decoded.replace(CONTROL_CHARACTERS, '')
    if (PARENT_SEGMENT.test(decoded) || PARENT_SEGMENT.test(printable)) return true
    if (printable === path) return false
    path = printable
  }
  return true
}

const PARENT_SEGMENT = /[/\\]\.\.(?![\w.-])/

const CONTROL_CHARACTERS = /\p{Cc}/gu

/** An ASCII character in two to six bytes of UTF-8: its highest bit, and its last byte. */
const OVERLONG = /%(?:c|(?:e0|f0%80|f8%80%80|fc%80%80%80)%8)([01])%([89ab][\da-f])/gi
