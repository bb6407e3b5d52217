// The tokens an emulator has issued, and their status.
import { createHmac, randomBytes } from 'node:crypto'

/** A token of an emulator, in the form that `adopt()` takes. */
export interface IssuedToken {
  /** The access token. */
  readonly accessToken: string
  /** The refresh token, where one was issued. */
  readonly refreshToken?: string
  /** Epoch milliseconds; absent where it never expires. */
  readonly expiresAt?: number
  /** The granted scopes, space-separated. */
  readonly scope?: string
  /** The grant it was issued for. */
  readonly grant: string
  /** The account it was issued to, where the system has accounts. */
  readonly account?: string
}

/** The token to issue. */
export interface IssueOptions {
  /** The grant it is issued for. */
  readonly grant: string
  /** The account it is issued to. */
  readonly account?: string | undefined
  /** The granted scopes, space-separated. */
  readonly scope?: string | undefined
  /** Seconds; null: it never expires. @default the emulator's `lifetime` */
  readonly lifetime?: number | null | undefined
  /** Whether a refresh token comes with it; text: this one. @default false */
  readonly refresh?: boolean | string
  /** One of the system's token formats, where it has several. */
  readonly format?: string | undefined
  /** This text instead of a generated one. */
  readonly accessToken?: string
}

/** Generates the text of tokens. */
interface TokenGenerator {
  readonly accessToken: (options: IssueOptions, expiresAt: number | undefined) => string
  readonly refreshToken: (options: IssueOptions) => string
  /** Seconds a refresh token lives. @default for ever */
  readonly refreshLifetime?: number
}

/** The status of a token; a refresh token that was exchanged is `spent`. */
export type TokenStatus = 'valid' | 'expired' | 'revoked' | 'spent' | 'unknown'

interface AccessTokenEntry {
  readonly issued: IssuedToken
  readonly serial: number
  readonly refreshUntil: number
  revoked: boolean
}

interface RefreshTokenEntry {
  accessToken: AccessTokenEntry
  revoked: boolean
  /** The token it was exchanged for. */
  successor?: IssuedToken
}

/** Every token of an emulator. */
export class IssuedTokens {
  /** Seconds, of tokens issued from now on. */
  lifetime: number
  readonly #generator: TokenGenerator
  readonly #now: () => number
  readonly #issued: IssuedToken[] = []
  readonly #accessTokens = new Map<string, AccessTokenEntry>()
  readonly #refreshTokens = new Map<string, RefreshTokenEntry>()
  #revokedThrough = 0
  #refreshRevokedThrough = 0

  constructor(generator: TokenGenerator, lifetime: number, now: () => number) {
    this.#generator = generator
    this.lifetime = lifetime
    this.#now = now
  }

  /** All of them, in order. */
  get issued(): readonly IssuedToken[] {
    return this.#issued
  }

  /** Issues a token, without a request. */
  issue(options: IssueOptions): IssuedToken {
    const { grant, account, scope, lifetime = this.lifetime, refresh = false } = options
    const expiresAt = lifetime === null ? undefined : this.#now() + lifetime * 1_000
    const accessToken = options.accessToken ?? this.#generator.accessToken(options, expiresAt)
    const refreshToken = refresh === true ? this.#generator.refreshToken(options) : refresh
    const issued: IssuedToken = {
      accessToken,
      ...(refreshToken !== false && { refreshToken }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(scope !== undefined && { scope }),
      grant,
      ...(account !== undefined && { account }),
    }
    this.#issued.push(issued)
    const refreshUntil = this.#now() + (this.#generator.refreshLifetime ?? Infinity) * 1_000
    const entry = { issued, serial: this.#issued.length, refreshUntil, revoked: false }
    this.#accessTokens.set(accessToken, entry)
    if (refreshToken !== false) this.#refreshTokens.set(refreshToken, { accessToken: entry, revoked: false })
    return issued
  }

  /** The token of this text, in any status. */
  find(accessToken: string): IssuedToken | undefined {
    return this.#accessTokens.get(accessToken)?.issued
  }

  /** The status of an access token. */
  statusOf(accessToken: string | undefined): TokenStatus {
    const entry = this.#accessTokens.get(accessToken ?? '')
    if (!entry) return 'unknown'
    if (entry.revoked || entry.serial <= this.#revokedThrough) return 'revoked'
    return (entry.issued.expiresAt ?? Infinity) > this.#now() ? 'valid' : 'expired'
  }

  /** The token that a refresh token came with. */
  findRefresh(refreshToken: string): IssuedToken | undefined {
    return this.#refreshTokens.get(refreshToken)?.accessToken.issued
  }

  /** The status of a refresh token. */
  refreshStatusOf(refreshToken: string): TokenStatus {
    const found = this.#refreshTokens.get(refreshToken)
    if (!found) return 'unknown'
    if (found.revoked || found.accessToken.serial <= this.#refreshRevokedThrough) return 'revoked'
    if (found.successor) return 'spent'
    return found.accessToken.refreshUntil > this.#now() ? 'valid' : 'expired'
  }

  /** The token that a spent refresh token was exchanged for. */
  successor(refreshToken: string): IssuedToken | undefined {
    return this.#refreshTokens.get(refreshToken)?.successor
  }

  /** Marks a refresh token as used up. */
  spend(refreshToken: string, successor: IssuedToken): void {
    const found = this.#refreshTokens.get(refreshToken)
    if (found) found.successor = successor
  }

  /** Refuses an access token or a refresh token from now on; false when it is neither. */
  revoke(token: string): boolean {
    const found = this.#accessTokens.get(token) ?? this.#refreshTokens.get(token)
    if (found) found.revoked = true
    return found !== undefined
  }

  /** Refuses every access token issued so far. */
  revokeAll(): void {
    this.#revokedThrough = this.#issued.length
  }

  /** Refuses every refresh token issued so far. */
  revokeRefreshTokens(): void {
    this.#refreshRevokedThrough = this.#issued.length
  }
}

// Random text in the alphabets that servers use.

/** So many letters and digits. */
export function secretText(length: number): string {
  let text = ''
  while (text.length < length) text += randomBytes(length).toString('base64').replaceAll(/[+/=]/g, '')
  return text.slice(0, length)
}

/** So many hexadecimal digits. */
export function secretHex(length: number): string {
  return randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length)
}

// JSON Web Tokens made by hand: enough for a server that reads its own. @see RFC 7519

export type Claims = Readonly<Record<string, unknown>>

/** A compact token, HS256. */
export function signJwt(claims: Claims, key: string): string {
  const content = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`
  return `${content}.${createHmac('sha256', key).update(content).digest('base64url')}`
}

/** The claims of a token that is known to be good. */
export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims
}

function encode(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
