// The contract of a token store. What is written is awaited before anyone gets the token: a crash in between would lose a rotated
// refresh token.

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
  read(key: string): TokenRecord | undefined | Promise<TokenRecord | undefined>
  write(key: string, record: TokenRecord): void | Promise<void>
  remove(key: string): void | Promise<void>
}
