// The contract of a token store: texts by key, and one atomic write.

type MaybePromise<T> = T | Promise<T>

/**
 * Keeps texts by key for everyone who has the store. The meaning of a text is the engine's business; a text is never empty, is
 * well-formed Unicode and contains no U+0000.
 */
export interface TokenStore {
  /**
   * The text under the key as the last successful {@link swap} left it; undefined where there is none. Throws when it cannot tell, a
   * {@link StoreUnavailable} when it never will: an absence is never a guess.
   */
  read(key: string): MaybePromise<string | undefined>
  /**
   * Puts `next` where `expected` is, in one step (undefined: nothing there). False: something else was there, and still is. Once it is
   * true, the text outlives a crash. `isEnd`: the session is over (a logout, or its end): such a text may be forgotten a day or more later,
   * any other never.
   */
  swap(key: string, expected: string | undefined, next: string, isEnd?: boolean): MaybePromise<boolean>
  /**
   * Calls back some time after a change. A hint: it may come late, twice, for nothing, or never. `missed`: there may have been changes for a
   * while that were not told, so the store is read before anybody is served again. Gives the function that stops it.
   */
  watch?(key: string, changed: (missed?: true) => void): () => void
  /** Tells whether other members live. A hint as well. */
  readonly presence?: Presence
}

/** Encrypts the texts of a store. `key`: the one a text is kept under, which it is bound to. */
export interface Seal {
  seal(text: string, key: string): Promise<string>
  /** The text; undefined where this seal did not make it, or not for this key. Throws when it cannot tell. */
  open(sealed: string, key: string): Promise<string | undefined>
}

/** A sign of life. */
export interface Sign {
  readonly name: string
  /** Ends it: the name no longer counts as living. */
  end(): void
}

/** Tells whether the holder of a claim lives. */
export interface Presence {
  /** A unique name that counts as living until `end()`, or until this process or tab is gone. */
  begin(): MaybePromise<Sign>
  /** True only if the holder of the name can no longer send or write anything; when in doubt false. */
  gone(name: string): MaybePromise<boolean>
}

/**
 * Thrown by a store that knows why it failed: the message is told by the event `store-failed` and by the error that callers get, so it
 * contains no text of the store. Messages of all other errors are told to nobody.
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError'
}

/** Thrown by a store's `read` when the store will not come: the session then lives in memory. */
export class StoreUnavailable extends StoreError {
  override readonly name = 'StoreUnavailable'
}
