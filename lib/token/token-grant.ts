// The seam below the engine: how a session obtains and renews its tokens. The engine knows no protocol; the interpreter of provider
// definitions implements this interface.
import type { Credential } from '../definitions/credentials.ts'
import type { TokenError } from '../errors.ts'
import type { Clock } from '../util/clock.ts'
import type { ResourceServer } from '../definitions/resource-server.ts'
import type { Token } from './token.ts'

/** Values by placeholder name. */
export type Values = Readonly<Record<string, Credential | undefined>>

/** A token as the token endpoint describes it. */
export interface IssuedToken {
  readonly accessToken: string
  readonly scheme: 'Bearer'
  /** Milliseconds from the moment the request was sent. */
  readonly expiresIn?: number
  /** Milliseconds after which the server would like the token renewed. */
  readonly renewIn?: number
  readonly refreshToken?: string
  readonly scope?: string
  /** As it came. @see OpenID Connect Core 1.0, section 3.1.3.3 */
  readonly idToken?: string
  /** Further fields of the response that the provider keeps, by name. */
  readonly kept?: Readonly<Record<string, string>>
}

/** Why there is no token. */
export interface Failure {
  /** `transient`: later. `denied`: never with the same input. `configuration`: once somebody has changed something. */
  readonly kind: 'transient' | 'denied' | 'configuration'
  readonly error: TokenError
  /** Whether another attempt within the renewal may help. */
  readonly retry: boolean
  /** Milliseconds from now, as the server asks; an hour at most. */
  readonly retryAfter?: number
  /** The server itself refused: with a code, or by its status. */
  readonly refused?: true
  /** A refusal that, of a refresh, may mean a dead refresh token: an empty 400 or 403, `invalid_request`. */
  readonly ambiguous?: true
  /** Why the session cannot be renewed; without it the code of the error says so. */
  readonly why?: string
}

/** A question of the authorization server in place of a token, a second factor say. */
export interface PendingPrompt {
  /** The grant that answers it. */
  readonly grant: string
  /** Fields of the response that go into the answer. */
  readonly carried: Readonly<Record<string, string>>
}

export type Outcome =
  | { readonly kind: 'token'; readonly issued: IssuedToken }
  | ({ readonly kind: 'prompt' } & PendingPrompt)
  | { readonly kind: 'failure'; readonly failure: Failure }

/** The outcome of a request, and what is known of its sending. */
export type GrantResult = Outcome & {
  /** Epoch milliseconds at which the last attempt was sent: lifetimes are counted from there. */
  readonly sentAt: number
  /** Of a failure. `not-sent`: the server saw no request. `lost`: it may have acted on one that was not answered. Else it answered. */
  readonly delivery?: 'not-sent' | 'lost'
}

/** The application says that nobody is logged in. */
export interface Nobody {
  readonly kind: 'nobody'
}

/** One attempt at the token endpoint that brought no token. */
export interface FailedAttempt {
  /** The name of the grant, `refresh_token` for a refresh. */
  readonly grant: string
  readonly error: TokenError
  /** Whether the server may have acted on it, although nothing came back. */
  readonly isLost: boolean
  /** Milliseconds until the next attempt of this call; undefined where there is none. */
  readonly retryIn: number | undefined
}

/** The limits of one call, and who is told of its attempts. */
export interface GrantCall {
  /** Aborts at the deadline of the renewal. */
  readonly signal: AbortSignal
  /** Epoch milliseconds. */
  readonly deadline: number
  /** How many attempts may be made in all. */
  readonly attempts: number
  /** Called for each attempt that failed. */
  readonly onAttemptFailed?: (attempt: FailedAttempt) => void
}

/** The tokens and kept fields that a session can be renewed with. */
export interface RenewalInput {
  readonly refreshToken: string | undefined
  /** The access token held, for servers that renew with it. */
  readonly accessToken: string | undefined
  /** The access token held, where a resource server has rejected it. */
  readonly rejected: string | undefined
  /** Whether the session has begun. */
  readonly isBegun: boolean
  /** Fields of earlier responses that the provider keeps. */
  readonly kept: Readonly<Record<string, string>> | undefined
}

/** An authorization request: the URL to send a person to, and the values that match the response to it. It can be kept as JSON. */
export interface AuthorizationRequest {
  /** The URL to send the person to. */
  readonly url: string
  /** The parameter `state`, which the response repeats. Keep it where only this person's session can read it. */
  readonly state: string
  /** The code verifier of PKCE, where the provider uses it. A secret until it is used. @see RFC 7636 */
  readonly codeVerifier?: string
  /** The URL with all its parameters, where the request was pushed and `url` only refers to them. @see RFC 9126 */
  readonly pushed?: string
}

/** The result of an authorization response. Printing it shows no token. */
export interface AuthorizationResult {
  /** The token that the session begins with. */
  readonly token: Token
  /**
   * The ID token of the response, not enumerable. Nothing of it is verified: neither its signature nor its issuer, audience, expiry and
   * `nonce`.
   * @see OpenID Connect Core 1.0, section 3.1.3.7
   */
  readonly idToken?: string
  /** The fields of the response that the provider keeps, by name; not verified. */
  readonly kept: Readonly<Record<string, string>>
}

/**
 * Matches a callback to its request: the result of `authorizationUrl()`, kept in the person's session. Without `url` (or `pushed`, of a
 * request that was pushed), the response is compared with the request that the manager would make now.
 */
export type AuthorizationExpectation = Omit<AuthorizationRequest, 'url'> & Partial<Pick<AuthorizationRequest, 'url'>>

/** The endpoints beside those of tokens and authorization. */
export type EndpointName = 'inspect' | 'revoke' | 'deviceAuthorization' | 'pushedAuthorization'

/** How a session obtains and renews its tokens. No method rejects, but for those that say so. */
export interface TokenGrant {
  /** Names the provider in errors and events. */
  readonly provider: string
  /** The name of the grant in events, e.g. `client_credentials`. */
  readonly name: string
  /** The session's identity: provider, token endpoint, client, grant, account. Contains no secret and no scope. */
  readonly identity: string
  /** Tells apart the access tokens of one session: scope, resource, audience. */
  readonly slot: string
  /** Whether the input can be used again unattended. */
  readonly repeatable: boolean
  /** Whether {@link obtain} needs nobody; false where only a person can begin a session, by a code say. */
  readonly unattended: boolean
  /** Whether a refused refresh ends the session although {@link obtain} needs nobody. */
  readonly refreshIsFinal?: boolean
  /** Milliseconds before its end from which a token is renewed, where that is earlier than usual. */
  readonly renewWithin?: number | undefined
  /** How a session begins where only a person can begin it, as the end of an error message. */
  readonly howToBegin: string
  /** The message where a token that was rejected is given again. */
  readonly again: string
  /** Whether the tokens are for a person, so that a shared store needs an account. */
  readonly personal: boolean
  /** The proof of the person in a repeatable grant, e.g. a password; undefined where there is none, or functions give it. */
  proof(): string | undefined
  /** Whether {@link refresh} can be called with this input. */
  canRefresh(input: RenewalInput): boolean
  /**
   * Presents a refresh token, once: it is sent again only where it was certainly not sent, or where the server answered 5xx or 429.
   * @see RFC 6749, section 6
   */
  refresh(input: RenewalInput, call: GrantCall): Promise<GrantResult | Nobody>
  /** Asks for a token by the grant. */
  obtain(call: GrantCall): Promise<GrantResult | Nobody>
  /** Answers a prompt. */
  answer?(prompt: PendingPrompt, answer: Values, call: GrantCall): Promise<GrantResult>
  /** Whether a caller must not wait for a token now: the grant's own call would wait for itself. */
  refusesToWait?(): boolean
  /** Why a session cannot be given these fields as kept; undefined where it can. */
  readonly invalidKept?: (kept: Readonly<Record<string, string>>) => string | undefined
  /** The resource server that the tokens are for. */
  readonly resourceServer: ResourceServer
  /** A URL for a person's consent. Rejects with a `TypeError` where there is no authorization endpoint, and for values it does not take. */
  readonly authorizationUrl?: (values: Values, signal: AbortSignal) => Promise<AuthorizationRequest>
  /** Exchanges what an authorization response brought. Rejects for a callback that was not asked for, and for a refusal. */
  readonly exchangeCallback?: (
    callbackUrl: string | URL,
    expected: AuthorizationExpectation | undefined,
    call: GrantCall,
  ) => Promise<GrantResult>
  /** Throws a `TypeError` where there is no such endpoint. */
  readonly requireEndpoint?: (name: EndpointName) => unknown
  /** The body of an endpoint's answer; `values.token` is the token that it is about. Rejects with a typed error. */
  readonly callEndpoint?: (name: EndpointName, values: Values, signal: AbortSignal) => Promise<unknown>
  /** Asks for a token by any grant of the provider. */
  readonly request?: (grant: string, values: Values, call: GrantCall) => Promise<GrantResult>
  /** Revokes tokens; rejects with the first refusal, after all were tried. @see RFC 7009 */
  readonly revoke?: (tokens: RevocableTokens, signal: AbortSignal) => Promise<void>
}

/** Tokens of a session that is over. */
export interface RevocableTokens {
  readonly refreshToken?: string | undefined
  readonly accessTokens: readonly string[]
  readonly kept?: Readonly<Record<string, string>> | undefined
}

/** Options of a manager that the provider's side reads. */
export interface GrantOptions {
  readonly grant?: string | undefined
  readonly resources?: readonly (string | URL)[] | undefined
  readonly dangerouslyAllowInsecureHttp: boolean
  readonly via: TokenRequestsVia
  readonly clock: Clock
}

/** How token requests travel: by a transport; without one, by this `fetch`, or else by the global one. */
export interface TokenRequestsVia {
  readonly transport?: () => unknown
  readonly fetch?: typeof globalThis.fetch | undefined
}

/** Options that differ by account. */
export interface AccountOptions {
  readonly account: string | undefined
  readonly scope: string | undefined
  readonly credentials: unknown
}

/** Checks a definition and the options that all accounts share; gives the grant of each account. Both throw a `TypeError`. */
export type GrantInterpreter = (definition: object, options: GrantOptions) => (own: AccountOptions) => TokenGrant

/** The key under which a provider carries its interpreter; it survives spreading. */
export const GRANT: unique symbol = Symbol.for('tokenflight.grant') as never

/** A login that takes several requests and a person. */
export interface Login {
  /** Of a manager with a provider; one with a function has none of these. */
  readonly grant: TokenGrant & Required<Pick<TokenGrant, 'requireEndpoint' | 'callEndpoint' | 'request'>>
  readonly clock: Clock
  /** Makes one request, within the deadline of a renewal. */
  readonly within: <T>(act: (call: GrantCall) => Promise<T>) => Promise<T>
  /**
   * Begins a session with the token that `obtain` brings. Where there is no token, callers wait for it. `isOver`: another login or a logout
   * has come meanwhile.
   */
  readonly begin: (obtain: (isOver: () => boolean) => Promise<GrantResult>) => Promise<Token>
}

/** The key under which a manager lends a {@link Login}. */
export const LOGIN: unique symbol = Symbol.for('tokenflight.login') as never
