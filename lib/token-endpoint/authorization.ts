// Authorization requests and responses: URL, state, PKCE, callback (RFC 6749, sections 3.1 and 4.1; RFC 7636; RFC 9207).
import type { Authorize, ProviderDefinition } from '../definitions/definition.ts'
import { firstText } from '../definitions/json-path.ts'
import { keptPart } from '../definitions/kept.ts'
import { placeholdersIn } from '../definitions/template.ts'
import { invalidOption, OAuthError, TokenResponseError, type TokenResponseReason, unknownName } from '../errors.ts'
import type { AuthorizationExpectation, AuthorizationRequest, Values } from '../token/token-grant.ts'
import { checkOne, object } from '../util/check-options.ts'
import type { Clock } from '../util/clock.ts'
import { base64url } from '../util/encoding.ts'
import { parseUrl } from '../util/url.ts'
import { buildRequest } from './build-request.ts'
import { credential } from './check-credentials.ts'
import { noEndpoint } from './other-endpoints.ts'
import { redact } from './redact.ts'

/** A code to exchange with the values of its request, or the token itself of the implicit grant. */
export type AuthorizationResponse =
  | { readonly kind: 'code'; readonly values: Values; readonly kept: Readonly<Record<string, string>> }
  | { readonly kind: 'token'; readonly fields: URLSearchParams }

const MAX_PENDING = 1_000
const MAX_AGE_MS = 3_600_000

/** A request of this process, and when it was made, on the monotonic clock. */
type Pending = AuthorizationRequest & { readonly createdAt: number }

/** A further parameter of callbacks, and the values that it may have. */
interface CallbackField {
  readonly placeholder: string
  readonly name: string
  readonly is?: string | readonly string[]
}

export class AuthorizationRequests {
  readonly #provider: ProviderDefinition
  readonly #values: Values
  readonly #clock: Clock
  /** By state, the oldest first. */
  readonly #pending = new Map<string, Pending>()

  constructor(provider: ProviderDefinition, values: Values, clock: Clock) {
    this.#provider = provider
    this.#values = values
    this.#clock = clock
  }

  /**
   * `push` gives the answer of the endpoint for pushed requests. Rejects as it does, with a `TypeError` where the provider has no authorization
   * endpoint, and for a value that its URL has no place for.
   */
  async create(given: Values, push: (values: Values) => Promise<unknown>): Promise<AuthorizationRequest> {
    const authorize = this.#authorize
    checkValues(given, authorize)
    const state = random()
    const proof = authorize.pkce ? await proofKey() : undefined
    const values = { ...given, state, codeChallenge: proof?.codeChallenge }
    const url = await this.#url(values)
    const request = { url, state, ...(proof && { codeVerifier: proof.codeVerifier }) }
    const asked = this.#provider.pushedAuthorization
      ? { ...request, url: await this.#referringUrl(await push(values)), pushed: url }
      : request
    this.#remember(asked)
    return asked
  }

  /** @see RFC 9126, sections 2.2 and 4 */
  #referringUrl(body: unknown): Promise<string> {
    const requestUri = firstText(body, 'request_uri')
    if (requestUri !== undefined) {
      const { client_id = '{clientId}' } = this.#authorize.params
      return this.#url({ requestUri }, { client_id, request_uri: '{requestUri}' })
    }
    const message = 'the pushedAuthorization endpoint was answered with no request_uri'
    throw new TokenResponseError(this.#provider.id, message, { reason: 'unreadable', status: 200 })
  }

  /**
   * Reads a callback URL. Rejects for one that was not asked for, and for a refusal. The request of a callback that belongs to one is
   * forgotten before anything is awaited: it is used once.
   */
  async parseCallback(
    callbackUrl: string | URL,
    given: AuthorizationExpectation | undefined,
  ): Promise<AuthorizationResponse> {
    const callback = parseUrl(callbackUrl)
    if (!callback) throw invalidOption('callbackUrl', 'the absolute URL of the callback', callbackUrl)
    const { params, pkce, callback: { code: codeName = 'code', keep = {} } = {} } = this.#authorize
    if (given !== undefined) checkExpectation(given, pkce)
    const query = callback.searchParams
    const fragment = new URLSearchParams(callback.hash.slice(1))
    const {
      state,
      codeVerifier,
      url,
      pushed = url,
    } = given ?? this.#recall(query.get('state') ?? fragment.get('state'))

    const asked = new URL(pushed ?? (await this.#url({ state, codeChallenge: 'unknown' })))
    const redirectUri = asked.searchParams.get(redirectParameter(params))
    if (redirectUri !== null && !isAt(callback, redirectUri))
      throw this.#rejected(
        'redirect_uri',
        'came to another address than the redirect URI: pass the URL that the browser asked for',
      )
    const { isCode, inFragment } = responseAsked(asked.searchParams)
    const fields = inFragment && !query.has('error') ? fragment : query
    const further = Object.entries(keep).map(([placeholder, field]): CallbackField =>
      typeof field === 'string' ? { placeholder, name: field } : { placeholder, ...field },
    )
    const read = ['state', 'iss', codeName, 'error', 'access_token', ...further.map(({ name }) => name)]
    if (read.some((name) => fields.getAll(name).length > 1))
      throw this.#rejected('unreadable', 'has a parameter more than once')
    const code = fields.get(codeName)
    const error = fields.get('error')
    if (isCode && !code && error === null) throw this.#rejected('no_code', withoutCode(fields, inFragment))
    // Whoever sends a callback of their own would log their victim in to their account.
    if (fields.get('state') !== state) throw this.#rejected('state', 'has another state than the request, or none')
    this.#pending.delete(state)
    await this.#checkIssuer(fields.get('iss'), asked)
    if (error !== null) throw refused(this.#provider.id, error, fields.get('error_description'))
    if (!isCode) return { kind: 'token', fields }
    const kept: Record<string, string> = {}
    for (const { placeholder, name, is } of further) {
      const value = fields.get(name)
      const part = value && keptPart(this.#provider, placeholder, value, is)
      if (value && !part) throw this.#rejected('kept', `has another ${name} than the provider`)
      if (part) kept[placeholder] = part
    }
    const values = { ...kept, code: code ?? '', codeVerifier, ...(redirectUri !== null && { redirectUri }) }
    return { kind: 'code', values, kept }
  }

  get #authorize(): Authorize {
    const { authorize, id } = this.#provider
    if (!authorize) throw noEndpoint(id, 'authorization')
    return authorize
  }

  async #url(values: Values, params = this.#authorize.params): Promise<string> {
    const { url } = this.#authorize
    const from = { method: 'GET', url, params } as const
    return (await buildRequest(this.#provider, from, { ...this.#values, ...values })).request.url
  }

  #remember(request: AuthorizationRequest): void {
    const createdAt = this.#clock.monotonic()
    for (const [state, pending] of this.#pending) {
      if (this.#pending.size < MAX_PENDING && !this.#isTooOld(pending)) break
      this.#pending.delete(state)
    }
    this.#pending.set(request.state, { ...request, createdAt })
  }

  #recall(state: string | null): Pending {
    if (state === null) throw this.#rejected('state', 'has no state')
    const pending = this.#pending.get(state)
    if (pending && !this.#isTooOld(pending)) return pending
    const help = 'pass what authorizationUrl() gave as the second argument, or send the person there again'
    throw this.#rejected('unknown_request', `is of a request that is no longer known here, or never was; ${help}`)
  }

  #isTooOld({ createdAt }: Pending): boolean {
    return this.#clock.monotonic() - createdAt > MAX_AGE_MS
  }

  /** @see RFC 9207, section 2.4 */
  async #checkIssuer(iss: string | null, asked: URL): Promise<void> {
    const { issuer, issParameterSupported } = this.#authorize
    if (iss === null) {
      if (issParameterSupported)
        throw this.#rejected('issuer', 'does not name its issuer (iss), as the server always does')
      return
    }
    const issuers = await Promise.all(
      [issuer ?? []].flat().map((url) => buildRequest(this.#provider, { method: 'GET', url }, this.#values)),
    )
    const isRight =
      issuer === undefined ? parseUrl(iss)?.origin === asked.origin : issuers.some(({ request }) => request.url === iss)
    if (!isRight) throw this.#rejected('issuer', 'is of another issuer (iss) than the provider')
  }

  #rejected(reason: TokenResponseReason, why: string): TokenResponseError {
    return new TokenResponseError(this.#provider.id, `the callback ${why}`, { reason, status: 0 })
  }
}

/** Throws a `TypeError` for a name that fills nothing of the URL, or that the library fills. */
function checkValues(given: Values, { url, params }: Authorize): void {
  checkOne('values', given, object)
  const own = ['state', 'codeChallenge']
  const names = new Set(placeholdersIn([url, params]).map(({ name }) => name))
  const allowed = [...names].filter((name) => !own.includes(name))
  for (const [name, value] of Object.entries(given)) {
    if (!allowed.includes(name)) throw unknownName('values.', 'value', allowed, [name, value])
    if (value !== undefined) checkOne(`values.${name}`, value, credential)
  }
}

function checkExpectation(given: AuthorizationExpectation, pkce: boolean | undefined): void {
  checkOne('expected', given, object)
  for (const name of ['state', ...(pkce ? ['codeVerifier'] : [])] as const) {
    const value: unknown = given[name as keyof AuthorizationExpectation]
    if (typeof value !== 'string' || value === '')
      throw invalidOption(`expected.${name}`, `the ${name} that authorizationUrl() gave`, value)
  }
  for (const name of ['url', 'pushed'] as const)
    if (given[name] !== undefined && !parseUrl(given[name]))
      throw invalidOption(`expected.${name}`, `the ${name} that authorizationUrl() gave`, given[name])
}

const MAX_NAMES = 20

/** The message for a callback without a code; it shows names that look like such, and no value. */
function withoutCode(fields: URLSearchParams, inFragment: boolean): string {
  const names = [...new Set(fields.keys())].filter((name) => /^[\w.-]{1,40}$/.test(name)).slice(0, MAX_NAMES)
  const found = names.length === 0 ? 'no parameters' : `the parameters ${names.join(', ')}`
  const help = 'authorize.callback of the definition names the one that is the code'
  return `has neither a code nor an error in its ${inFragment ? 'fragment' : 'query'}, but ${found}; ${help}`
}

/** The name under which the provider is told the redirect URI. */
function redirectParameter(params: Authorize['params']): string {
  const named = Object.entries(params).find(([, param]) => placeholdersIn(param)[0]?.name === 'redirectUri')
  return named?.[0] ?? 'redirect_uri'
}

/** Whether the URLs differ at most in their queries and fragments. Custom schemes of native applications have no `origin`. */
function isAt(callback: URL, redirectUri: string): boolean {
  const expected = parseUrl(redirectUri)
  return (['protocol', 'host', 'pathname'] as const).every((part) => callback[part] === expected?.[part])
}

/** @see OAuth 2.0 Multiple Response Type Encoding Practices, sections 2.1 and 5 */
function responseAsked(params: URLSearchParams): { readonly isCode: boolean; readonly inFragment: boolean } {
  const types = params.get('response_type')?.split(' ') ?? ['code']
  const mode = params.get('response_mode')
  const inFragment = mode === null ? types.some((type) => type !== 'code') : mode === 'fragment'
  return { isCode: types.includes('code'), inFragment }
}

function refused(provider: string, code: string, description: string | null): OAuthError {
  const error = redact(code, [])
  const errorDescription = description === null ? undefined : redact(description, [])
  return new OAuthError(provider, `consent was refused: ${error}`, { error, errorDescription, status: 0 })
}

/** @see RFC 7636, sections 4.1 and 4.2 */
async function proofKey(): Promise<{ codeVerifier: string; codeChallenge: string }> {
  const { crypto } = globalThis as { readonly crypto?: Partial<Crypto> }
  if (!crypto?.subtle) throw missing('PKCE needs crypto.subtle: https, or a polyfill in React Native')
  const codeVerifier = random()
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier))
  return { codeVerifier, codeChallenge: base64url(new Uint8Array(digest)) }
}

function random(): string {
  const { crypto } = globalThis as { readonly crypto?: Partial<Crypto> }
  if (!crypto?.getRandomValues) throw missing('state needs crypto.getRandomValues: a polyfill in React Native')
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

function missing(what: string): TypeError {
  return new TypeError(`tokenflight: ${what}`)
}
