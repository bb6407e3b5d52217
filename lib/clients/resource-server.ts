// The resource server as a client sees it: allowed URLs, breakers, and the placement of the token.
import type { Match } from '../definitions/definition.ts'
import { matches } from '../definitions/json-path.ts'
import { invalidOption } from '../errors.ts'
import { type AllowedUrls, allowedUrls } from '../request/allowed-urls.ts'
import { OriginBreaker } from '../request/origin-breaker.ts'
import { placeToken, type TokenPlacement } from '../request/token-placement.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { Token } from '../token/token.ts'
import { callable, checkAll, type Checks, flag, urls } from '../util/check-options.ts'
import { parseUrl } from '../util/url.ts'

/** Options of a binding, whatever its tokens come from. */
export interface ClientOptions<Answer> {
  /** URLs whose origin and path prefix may receive the token; narrows what the provider allows. @default the provider's API, or else an instance's `baseURL` */
  readonly resources?: readonly (string | URL)[]
  /** Whether an answer means "this token is no good". @default status 401, or what the provider says */
  readonly isAuthFailure?: (answer: Answer) => boolean | Promise<boolean>
  /** Lets the token travel over http to hosts that are not loopback. @default false */
  readonly dangerouslyAllowInsecureHttp?: boolean
}

export class ResourceServerAccess {
  readonly #allowedUrls: AllowedUrls
  readonly #source: TokenSource
  readonly #breakers = new Map<string, OriginBreaker>()
  #token: Token | undefined
  #placement: TokenPlacement | undefined

  /** The header by which a caller speaks for a request, and the token goes on it. */
  readonly headerName: string
  /** The parameter of the query that carries the token. */
  readonly queryName: string | undefined
  /** Whether redirects carry the token along to other origins: every header but Authorization is. */
  readonly headerFollowsRedirects: boolean

  constructor(source: TokenSource, options: ClientOptions<never>, fallback: string | undefined) {
    checkAll(options, CHECKS)
    this.#source = source
    this.#allowedUrls = allowedUrlsOf(source, options, fallback)
    const { placement } = source.resourceServer ?? {}
    this.headerName = placement && 'header' in placement ? placement.header : 'Authorization'
    this.queryName = placement && 'query' in placement ? placement.query : undefined
    this.headerFollowsRedirects = this.headerName.toLowerCase() !== 'authorization'
  }

  /** Where the URL leads, if it may receive the token. */
  breaker(url: string): OriginBreaker | undefined {
    const match = this.#allowedUrls.match(url, documentBase)
    if (!match) return undefined
    const known = this.#breakers.get(match.origin)
    if (known) return known
    const breaker = new OriginBreaker(match.origin)
    this.#breakers.set(match.origin, breaker)
    return breaker
  }

  /** What goes on a request with this token: worked out once per token. */
  placement(token: Token): TokenPlacement {
    if (this.#placement && this.#token === token) return this.#placement
    this.#token = token
    return (this.#placement = placeToken(token, this.#source.resourceServer))
  }
}

/** What the platform resolves relative URLs against, in a browser; nothing where two answers are possible. */
function documentBase(): string | undefined {
  const { document, location } = globalThis as { document?: { baseURI?: string }; location?: { href: string } }
  const base = document?.baseURI ?? location?.href
  return base && location && parseUrl(base)?.origin === parseUrl(location.href)?.origin ? base : undefined
}

const CHECKS: Checks = { resources: urls, isAuthFailure: callable, dangerouslyAllowInsecureHttp: flag }

function allowedUrlsOf(
  source: TokenSource,
  { resources, dangerouslyAllowInsecureHttp }: ClientOptions<never>,
  fallback: string | undefined,
): AllowedUrls {
  const { resourceServer: site } = source
  const allowInsecureHttp = dangerouslyAllowInsecureHttp ?? site?.dangerouslyAllowInsecureHttp ?? false
  const allowed = site?.resources.length
    ? allowedUrls(site.resources, { allowInsecureHttp, open: site.publicPaths })
    : undefined
  const wanted = resources ?? (allowed || fallback === undefined ? undefined : [fallback])
  if (wanted) {
    const narrowed = allowedUrls(wanted, { allowInsecureHttp })
    return allowed ? allowed.intersect(narrowed) : narrowed
  }
  if (allowed) return allowed
  throw invalidOption('resources', "the URLs that may receive the token, e.g. ['https://api.example.com']", resources)
}

/** Whether a provider means "this token is no good" by an answer; its body is read only where that decides. */
export async function matchesRejection(
  refused: readonly Match[] | undefined,
  status: number,
  readBody: () => unknown,
): Promise<boolean> {
  const candidates = (refused ?? []).filter((match) => [match.status ?? status].flat().includes(status))
  if (candidates.length === 0) return false
  if (candidates.some(({ at }) => at === undefined)) return true
  try {
    const body: unknown = await readBody()
    return matches(candidates, status, typeof body === 'string' ? JSON.parse(body) : body)
  } catch {
    // What cannot be read as JSON says nothing.
    return false
  }
}
