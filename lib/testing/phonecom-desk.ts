// Who may have a token at Phone.com, and the codes that people's consent leads to.

import { secretText } from './secret-text.ts'
import { TokenBook, type IssuedToken, type Order } from './token-book.ts'

/** An application that is registered there. */
export interface PhonecomClient {
  readonly clientId: string
  readonly clientSecret: string
}

/** A user of the system. */
export interface PhonecomAccount {
  readonly username: string
  readonly password: string
}

/** Where accounts differ, and what goes wrong. */
export interface PhonecomSwitches {
  /** Tokens are issued that never expire. */
  permanent: boolean
  /** Everything is refused with 429, to be asked again after so many seconds. */
  rateLimited: number | undefined
  /** A refresh token may be used again and again, and comes back with each use. */
  keepRefresh: boolean
  /** The person asked for consent says no. */
  denied: boolean
}

const SCOPES = [
  'account-owner',
  'extension-user',
  'call-logs',
  'billing-api',
  'oauth-management',
  'openid',
  'methods:ALL',
]
const CODE_LIFETIME = 600_000

interface Code {
  readonly redirectUri: string
  readonly scope: string
  readonly until: number
}

export class PhonecomDesk {
  readonly account: PhonecomAccount
  readonly switches: PhonecomSwitches
  readonly tokens: TokenBook
  readonly usualScope = 'account-owner'
  readonly #client: PhonecomClient
  readonly #now: () => number
  readonly #codes = new Map<string, Code>()

  constructor(client: PhonecomClient, account: PhonecomAccount, switches: PhonecomSwitches, now: () => number) {
    this.#client = client
    this.account = account
    this.switches = switches
    this.#now = now
    const mint = { accessToken: () => `${secretText(40)}~6`, refreshToken: () => `${secretText(40)}~6` }
    this.tokens = new TokenBook(mint, 86_400, now)
  }

  knows(id: string | undefined, secret: string | undefined): boolean {
    return id === this.#client.clientId && secret === this.#client.clientSecret
  }

  isClient(id: string | null): boolean {
    return id === this.#client.clientId
  }

  allows(scope: string): boolean {
    return scope.split(' ').every((each) => SCOPES.includes(each))
  }

  issue(order: Order): IssuedToken {
    return this.tokens.issue({ refresh: true, ...(this.switches.permanent && { lifetime: null }), ...order })
  }

  /** A code good for one use, within ten minutes. */
  code(redirectUri: string, scope: string): string {
    const code = secretText(32)
    this.#codes.set(code, { redirectUri, scope, until: this.#now() + CODE_LIFETIME })
    return code
  }

  /** The scope the code was given for; it is used up. */
  redeem(code: string, redirectUri: string): string | undefined {
    const found = this.#codes.get(code)
    this.#codes.delete(code)
    return found?.redirectUri === redirectUri && found.until > this.#now() ? found.scope : undefined
  }

  /** What inspection shows of a token. */
  details({ scope, expiresAt }: IssuedToken): Readonly<Record<string, unknown>> {
    const end = expiresAt === undefined ? null : Math.floor(expiresAt / 1_000)
    return { scope, expires_at: end, scope_details: [{ voip_id: 1 }] }
  }
}
