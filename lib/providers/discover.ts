// `discover()`: a provider from the metadata that an authorization server publishes (RFC 8414, OpenID Connect Discovery 1.0).
import { invalidOption, TokenRequestError, TokenResponseError } from '../errors.ts'
import { fetchTransport } from '../token-endpoint/fetch-transport.ts'
import { redact } from '../token-endpoint/redact.ts'
import { noResponse } from '../token-endpoint/request-token.ts'
import { parseAnswer } from '../token-endpoint/token-response.ts'
import type { TokenTransport, WireResult } from '../token-endpoint/transport.ts'
import { Deadline, raceAbort } from '../util/abort.ts'
import { callable, checkOne, object, word } from '../util/check-options.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { defined, type Fields, isObject } from '../util/objects.ts'
import { isSecure, parseUrl, withoutSlashes } from '../util/url.ts'
import { freeze } from './define-provider.ts'
import { AUTHENTICATION, oauth2, type OAuth2Options, type OAuth2Provider } from './oauth2.ts'

type ClientAuthentication = OAuth2Options['clientAuthentication']

/** The options that the server's metadata give. */
const PUBLISHED: readonly string[] = [
  'tokenEndpoint',
  'authorizationEndpoint',
  'pushedAuthorizationRequestEndpoint',
  'revocationEndpoint',
  'introspectionEndpoint',
  'deviceAuthorizationEndpoint',
  'issuer',
  'authorizationResponseIssParameterSupported',
] satisfies (keyof OAuth2Options)[]

/** Options of {@link discover}: those of `oauth2`, without those that the metadata give. */
export interface DiscoveryOptions extends Pick<
  OAuth2Options,
  | 'basicStyle'
  | 'grants'
  | 'extensionGrants'
  | 'pkce'
  | 'authorizationParams'
  | 'scope'
  | 'resource'
  | 'audience'
  | 'params'
  | 'encoding'
  | 'renewal'
  | 'api'
  | 'headers'
  | 'placement'
  | 'id'
  | 'dangerouslyAllowInsecureHttp'
> {
  /** Client authentication. Of a list, in the order of preference, the first that the server supports is used. */
  readonly clientAuthentication: ClientAuthentication | readonly ClientAuthentication[]
  /** Requests the metadata. @default `fetchTransport()` */
  readonly transport?: TokenTransport
  /** Keeps metadata by issuer, for further calls: a `Map`. @default metadata is requested at each call */
  readonly cache?: DiscoveryCache
  /** Time, for tests. @default that of the system */
  readonly clock?: Clock
}

/** Metadata by issuer. @see RFC 8414, section 2 */
export interface DiscoveryCache {
  /** The metadata of an issuer, if it is known or requested. */
  get(issuer: string): Promise<Fields> | undefined
  /** Keeps metadata from the time it is requested. */
  set(issuer: string, metadata: Promise<Fields>): unknown
  /** Removes metadata whose request failed. */
  delete(issuer: string): unknown
}

/** Any of the ways to authenticate: only at run time is it known which credentials are used. */
interface AnyAuthentication {
  readonly params: {
    readonly client_id: '{clientId}'
    readonly client_secret: '{clientSecret?}'
    readonly client_assertion: '{clientAssertion?}'
  }
}

type OptionsOf<O extends DiscoveryOptions> = Omit<O, 'clientAuthentication' | 'transport' | 'cache' | 'clock'> & {
  readonly tokenEndpoint: string
  readonly clientAuthentication: Extract<O['clientAuthentication'], string>
}

type ProviderOf<O> = O extends OAuth2Options ? OAuth2Provider<O> : never

/** The provider that {@link discover} gives. */
export type DiscoveredProvider<O extends DiscoveryOptions> = O['clientAuthentication'] extends string
  ? ProviderOf<OptionsOf<O>>
  : Omit<ProviderOf<OptionsOf<O>>, 'token'> & { readonly token: { readonly url: string } & AnyAuthentication }

/**
 * Makes a provider from the metadata of an authorization server: its endpoints, client authentication and PKCE. Requests
 * `/.well-known/openid-configuration` of the issuer, or else `/.well-known/oauth-authorization-server`. It follows no redirect and reads at
 * most 1 MiB, within 30 seconds.
 * @throws `TypeError` for an invalid option, and for an issuer that is not https
 * @throws `TokenResponseError` for metadata of another issuer (reason `issuer`), or that the options do not fit (`metadata`)
 * @throws `TokenRequestError` where no metadata can be obtained
 * @see RFC 8414, sections 2 and 3; OpenID Connect Discovery 1.0, section 4
 */
export async function discover<const O extends DiscoveryOptions>(
  issuer: string | URL,
  options: O & DiscoveryOptions & Readonly<Record<Exclude<keyof O, keyof DiscoveryOptions>, never>>,
): Promise<DiscoveredProvider<O>> {
  const { transport, cache, clock, ...given } = checkDiscovery(options)
  const { dangerouslyAllowInsecureHttp: insecure = false } = given
  const url = issuerUrl(issuer, insecure)
  const metadata = await cached(cache, url.href, () => fetchMetadata(url, transport, clock))
  const found = new Metadata(metadata, url, insecure)
  found.checkIssuer(issuer)
  const methods = [given.clientAuthentication].flat()
  const clientAuthentication = found.authentication(methods)
  const { grants = [], id = url.host, pkce = found.supportsPkce } = given
  const provider = oauth2({
    ...given,
    ...defined({
      id,
      pkce,
      clientAuthentication,
      issuer: found.text('issuer'),
      tokenEndpoint: found.endpoint('token_endpoint', true),
      authorizationEndpoint: found.endpoint('authorization_endpoint', grants.includes('authorization_code')),
      pushedAuthorizationRequestEndpoint: found.endpoint('pushed_authorization_request_endpoint', false),
      deviceAuthorizationEndpoint: found.endpoint('device_authorization_endpoint', grants.includes('device_code')),
      revocationEndpoint: found.endpoint('revocation_endpoint', false),
      introspectionEndpoint: found.endpoint('introspection_endpoint', false),
      authorizationResponseIssParameterSupported: found.issParameter,
    }),
  } as OAuth2Options)
  const otherCredentials = methods.flatMap((method) => CREDENTIAL[method] ?? [])
  return freeze({ ...provider, otherCredentials }) as unknown as DiscoveredProvider<O>
}

/** The credential that proves the client, beside its identifier. */
const CREDENTIAL: Readonly<Partial<Record<ClientAuthentication, string>>> = {
  client_secret_basic: 'clientSecret',
  client_secret_post: 'clientSecret',
  private_key_jwt: 'clientAssertion',
  client_secret_jwt: 'clientAssertion',
}

const SAMPLE = 'https://as.example'

const isMap = (value: unknown): boolean =>
  isObject(value) && ['get', 'set', 'delete'].every((name) => typeof value[name] === 'function')

type Checked = DiscoveryOptions & Required<Pick<DiscoveryOptions, 'transport' | 'clock'>>

/** Throws a `TypeError` for an invalid option: `oauth2()` checks those that are its own, with endpoints that are not asked for. */
function checkDiscovery(options: DiscoveryOptions): Checked {
  checkOne('discover', options, object)
  const { transport = fetchTransport(), clock = systemClock, cache, clientAuthentication, ...rest } = options
  checkOne('discover.transport', transport, callable)
  if (cache !== undefined) checkOne('discover.cache', cache, ['a Map', isMap])
  const published = Object.keys(rest).find((name) => PUBLISHED.includes(name))
  if (published !== undefined)
    throw invalidOption(
      `discover.${published}`,
      "nothing: the server's metadata give it",
      rest[published as keyof typeof rest],
    )
  const given = [clientAuthentication].flat()
  for (const method of given.length > 0 ? given : [undefined])
    checkOne('discover.clientAuthentication', method, word(...Object.keys(AUTHENTICATION)))
  const [method] = given
  oauth2({
    ...rest,
    ...defined({ clientAuthentication: method }),
    tokenEndpoint: SAMPLE,
    authorizationEndpoint: SAMPLE,
    deviceAuthorizationEndpoint: SAMPLE,
  } as OAuth2Options)
  return { ...options, transport, clock }
}

function issuerUrl(issuer: string | URL, insecure: boolean): URL {
  const url = parseUrl(issuer)
  if (!url || !isSecure(url, insecure) || url.search || url.hash || url.username || url.password)
    throw invalidOption('issuer', 'an https URL without query and fragment (http on loopback only)', issuer)
  if (url.pathname.includes('/.well-known/'))
    throw invalidOption('issuer', 'the issuer itself, without /.well-known/ and what follows', issuer)
  return url
}

async function cached(
  cache: DiscoveryCache | undefined,
  issuer: string,
  fetch: () => Promise<Fields>,
): Promise<Fields> {
  const metadata = cache?.get(issuer) ?? fetch()
  cache?.set(issuer, metadata)
  return metadata.catch((error: unknown) => {
    // A failed discovery is not kept: the next caller asks again.
    cache?.delete(issuer)
    throw error
  })
}

const TIMEOUT = 30_000

async function fetchMetadata(issuer: URL, transport: TokenTransport, clock: Clock): Promise<Fields> {
  const { origin, host } = issuer
  const path = withoutSlashes(issuer.pathname)
  const deadline = new Deadline(clock, TIMEOUT)
  deadline.hold()
  let status = 0
  try {
    for (const url of [
      `${origin}${path}/.well-known/openid-configuration`,
      `${origin}/.well-known/oauth-authorization-server${path}`,
    ]) {
      const result = await get(url, transport, deadline.signal)
      if ('failure' in result) throw noResponse(host, 'the discovery', result, url)
      const { body, ...answer } = parseAnswer(result)
      status = answer.status
      if (status >= 200 && status < 300 && isObject(body)) return body
      if (status === 429 || status >= 500) break
    }
  } catch (error) {
    if (!deadline.signal.aborted) throw error
    throw new TokenRequestError(host, 'the discovery was not answered within 30 seconds', { reason: 'timeout' })
  } finally {
    deadline.end()
  }
  const reason = status === 429 || status >= 500 ? 'unavailable' : 'blocked'
  const message = `the discovery was answered with status ${String(status)} and no metadata`
  throw new TokenRequestError(host, message, { reason, status })
}

function get(url: string, transport: TokenTransport, signal: AbortSignal): Promise<WireResult> {
  const request = { method: 'GET', url, headers: { accept: 'application/json' } }
  const call = { signal, prepare: () => Promise.resolve(request), again: () => Promise.resolve(false) }
  return raceAbort(
    transport(call).catch((): WireResult => ({ failure: 'lost' })),
    signal,
  )
}

/** The metadata of a server, read as far as a provider needs it. @see RFC 8414, section 2 */
class Metadata {
  readonly #fields: Fields
  readonly #url: URL
  readonly #insecure: boolean

  constructor(fields: Fields, url: URL, insecure: boolean) {
    this.#fields = fields
    this.#url = url
    this.#insecure = insecure
  }

  /** Throws for another issuer: its tokens are not those that were asked for. @see RFC 8414, section 3.3 */
  checkIssuer(asked: string | URL): void {
    const { href } = this.#url
    // A URL object has a slash at its end where the text of an issuer may have none.
    const names = typeof asked === 'string' ? [asked] : [href, withoutSlashes(href)]
    const named = this.text('issuer')
    if (named !== undefined && names.includes(named)) return
    const hint = withoutSlashes(named ?? '') === withoutSlashes(href) ? ', which differs by the slash at its end' : ''
    throw this.#wrong(`is of another issuer, ${redact(named ?? 'none', [])}${hint}`, 'issuer')
  }

  /** The first method that the server supports; it need not list `none`. */
  authentication(methods: readonly ClientAuthentication[]): ClientAuthentication {
    const supported = this.#texts('token_endpoint_auth_methods_supported') ?? ['client_secret_basic']
    const chosen = methods.find((method) => method === 'none' || supported.includes(method))
    if (chosen !== undefined) return chosen
    const offered = redact(supported.join(', '), [])
    throw this.#wrong(`has none of the client authentication ${methods.join(', ')}, but ${offered}`)
  }

  /** @see RFC 7636; RFC 8414, section 2 */
  get supportsPkce(): boolean {
    return this.#texts('code_challenge_methods_supported')?.includes('S256') ?? true
  }

  /** @see RFC 9207, section 3 */
  get issParameter(): boolean {
    return this.#fields['authorization_response_iss_parameter_supported'] === true
  }

  text(name: string): string | undefined {
    const value = this.#fields[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** Throws for an endpoint that is not https, or is missing although it is needed. */
  endpoint(name: string, isNeeded: boolean): string | undefined {
    const value = this.#fields[name]
    if (value === undefined || value === null) {
      if (isNeeded) throw this.#wrong(`has no ${name}`)
      return undefined
    }
    const url = parseUrl(this.text(name) ?? '')
    const mayBeHttp = this.#url.protocol === 'http:' && url !== undefined && isSecure(url, this.#insecure)
    if (!url || url.hash || !(url.protocol === 'https:' || mayBeHttp))
      throw this.#wrong(`has a ${name} that is no https URL`)
    // In a definition braces are placeholders.
    return this.text(name)?.replaceAll('{', '%7B').replaceAll('}', '%7D')
  }

  #texts(name: string): readonly string[] | undefined {
    const value = this.#fields[name]
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : undefined
  }

  #wrong(why: string, reason: 'issuer' | 'metadata' = 'metadata'): TokenResponseError {
    return new TokenResponseError(this.#url.host, `the metadata ${why}`, { reason, status: 200 })
  }
}
