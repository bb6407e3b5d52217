// The tokens an emulator has issued, and what became of them.
import { createHmac, randomBytes } from 'node:crypto'

/** A token of an emulator: ready to be given to `adopt()`. */
export interface IssuedToken {
  readonly accessToken: string
  readonly refreshToken?: string
  /** Epoch milliseconds; absent where it never expires. */
  readonly expiresAt?: number
  readonly scope?: string
  /** The grant it was issued for. */
  readonly grant: string
  /** Whose it is, where the system has accounts. */
  readonly account?: string
}

/** A token that is to be issued. */
export interface Order {
  readonly grant: string
  readonly account?: string | undefined
  readonly scope?: string | undefined
  /** Seconds; null: it never expires. @default the emulator's `lifetime` */
  readonly lifetime?: number | null | undefined
  /** Whether a refresh token comes with it; text: this one. @default false */
  readonly refresh?: boolean | string
  /** Which of the system's kinds of token, where it has several. */
  readonly format?: string | undefined
  /** This text, and none of the system's making. */
  readonly accessToken?: string
}

/** How a system makes the text of its tokens. */
interface Mint {
  readonly accessToken: (order: Order, expiresAt: number | undefined) => string
  readonly refreshToken: (order: Order) => string
  /** Seconds a refresh token lives. @default for ever */
  readonly refreshLifetime?: number
}

/** What an emulator thinks of a token; a refresh token that was exchanged is `spent`. */
export type Standing = 'valid' | 'expired' | 'revoked' | 'spent' | 'unknown'

interface Page {
  readonly issued: IssuedToken
  readonly serial: number
  readonly refreshUntil: number
  revoked: boolean
}

interface RefreshPage {
  page: Page
  revoked: boolean
  /** What it was exchanged for. */
  successor?: IssuedToken
}

/** Every token of an emulator. */
export class TokenBook {
  /** Seconds, of tokens issued from now on. */
  lifetime: number
  readonly #mint: Mint
  readonly #now: () => number
  readonly #issued: IssuedToken[] = []
  readonly #pages = new Map<string, Page>()
  readonly #refresh = new Map<string, RefreshPage>()
  #revokedThrough = 0
  #refreshRevokedThrough = 0

  constructor(mint: Mint, lifetime: number, now: () => number) {
    this.#mint = mint
    this.lifetime = lifetime
    this.#now = now
  }

  /** All of them, in order. */
  get issued(): readonly IssuedToken[] {
    return this.#issued
  }

  /** Issues a token, without a request. */
  issue(order: Order): IssuedToken {
    const { grant, account, scope, lifetime = this.lifetime, refresh = false } = order
    const expiresAt = lifetime === null ? undefined : this.#now() + lifetime * 1_000
    const accessToken = order.accessToken ?? this.#mint.accessToken(order, expiresAt)
    const refreshToken = refresh === true ? this.#mint.refreshToken(order) : refresh
    const issued: IssuedToken = {
      accessToken,
      ...(refreshToken !== false && { refreshToken }),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(scope !== undefined && { scope }),
      grant,
      ...(account !== undefined && { account }),
    }
    this.#issued.push(issued)
    const refreshUntil = this.#now() + (this.#mint.refreshLifetime ?? Infinity) * 1_000
    const page = { issued, serial: this.#issued.length, refreshUntil, revoked: false }
    this.#pages.set(accessToken, page)
    if (refreshToken !== false) this.#refresh.set(refreshToken, { page, revoked: false })
    return issued
  }

  /** The token of this text, whatever became of it. */
  find(accessToken: string): IssuedToken | undefined {
    return this.#pages.get(accessToken)?.issued
  }

  /** What an access token is worth now. */
  standing(accessToken: string | undefined): Standing {
    const page = this.#pages.get(accessToken ?? '')
    if (!page) return 'unknown'
    if (page.revoked || page.serial <= this.#revokedThrough) return 'revoked'
    return (page.issued.expiresAt ?? Infinity) > this.#now() ? 'valid' : 'expired'
  }

  /** The token that a refresh token came with. */
  findRefresh(refreshToken: string): IssuedToken | undefined {
    return this.#refresh.get(refreshToken)?.page.issued
  }

  /** What a refresh token is worth now. */
  refreshStanding(refreshToken: string): Standing {
    const found = this.#refresh.get(refreshToken)
    if (!found) return 'unknown'
    if (found.revoked || found.page.serial <= this.#refreshRevokedThrough) return 'revoked'
    if (found.successor) return 'spent'
    return found.page.refreshUntil > this.#now() ? 'valid' : 'expired'
  }

  /** What a refresh token was exchanged for, when it is spent. */
  successor(refreshToken: string): IssuedToken | undefined {
    return this.#refresh.get(refreshToken)?.successor
  }

  /** Marks a refresh token as used up. */
  spend(refreshToken: string, successor: IssuedToken): void {
    const found = this.#refresh.get(refreshToken)
    if (found) found.successor = successor
  }

  /** Refuses an access token or a refresh token from now on; false when it is neither. */
  revoke(token: string): boolean {
    const found = this.#pages.get(token) ?? this.#refresh.get(token)
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
