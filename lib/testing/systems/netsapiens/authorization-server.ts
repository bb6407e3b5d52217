// The authorization server of NetSapiens: passwords, second factors and refresh tokens, shared by its three token endpoints.
import { randomInt } from 'node:crypto'
import { type Claims, type IssuedToken, secretHex, signJwt, IssuedTokens } from '../../server/issued-tokens.ts'
import { type Fields, missing } from '../../server/request.ts'
import type { EmulatedResponse } from '../../server/response.ts'

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

/** The format of an access token: 32 hexadecimal digits, or a JSON Web Token. */
export type TokenFormat = 'opaque' | 'jwt'

/** A login, a demand for a second factor, or an error response. */
export type LoginResult =
  | { readonly account: NetsapiensAccount; readonly mfaRequired?: never; readonly refusal?: never }
  | { readonly account?: never; readonly mfaRequired: NetsapiensAccount; readonly refusal?: never }
  | { readonly account?: never; readonly mfaRequired?: never; readonly refusal: EmulatedResponse }

/** An error response; the system has only this shape. */
export function refuse(code: number, message: string): EmulatedResponse {
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

export class NetsapiensAuthorizationServer {
  readonly tokens: IssuedTokens
  readonly #client: NetsapiensClient
  readonly #accounts: readonly NetsapiensAccount[]
  readonly #now: () => number
  readonly #passcodes = new Map<string, Set<string>>()
  /** The partial token of each account; a later login makes the earlier one void. */
  readonly #partial = new Map<string, string>()
  /** Whether every account is asked for a passcode. */
  readonly #requiresMfa: () => boolean

  constructor(
    client: NetsapiensClient,
    accounts: readonly NetsapiensAccount[],
    now: () => number,
    requiresMfa: () => boolean,
  ) {
    this.#client = client
    this.#accounts = accounts
    this.#now = now
    this.#requiresMfa = requiresMfa
    this.tokens = new IssuedTokens(
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

  issue(grant: string, account: NetsapiensAccount, format: TokenFormat): IssuedToken {
    const { username, scope = 'Basic User' } = account
    return this.tokens.issue({ grant, account: username, scope, format, refresh: true })
  }

  /** A passcode for the account, good for one use. */
  passcode(username: string): string {
    const passcode = String(randomInt(1_000_000)).padStart(6, '0')
    this.#passcodes.set(username, (this.#passcodes.get(username) ?? new Set()).add(passcode))
    return passcode
  }

  /** The partial token of an MFA prompt, accepted by the mfa grant only. */
  partial({ username }: NetsapiensAccount, format: TokenFormat): string {
    const claims = { user_scope: 'mfa_required', mfa_type: 'authenticator', mfa_vendor: 'google' }
    const token = format === 'jwt' ? this.#jwt(username, claims, this.#now() + DAY * 1_000) : secretHex(32)
    this.#partial.set(username, token)
    return token
  }

  /** The error response to wrong client credentials. */
  refusesClient(fields: Fields): EmulatedResponse | undefined {
    const { clientId, clientSecret } = this.#client
    const isRight = fields.get('client_id') === clientId && fields.get('client_secret') === clientSecret
    return isRight ? undefined : refuse(401, 'Invalid client')
  }

  login(fields: Fields): LoginResult {
    const account = this.find(fields.get('username'))
    const refusal =
      absent(fields, FIELDS.password) ??
      this.refusesClient(fields) ??
      (account?.password === fields.get('password') ? undefined : refuse(403, 'Invalid User Login'))
    if (refusal || !account) return { refusal: refusal ?? refuse(403, 'Invalid User Login') }
    return (account.mfa ?? false) || this.#requiresMfa() ? { mfaRequired: account } : { account }
  }

  verifyPasscode(fields: Fields): LoginResult {
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
  refresh(refreshToken: string, format: TokenFormat, killsAccess: boolean): IssuedToken | EmulatedResponse {
    const before = this.tokens.findRefresh(refreshToken)
    const account = this.find(before?.account)
    if (!before || !account || this.tokens.refreshStatusOf(refreshToken) !== 'valid') {
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

function absent(fields: Fields, names: readonly string[]): EmulatedResponse | undefined {
  const name = missing(fields, ...names)
  return name === undefined ? undefined : refuse(400, `${name} is required`)
}

function isSecondFactor(fields: Fields): boolean {
  const [type, vendor, id] = ['mfa_type', 'mfa_vendor', 'ns_id_type'].map((name) => fields.get(name))
  return type === 'authenticator' && vendor === 'google' && (id === 'subscriber' || id === 'level1')
}
