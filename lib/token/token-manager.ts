// A project whose own libraries are older knows these names by this.
/// <reference lib="esnext.disposable" preserve="true" />
import type { Values } from '../endpoint/fill.ts'
import type { AdoptedToken } from './adopted-token.ts'
import type { ConsentExpectation, ConsentRequest } from './consent.ts'
import type { TokenEvents } from './events.ts'
import type { Token } from './token.ts'
import type { Site, TokenSource } from './token-source.ts'

/** Holds the token of one account and keeps it valid. */
export interface TokenManager extends TokenSource, AsyncDisposable {
  readonly site: Site
  /** Takes a token that came from elsewhere. Throws a `TypeError` for one that cannot be sent. */
  adopt(token: AdoptedToken): Promise<Token>
  /** Where to send a person who is to agree; `holes` fill what the provider leaves open there. */
  authorizationUrl(holes?: Values): Promise<ConsentRequest>
  /**
   * Takes the token that a person's consent is worth. Rejects with a `TokenResponseError` whose reason is `state` for a callback that
   * was not asked for, and with an `OAuthError` for a refusal.
   * @see RFC 6749, sections 4.1 and 4.2
   */
  exchange(callbackUrl: string | URL, expected?: ConsentExpectation): Promise<Token>
  /** What the authorization server says of the current token; `holes` fill what the provider leaves open there. */
  inspect(holes?: Values): Promise<unknown>
  /**
   * Forgets everything as `clear()` does, and has the server forget the tokens too.
   * @see RFC 7009
   */
  revoke(): Promise<void>
  /** Forgets everything, here and in the store; what a flight under way brings home is dropped. */
  clear(): Promise<void>
  /** Calls `listener` at each event; gives the function that stops it. */
  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void
  /** Waits for the flight under way, and writes what is not yet in the store. */
  [Symbol.asyncDispose](): Promise<void>
}
