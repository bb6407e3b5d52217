// The contract of a token store: texts by key, and one atomic write.

type MaybePromise<T> = T | Promise<T>

/**
 * Keeps texts by key, for all members of a session. A text is the record of a session: never empty, well-formed Unicode without U+0000. The
 * claims that a store must meet are `storeClaims` of `tokenflight/testing`.
 */
export interface TokenStore {
  /**
   * The text under the key as the last successful {@link swap} left it; undefined where there is none. An absence is never a guess.
   * @throws any error where it cannot tell; a {@link StoreUnavailable} where it never will
   */
  read(key: string): MaybePromise<string | undefined>
  /**
   * Replaces `expected` (undefined: no text) by `next`, atomically. False: another text was there, and still is. After true the text
   * survives a crash. `isEnd`: the session is over, by a logout or its end; such a text may be removed after a day or more, any other never.
   * @throws any error where it cannot tell
   */
  swap(key: string, expected: string | undefined, next: string, isEnd?: boolean): MaybePromise<boolean>
  /**
   * Calls `changed` some time after a change; gives the function that stops it. A hint: the call may come late, twice, without a change, or
   * never. `missed`: changes may have been missed for a while, so the store is read before a token is served again.
   */
  watch?(key: string, changed: (missed?: true) => void): () => void
  /** Tells whether other members are alive; a hint as well. */
  readonly presence?: Presence
}

/** Encrypts the texts of a store. `key`: the key of the text in the store, which the result is bound to. */
export interface Seal {
  /** The encrypted text. */
  seal(text: string, key: string): Promise<string>
  /** The text; undefined where it was sealed otherwise, or for another key. @throws any error where it cannot tell */
  open(sealed: string, key: string): Promise<string | undefined>
}

/** A sign of life. */
export interface Sign {
  /** The unique name of the holder. */
  readonly name: string
  /** Ends it: the name no longer counts as alive. */
  end(): void
}

/** Tells whether the holder of a claim is alive. */
export interface Presence {
  /** Begins a sign of life, which lasts until `end()`, or until this process or tab is gone. */
  begin(): MaybePromise<Sign>
  /** Whether the holder of the name can no longer send or write anything; in doubt false. */
  gone(name: string): MaybePromise<boolean>
}

/**
 * Thrown by a store whose failure has a message for people: the event `store-failed` and the errors of callers contain it, so it must not
 * contain texts of the store. Messages of other errors are shown nowhere.
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError'
}

/** Thrown by `read` of a store that will never be available: the session is then kept in memory. */
export class StoreUnavailable extends StoreError {
  override readonly name = 'StoreUnavailable'
}
