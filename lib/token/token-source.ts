import type { ResourceServer } from '../definitions/resource-server.ts'
import type { RequestEvents } from './events.ts'
import type { OriginBreakers } from './origin-breaker.ts'
import type { Token } from './token.ts'

/** Options of a caller that waits for a token. */
export interface GetTokenOptions {
  /** Ends this caller's wait with the signal's reason; the renewal itself goes on for the others. */
  readonly signal?: AbortSignal | undefined
  /** Ends this caller's wait, in milliseconds, with a `TokenRequestError` whose reason is `timeout`. */
  readonly timeout?: number | undefined
  /**
   * Milliseconds the token should still live, half of its lifetime at most. A renewal is waited for when it would not; when that
   * fails, the current token is given all the same.
   */
  readonly minValidity?: number | undefined
  /** The origin of the request that the token is for: a token that it has rejected is not given. */
  readonly origin?: string | undefined
}

/** The recent past of the current token. */
export interface TokenHistory {
  /** Milliseconds since the token came. */
  readonly heldFor: number
  /** The token before it, while that lives and no resource server has rejected it. */
  readonly predecessor: Token | undefined
}

/** Where tokens come from: all that the bindings know of a manager. */
export interface TokenSource {
  /** The token that can be used now at an origin, without waiting; starts a renewal in the background when it is stale. */
  peek(origin?: string): Token | undefined
  /** A token, waited for if need be. */
  token(request?: GetTokenOptions): Promise<Token>
  /** A token other than the one that the origin of the request has rejected; without an origin, rejected for all. */
  renew(rejected: Token, request?: GetTokenOptions): Promise<Token>
  /** The resource server that the tokens are for. */
  readonly resourceServer?: ResourceServer
  /** Limits to the renewals that resource servers cause, shared by all clients of this source. @default each client's own */
  readonly breakers?: OriginBreakers
  /** The recent past of a token, unless it is no longer the current one. */
  history?(token: Token): TokenHistory | undefined
  /**
   * Whether nobody is logged in, and there is no token that the origin may still accept. `error`: the end of a wait; false for the one by
   * which the session has just ended.
   */
  isSignedOut?(origin?: string, error?: unknown): boolean
  /** Told what became of a request. */
  notify?<Name extends keyof RequestEvents>(name: Name, event: RequestEvents[Name]): void
}
