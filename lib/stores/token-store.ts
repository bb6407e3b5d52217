// The contract of a token store. A write is awaited before callers get the token: a crash in between would lose a rotated refresh
// token.

/** What is kept of a token: plain data, absolute times in epoch milliseconds. It holds secrets. */
export interface TokenRecord {
  readonly accessToken: string
  readonly scheme: string
  readonly obtainedAt: number
  readonly expiresAt?: number
  /** When the server would have it renewed (`refresh_in`). */
  readonly renewAt?: number
  readonly scope?: string
  readonly refreshToken?: string
  /** Further fields of the answer that the provider keeps. */
  readonly kept?: Readonly<Record<string, string>>
  readonly generation: number
}

/** Keeps one record per key; both sides may be asynchronous. A `read` that throws counts as nothing found. */
export interface TokenStore {
  /** What is kept under the key; undefined where nothing is. */
  read(key: string): TokenRecord | undefined | Promise<TokenRecord | undefined>
  /** Keeps the record in place of an older one. Once it resolves, the record must outlive a crash of the process. */
  write(key: string, record: TokenRecord): void | Promise<void>
  /** Forgets the record; no failure where there is none. */
  remove(key: string): void | Promise<void>
}
