// Result types of a token request: token, prompt or failure.
import type { ProviderDefinition } from '../definitions/definition.ts'
import type { TokenError } from '../errors.ts'

/** A token, as the answer describes it. */
export interface IssuedToken {
  readonly accessToken: string
  readonly scheme: 'Bearer'
  /** Milliseconds from the moment the request was sent. */
  readonly expiresIn?: number
  /** Epoch milliseconds, when the answer names a moment. */
  readonly expiresAt?: number
  /** Milliseconds after which the server would like the token renewed. */
  readonly renewIn?: number
  readonly refreshToken?: string
  readonly scope?: string
  /** The fields the definition keeps, by name. */
  readonly kept?: Readonly<Record<string, string>>
}

/** Why there is no token. */
export interface Failure {
  /** `transient`: later. `denied`: never with the same input. `configuration`: once somebody has mended something. */
  readonly kind: 'transient' | 'denied' | 'configuration'
  readonly error: TokenError
  /** Worth another attempt within the flight. */
  readonly retry: boolean
  /** Milliseconds from now, as the server asks; an hour at most. */
  readonly retryAfter?: number
  /** A refusal of less tidy servers that, of a refresh, may mean a dead refresh token. */
  readonly ambiguous?: true
}

export type Outcome =
  | { readonly kind: 'token'; readonly issued: IssuedToken }
  | { readonly kind: 'prompt'; readonly grant: string; readonly carried: Readonly<Record<string, string>> }
  | { readonly kind: 'failure'; readonly failure: Failure }

/** What an answer is an answer to. */
export interface RequestContext {
  readonly provider: ProviderDefinition
  /** The grant, or `refresh_token` for the renewal. */
  readonly grant: string
  /** Epoch milliseconds. */
  readonly now: number
  /** What of the request must never be shown. */
  readonly secrets: readonly string[]
  /** The access token held, for servers whose renewal extends it and returns none. */
  readonly accessToken?: string | undefined
}
