// Who may have a NetSapiens token: passwords, second factors, refresh tokens, one set of rules for its three token endpoints.
import { randomInt } from 'node:crypto'
import { type Claims, type IssuedToken, secretHex, signJwt, TokenBook } from '../../server/issued-tokens.ts'
import { type Fields, missing } from '../../server/request.ts'
import type { Answer } from '../../server/response.ts'

/** A user of the system. */
export interface NetsapiensAccount {
  /** `user@domain` */
  readonly username: string
  readonly password: string
  /** Whether a passcode is asked for as well. @default false */
  readonly mfa?: boolean
  /** The role: what comes back as the scope. @default 'Basic User' */
  readonly scope?: string
}

/** An application that is registered there. */
export interface NetsapiensClient {
  readonly clientId: string
  readonly clientSecret: string
}

/** Which kind of token is given: 32 hexadecimal digits, or a JSON Web Token. */
export type Format = 'opaque' | 'jwt'

/** A login, a question in place of one, or a refusal. */
export type Outcome =
  | { readonly account: NetsapiensAccount; readonly question?: never; readonly refusal?: never }
  | { readonly account?: never; readonly question: NetsapiensAccount; readonly refusal?: never }
  | { readonly account?: never; readonly question?: never; readonly refusal: Answer }

/** The system's one shape of refusal. */
export function refuse(code: number, message: string): Answer {
  return { status: code, body: { code, message } }
}

export const FIELDS = {
  password: ['grant_type', 'client_id', 'client_secret', 'username', 'password'],
  refresh_token: ['grant_type', 'client_id', 'client_secret', 'refresh_token'],
  mfa: [
    ...['grant_type', 'client_id', 'client_secret', 'username', 'password'],
    ...['mfa_type', 'mfa_vendor', 'ns_id_type', 'passcode', 'access_token'],
  ],
} as const

const THIRTY_DAYS = 2_592_000
const DAY = 86_400
const KEY = 'a key that no client needs'

export class NetsapiensDesk {
  readonly tokens: TokenBook
  readonly #client: NetsapiensClient
  readonly #accounts: readonly NetsapiensAccount[]
  readonly #now: () => number
  readonly #passcodes = new Map<string, Set<string>>()
  /** The partial token of each account; a later login makes the earlier one void. */
  readonly #partial = new Map<string, string>()
  /** Whether every account is asked for a passcode. */
  readonly #asksAll: () => boolean

  constructor(
    client: NetsapiensClient,
    accounts: readonly NetsapiensAccount[],
    now: () => number,
    asksAll: () => boolean,
  ) {
    this.#client = client
    this.#accounts = accounts
    this.#now = now
    this.#asksAll = asksAll
    this.tokens = new TokenBook(
      {
        accessToken: ({ account = '', format, scope = '' }, expiresAt) =>
          format === 'jwt' ? this.#jwt(account, { user_scope: scope }, expiresAt) : secretHex(32),
        refreshToken: ({ account = '', format }) =>
          format === 'jwt' ? this.#jwt(account, {}, this.#now() + THIRTY_DAYS * 1_000) : secretHex(32),
        refreshLifetime: THIRTY_DAYS,
      },
      3_600,
      now,
    )
  }

  find(username: string | undefined): NetsapiensAccount | undefined {
    return this.#accounts.find((account) => account.username === username)
  }

  issue(grant: string, account: NetsapiensAccount, format: Format): IssuedToken {
    const { username, scope = 'Basic User' } = account
    return this.tokens.issue({ grant, account: username, scope, format, refresh: true })
  }

  /** A passcode for the account, good for one use. */
  passcode(username: string): string {
    const passcode = String(randomInt(1_000_000)).padStart(6, '0')
    this.#passcodes.set(username, (this.#passcodes.get(username) ?? new Set()).add(passcode))
    return passcode
  }

  /** The token of a question, which opens nothing but the grant that answers it. */
  partial({ username }: NetsapiensAccount, format: Format): string {
    const claims = { user_scope: 'mfa_required', mfa_type: 'authenticator', mfa_vendor: 'google' }
    const token = format === 'jwt' ? this.#jwt(username, claims, this.#now() + DAY * 1_000) : secretHex(32)
    this.#partial.set(username, token)
    return token
  }

  /** The client's credentials, if they are right. */
  refusesClient(fields: Fields): Answer | undefined {
    const { clientId, clientSecret } = this.#client
    const isRight = fields.get('client_id') === clientId && fields.get('client_secret') === clientSecret
    return isRight ? undefined : refuse(401, 'Invalid client')
  }

  login(fields: Fields): Outcome {
    const account = this.find(fields.get('username'))
    const refusal =
      absent(fields, FIELDS.password) ??
      this.refusesClient(fields) ??
      (account?.password === fields.get('password') ? undefined : refuse(403, 'Invalid User Login'))
    if (refusal || !account) return { refusal: refusal ?? refuse(403, 'Invalid User Login') }
    return (account.mfa ?? false) || this.#asksAll() ? { question: account } : { account }
  }

  answer(fields: Fields): Outcome {
    const { account = this.find(fields.get('username')), refusal } = this.login(fields)
    if (refusal ?? !account) return { refusal: refusal ?? refuse(403, 'Invalid User Login') }
    const { username } = account
    const passcode = fields.get('passcode') ?? ''
    const wrong =
      absent(fields, FIELDS.mfa) ??
      (this.#partial.get(username) === fields.get('access_token') ? undefined : refuse(401, 'Invalid access token')) ??
      (isSecondFactor(fields) ? undefined : refuse(400, 'No such second factor')) ??
      (this.#passcodes.get(username)?.delete(passcode) ? undefined : refuse(401, 'Invalid passcode'))
    if (wrong) return { refusal: wrong }
    this.#partial.delete(username)
    return { account }
  }

  /** Exchanges a refresh token, which is used up by it. */
  refresh(refreshToken: string, format: Format, killsAccess: boolean): IssuedToken | Answer {
    const before = this.tokens.findRefresh(refreshToken)
    const account = this.find(before?.account)
    if (!before || !account || this.tokens.refreshStanding(refreshToken) !== 'valid') {
      return refuse(401, 'Invalid refresh token')
    }
    const issued = this.issue('refresh_token', account, format)
    this.tokens.spend(refreshToken, issued)
    if (killsAccess) this.tokens.revoke(before.accessToken)
    return issued
  }

  #jwt(uid: string, claims: Claims, expiresAt = 0): string {
    const [user, domain] = uid.split('@')
    const issuedAt = this.#now()
    return signJwt(
      {
        aud: 'ns',
        exp: Math.floor(expiresAt / 1_000),
        iat: Math.floor(issuedAt / 1_000),
        iss: 'ns-api',
        jti: secretHex(32),
        sub: uid,
        time_out: expiresAt - issuedAt,
        domain,
        territory: 'Example Reseller',
        user,
        user_email: uid,
        displayName: 'Ann Example',
        apiversion: VERSION,
        ...claims,
      },
      KEY,
    )
  }
}

export const VERSION = 'Version: 44.0.4'

function absent(fields: Fields, names: readonly string[]): Answer | undefined {
  const name = missing(fields, ...names)
  return name === undefined ? undefined : refuse(400, `${name} is required`)
}

function isSecondFactor(fields: Fields): boolean {
  const [type, vendor, id] = ['mfa_type', 'mfa_vendor', 'ns_id_type'].map((name) => fields.get(name))
  return type === 'authenticator' && vendor === 'google' && (id === 'subscriber' || id === 'level1')
}
