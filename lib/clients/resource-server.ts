// Options that both clients share, and the resource server of one client: allowed URLs, breakers, and the placement of the token.
import type { Match } from '../definitions/definition.ts'
import { matches } from '../definitions/json-path.ts'
import { isSecretHeader, type TokenRoot } from '../definitions/resource-server.ts'
import { invalidOption } from '../errors.ts'
import { type AllowedUrls, allowedUrls } from '../request/allowed-urls.ts'
import type { RequestHeaders } from '../request/send-with-token.ts'
import { type Field, placeToken, type TokenPlacement, withFields } from '../request/token-placement.ts'
import { type OriginBreaker, OriginBreakers } from '../token/origin-breaker.ts'
import type { TokenSource } from '../token/token-source.ts'
import type { Token } from '../token/token.ts'
import {
  callable,
  checkAll,
  type Checks,
  duration,
  flag,
  paths,
  urls,
  type Check,
  word,
} from '../util/check-options.ts'
import { systemClock } from '../util/clock.ts'
import { pageBase, parseUrl, type Resource, withoutSlashes } from '../util/url.ts'
import { isSent } from './header-names.ts'
import { newManager } from '../token/token-manager.ts'
import type { TokenRequestsVia } from '../token/token-grant.ts'

/** The given token source, or a manager with the given options. `via`: how its token requests travel unless they name a transport. */
export function tokenSourceOf(given: unknown, via: TokenRequestsVia): TokenSource {
  if (typeof given !== 'object' || given === null)
    throw invalidOption('tokens', 'a manager, another TokenSource, or the options of a manager', given)
  return isSource(given) ? given : newManager(given, via)
}

function isSource(given: object): given is TokenSource {
  return ['peek', 'token', 'renew'].every((method) => typeof Reflect.get(given, method) === 'function')
}

/** Sends or rejects a request while nobody is logged in. A request whose token could not be obtained is always rejected. */
export type WhenSignedOut = 'send' | 'reject'

export const whenSignedOut: Check = word('send', 'reject')

/** Options of one request: `tokenflight` in its config or init. */
export interface RequestOptions<Body> {
  /** Makes a new body for a replay: a stream can be sent once only. @default a request with a stream is not sent again */
  readonly body?: () => Body
  /** Sends the request without a token, or rejects it, while nobody is logged in. @default that of the client */
  readonly whenSignedOut?: WhenSignedOut
}

const REQUEST_CHECKS: Checks = { body: callable, whenSignedOut }

/** The options of a request; throws a `TypeError` for an invalid one. */
export function requestOptions<Body>(option: false | RequestOptions<Body> | undefined): RequestOptions<Body> {
  if (option === undefined || option === false) return NONE
  if (typeof (option as unknown) !== 'object' || (option as unknown) === null)
    throw invalidOption('tokenflight', 'false, or { body, whenSignedOut }', option)
  checkAll(option, REQUEST_CHECKS, 'tokenflight.')
  return option
}

const NONE = Object.freeze({})

/** Options that both clients share. */
export interface ClientOptions<HttpResponse> {
  /** URLs whose origin and path prefix may receive the token; narrows those of the provider. @default the provider's API, or else an instance's `baseURL` */
  readonly resources?: readonly (string | URL)[]
  /** Exact paths, appended to the first of the resources, whose requests carry no token, e.g. a login; those of the provider carry none either. */
  readonly publicPaths?: readonly string[]
  /** Sends requests without a token, or rejects them, while nobody is logged in. @default 'reject' */
  readonly whenSignedOut?: WhenSignedOut
  /**
   * Whether a response rejects the token. `fetch`: the body is a copy and may be read. axios: the data is transformed; a stream in it is the
   * caller's and must not be read. @default status 401, or the rule of the provider
   */
  readonly isAuthFailure?: (response: HttpResponse) => boolean | Promise<boolean>
  /**
   * Milliseconds for which an API may reject a token after it was issued: a rejected request is sent again with the previous token, or else
   * with the same token after that time. @default that of the provider, or else 0
   */
  readonly propagationDelay?: number
  /**
   * Headers for each sending of a request with a token, the replay too: a nonce, a time stamp, a signature. Headers that the caller has set
   * count before them. Redirects do not carry them to other origins, and `fetch` refuses redirects. A request rejects with what the function
   * throws, and with a `TypeError` for a value that no header can carry.
   */
  readonly headers?: RequestHeaders
  /** Lets the token travel over http to hosts that are not loopback. @default false */
  readonly dangerouslyAllowInsecureHttp?: boolean
}

/** The root of the API that a token names. */
interface NamedRoot {
  readonly token: Token
  readonly url: string
  readonly allowedUrls: AllowedUrls
}

export class ResourceServerAccess {
  readonly #allowedUrls: AllowedUrls
  readonly #source: TokenSource
  readonly #tokenRoot: TokenRoot | undefined
  readonly #allowInsecureHttp: boolean
  #named: NamedRoot | undefined
  #token: Token | undefined
  #placement: TokenPlacement | undefined

  readonly breakers: OriginBreakers
  /** Milliseconds that the resource server may take to accept a new token. */
  readonly propagationDelay: number
  /** Whether headers beside that of the token differ by token or by sending. */
  readonly fieldsVary: boolean
  /** Makes headers for each sending. */
  readonly headers: RequestHeaders | undefined
  readonly whenSignedOut: WhenSignedOut
  /** The header of the token. A request on which the caller has set it gets no token. */
  readonly headerName: string
  /** The query parameter of the token. */
  readonly queryName: string | undefined
  /** Whether redirects forward the header of the token, or an API key, to other origins. They do, unless it is Authorization. */
  readonly headerFollowsRedirects: boolean

  constructor(source: TokenSource, options: ClientOptions<never>, fallback: string | undefined) {
    checkAll(options, CHECKS)
    this.#source = source
    const { placement, headers = {}, propagationDelay = 0, tokenRoot } = source.resourceServer ?? {}
    this.#allowInsecureHttp =
      options.dangerouslyAllowInsecureHttp ?? source.resourceServer?.dangerouslyAllowInsecureHttp ?? false
    this.#tokenRoot = tokenRoot
    this.#allowedUrls = allowedUrlsOf(source, options, fallback, this.#allowInsecureHttp)
    this.breakers = source.breakers ?? new OriginBreakers(systemClock)
    this.headers = options.headers
    this.fieldsVary = this.headers !== undefined || source.resourceServer?.fieldsOf !== undefined
    this.propagationDelay = options.propagationDelay ?? propagationDelay
    this.whenSignedOut = options.whenSignedOut ?? 'reject'
    this.headerName = placement && 'header' in placement ? placement.header : 'Authorization'
    this.queryName = placement && 'query' in placement ? placement.query : undefined
    this.headerFollowsRedirects =
      this.headers !== undefined ||
      this.headerName.toLowerCase() !== 'authorization' ||
      Object.entries(headers).some(isSecretHeader)
  }

  /** URLs that may receive the token; every relative URL where tokens name the root of the API. */
  get resources(): readonly Resource[] {
    const { resources } = this.#allowedUrls
    return this.hasTokenRoot ? [...resources, { origin: '', path: '' }] : resources
  }

  /** Whether each token names the root of its API. */
  get hasTokenRoot(): boolean {
    return this.#tokenRoot !== undefined
  }

  /** Throws a `TypeError` if the platform removes the header of the token from every request. No platform removes Authorization. */
  checkHeader(): void {
    if (this.headerFollowsRedirects && !isSent(this.headerName))
      throw invalidOption('placement', 'a header that this platform sends', this.headerName)
  }

  /** Throws a `TypeError` for a mode with which the platform removes the header of the token: the request would be sent without one. */
  checkMode(option: string, mode: unknown): void {
    if (mode !== 'no-cors' || this.queryName !== undefined || isSent(this.headerName, { mode })) return
    const expected = `one that keeps ${this.headerName} (or \`tokenflight: false\`, for a request without a token)`
    throw invalidOption(option, expected, mode)
  }

  /**
   * The breaker of the URL's origin; undefined if the URL must not receive the token. Without a token, where tokens name the root of the API:
   * undefined if it must not receive any.
   */
  breakerFor(url: string, token?: Token): OriginBreaker | undefined {
    if (this.#tokenRoot) {
      if (!token && isRelative(url)) return this.breakers.at(this.#named?.allowedUrls.resources[0]?.origin ?? '')
      if (token && !this.#rootOf(token, this.#tokenRoot).allowedUrls.match(url)) return undefined
    }
    const resource = this.#allowedUrls.match(url, pageBase)
    return resource && this.breakers.at(resource.origin)
  }

  /** The URL of a request on the page's base of now, which may change. Without a page, and where a token names the root of the API, as it is. */
  absoluteUrl(url: string): string {
    const base = this.#tokenRoot && isRelative(url) ? undefined : pageBase()
    return base === undefined ? url : (parseUrl(url, base)?.href ?? url)
  }

  /** The URL of a request with the token: a relative one is below the root that the token names. */
  urlFor(url: string, token: Token): string {
    if (!this.#tokenRoot || !isRelative(url)) return url
    return `${withoutSlashes(this.#rootOf(token, this.#tokenRoot).url)}/${url.replace(/^[\\/]/, '')}`
  }

  #rootOf(token: Token, { of }: TokenRoot): NamedRoot {
    if (this.#named?.token === token) return this.#named
    const url = of(token.kept ?? {})
    return (this.#named = {
      token,
      url,
      allowedUrls: allowedUrls([url], { allowInsecureHttp: this.#allowInsecureHttp }),
    })
  }

  /** The placement of a token, computed once per token, with the headers of one sending. */
  placement(token: Token, own: readonly Field[]): TokenPlacement {
    if (!this.#placement || this.#token !== token) {
      this.#token = token
      const { resourceServer } = this.#source
      const fields = resourceServer?.fieldsOf?.((token as Partial<Token> | undefined)?.kept ?? {})
      this.#placement = placeToken(token, fields ?? resourceServer)
    }
    return own.length === 0 ? this.#placement : withFields(this.#placement, own)
  }
}

/** Whether a URL has neither a scheme nor a host. */
function isRelative(url: string): boolean {
  // The parser skips spaces and control characters at the beginning.
  return !/^[\0-\x20]*(?:[a-z][a-z\d+.-]*:|[\\/]{2})/i.test(url)
}

const CHECKS: Checks = {
  resources: urls,
  publicPaths: paths,
  whenSignedOut,
  isAuthFailure: callable,
  propagationDelay: duration,
  headers: callable,
  dangerouslyAllowInsecureHttp: flag,
}

function allowedUrlsOf(
  { resourceServer }: TokenSource,
  { resources, publicPaths = [] }: ClientOptions<never>,
  fallback: string | undefined,
  allowInsecureHttp: boolean,
): AllowedUrls {
  const known = resourceServer?.tokenRoot?.patterns ?? resourceServer?.resources
  const allowed = known?.length
    ? allowedUrls(known, {
        allowInsecureHttp,
        arePatterns: resourceServer?.tokenRoot !== undefined,
        publicPaths: [...(resourceServer?.publicPaths ?? []), ...(resources ? [] : publicPaths)],
      })
    : undefined
  const requested = resources ?? (allowed || fallback === undefined ? undefined : [fallback])
  if (requested) {
    const narrowed = allowedUrls(requested, { allowInsecureHttp, publicPaths })
    return allowed ? allowed.intersect(narrowed) : narrowed
  }
  if (allowed) return allowed
  throw invalidOption('resources', "the URLs that may receive the token, e.g. ['https://api.example.com']", resources)
}

/** Whether a rule names a status below 400. Rules that name none are about 400 and above. */
export function hasRuleForSuccess(rejectedWhen: readonly Match[] = []): boolean {
  return rejectedWhen.some(({ status = 400 }) => [status].flat().some((each) => each < 400))
}

/** Whether a response rejects the token by a rule of the provider. The body is read only if a rule needs it. */
export async function matchesRejection(
  rejectedWhen: readonly Match[] | undefined,
  status: number,
  readBody: () => unknown,
): Promise<boolean> {
  const candidates = (rejectedWhen ?? []).filter(({ status: named }) =>
    named === undefined ? status >= 400 : [named].flat().includes(status),
  )
  if (candidates.length === 0) return false
  if (candidates.some(({ at }) => at === undefined)) return true
  try {
    const body: unknown = await readBody()
    return matches(candidates, status, typeof body === 'string' ? JSON.parse(body) : body)
  } catch {
    // A body that is not JSON matches no rule.
    return false
  }
}
