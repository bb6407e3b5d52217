import type { ResourceServer } from '../definitions/resource-server.ts'
import type { RequestEvents } from './events.ts'
import type { Token } from './token.ts'

/** What a caller who waits for a token may ask. */
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
}

/** Where tokens come from: all that the bindings know of a manager. */
export interface TokenSource {
  /** The token that can be used now, without waiting; starts a renewal in the background when it is stale. */
  peek(): Token | undefined
  /** A token, waited for if need be. */
  token(request?: GetTokenOptions): Promise<Token>
  /** A token other than the one a resource server has rejected. */
  renew(rejected: Token, request?: GetTokenOptions): Promise<Token>
  /** What is known of the resource server the tokens are for. */
  readonly resourceServer?: ResourceServer
  /** Told what became of a request. */
  notify?<Name extends keyof RequestEvents>(name: Name, event: RequestEvents[Name]): void
}
