// Who may have a token at KnetikCloud: clients, people, and their tokens of other networks.

import { secretText } from './secret-text.ts'
import type { TokenBook } from './token-book.ts'

/** A user of the system. */
export interface KnetikcloudAccount {
  readonly username: string
  readonly password: string
}

/** Where sources differ, or servers do. */
export interface KnetikcloudSwitches {
  /** `expires_in` as text, as the model says, in place of a number, as the samples have it. */
  expiresInAsText: boolean
  /** A refresh brings a new refresh token, and the old one is spent. */
  rotate: boolean
  /** A refresh is the end of the access token before it. */
  refreshKills: boolean
  /** The status that goes with `invalid_token`. */
  invalidTokenStatus: 401 | 400 | 403
}

/** Credentials the system accepts, by grant. */
export interface KnetikcloudGrants {
  readonly client_credentials: { readonly clientId: string; readonly clientSecret: string }
  readonly password: KnetikcloudAccount
}

/** The client that needs no secret, and may not ask for tokens of its own. */
const PUBLIC_CLIENT = 'knetik'

export class KnetikcloudDesk {
  readonly tokens: TokenBook
  readonly switches: KnetikcloudSwitches
  readonly #client: KnetikcloudGrants['client_credentials']
  readonly #accounts: readonly KnetikcloudAccount[]
  readonly #social = new Map<string, string>()

  constructor(
    client: KnetikcloudGrants['client_credentials'],
    accounts: readonly KnetikcloudAccount[],
    tokens: TokenBook,
    switches: KnetikcloudSwitches,
  ) {
    this.#client = client
    this.#accounts = accounts
    this.tokens = tokens
    this.switches = switches
  }

  get clientId(): string {
    return this.#client.clientId
  }

  find(username: string | undefined): KnetikcloudAccount | undefined {
    return this.#accounts.find((account) => account.username === username)
  }

  /** A person's number, from 1; undefined for an unknown one. */
  idOf(username: string | undefined): number | undefined {
    const index = this.#accounts.findIndex((account) => account.username === username)
    return index < 0 ? undefined : index + 1
  }

  at(id: number): KnetikcloudAccount | undefined {
    return this.#accounts[id - 1]
  }

  socialToken(network: string, username: string): string {
    const token = secretText(48)
    this.#social.set(`${network} ${token}`, username)
    return token
  }

  /** Whose token of a network it is; it is used up. */
  redeemSocial(network: string, token: string): string | undefined {
    const key = `${network} ${token}`
    const username = this.#social.get(key)
    this.#social.delete(key)
    return username
  }

  /** Whether the client is one, and its secret right if it has or sends one. */
  knows(id: string | undefined, secret: string | undefined, needsSecret: boolean): boolean {
    if (id === PUBLIC_CLIENT) return secret === undefined && !needsSecret
    if (id !== this.#client.clientId) return false
    return secret === undefined ? !needsSecret : secret === this.#client.clientSecret
  }
}
