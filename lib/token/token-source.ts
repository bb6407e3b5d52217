import type { ResourceServer } from '../definitions/resource-server.ts'
import type { RequestEvents } from './events.ts'
import type { OriginBreakers } from './origin-breaker.ts'
import type { Token } from './token.ts'

/** Options of a caller that waits for a token. */
export interface GetTokenOptions {
  /** Ends this caller's wait with the signal's reason; the renewal goes on for the others. @default no signal */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which this caller is rejected with `TokenRequestError` (`timeout`). @default no limit of its own */
  readonly timeout?: number | undefined
  /**
   * Milliseconds for which the token should still be valid; at most half of its lifetime counts. Where it is not, the caller waits for a
   * renewal; where that fails, the caller gets the current token. @default 0
   */
  readonly minValidity?: number | undefined
  /** The origin of the request that the token is for: a token that this origin has rejected is not given. */
  readonly origin?: string | undefined
}

/** The recent past of the current token. */
export interface TokenHistory {
  /** Milliseconds since the token was received. */
  readonly heldFor: number
  /** The previous token, while it is valid and no resource server has rejected it. */
  readonly predecessor: Token | undefined
}

/** The source of tokens of `attachBearer` and `wrapFetch`: a manager, or an implementation of your own. */
export interface TokenSource {
  /** The token that can be used now at an origin, without waiting; starts a renewal in the background when it is stale. */
  peek(origin?: string): Token | undefined
  /** A valid token, after a renewal where one is needed. @throws a `TokenError` where no token can be obtained */
  token(request?: GetTokenOptions): Promise<Token>
  /**
   * A token other than the one that the origin of the request has rejected; without an origin, it counts as rejected by all.
   * @throws a `TokenError` where no other token can be obtained
   */
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
  /** Receives the events of requests. */
  notify?<Name extends keyof RequestEvents>(name: Name, event: RequestEvents[Name]): void
}
