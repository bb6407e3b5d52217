// The authorization server of Phone.com: its client, its account, authorization codes, and the token endpoint.
import { type IssuedToken, type IssueOptions, secretText, IssuedTokens } from '../../server/issued-tokens.ts'
import type { LoggedRequest } from '../../server/request-log.ts'
import { type Fields, missing, type ParsedFields, readJson, readQuery } from '../../server/request.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import { invalid, mason, refuse } from './responses.ts'

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

export class PhonecomAuthorizationServer {
  readonly account: PhonecomAccount
  readonly switches: PhonecomSwitches
  readonly tokens: IssuedTokens
  readonly usualScope = 'account-owner'
  readonly #client: PhonecomClient
  readonly #now: () => number
  readonly #codes = new Map<string, Code>()

  constructor(client: PhonecomClient, account: PhonecomAccount, switches: PhonecomSwitches, now: () => number) {
    this.#client = client
    this.account = account
    this.switches = switches
    this.#now = now
    const generator = { accessToken: () => `${secretText(40)}~6`, refreshToken: () => `${secretText(40)}~6` }
    this.tokens = new IssuedTokens(generator, 86_400, now)
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

  issue(options: IssueOptions): IssuedToken {
    return this.tokens.issue({ refresh: true, ...(this.switches.permanent && { lifetime: null }), ...options })
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

  /** The introspection response of a token. */
  details({ scope, expiresAt }: IssuedToken): Readonly<Record<string, unknown>> {
    const end = expiresAt === undefined ? null : Math.floor(expiresAt / 1_000)
    return { scope, expires_at: end, scope_details: [{ voip_id: 1 }] }
  }
}

// The token endpoint: JSON or query, 201 for success, single-use codes.

const NULLABLE = ['username', 'phonenumber', 'scope', 'redirect_uri', 'code', 'refresh_token']
const FIELDS = ['grant_type', 'client_id', 'client_secret', 'password', ...NULLABLE]

/** Required parameters of each grant, beside those of the client. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['code', 'redirect_uri'],
  client_credentials: [],
  password: ['username', 'password'],
  refresh_token: ['refresh_token'],
}

/** `POST /v4/oauth/access-token` */
export function phonecomToken(server: PhonecomAuthorizationServer): (request: LoggedRequest) => EmulatedResponse {
  return (request) => {
    if (request.headers['authorization'] !== undefined) return mason(400, 'The client has its fields')
    const { fields, problem } = read(request)
    if (!fields) return mason(400, problem)
    const absent = missing(fields, 'grant_type', 'client_id', 'client_secret')
    if (absent !== undefined) return invalid(absent, 'is required')
    const grant = fields.get('grant_type') ?? ''
    const needed = Object.hasOwn(NEEDED, grant) ? NEEDED[grant] : undefined
    if (!needed) return invalid('grant_type', 'is none of the known')
    const wanting = missing(fields, ...needed)
    if (wanting !== undefined) return invalid(wanting, 'is required')
    if (!server.knows(fields.get('client_id'), fields.get('client_secret'))) {
      return refuse(401, 'invalid_client', 'Client authentication failed')
    }
    const given = give(server, grant, fields)
    if (!given) return refuse(401, 'invalid_grant', 'The grant is invalid, expired or used up')
    if ('status' in given) return given
    return { status: 201, body: request.query.has('mode') ? server.details(given) : success(given, server) }
  }
}

/** JSON, and no query but `mode=details`; or everything in the query, and no body. */
function read(request: LoggedRequest): ParsedFields {
  const { query } = request
  const mode = query.get('mode')
  if (mode !== null && mode !== 'details') return { problem: 'mode is none of the known' }
  const rest = new URLSearchParams([...query].filter(([name]) => name !== 'mode'))
  const allowed = { fields: FIELDS, nullable: NULLABLE }
  const plain = { ...request, query: rest }
  return request.bytes.length === 0 ? readQuery(plain, allowed) : readJson(plain, allowed)
}

function give(
  server: PhonecomAuthorizationServer,
  grant: string,
  fields: Fields,
): IssuedToken | EmulatedResponse | undefined {
  const get = (name: string): string => fields.get(name) ?? ''
  const asked = fields.get('scope')
  if (asked !== undefined && !server.allows(asked)) return refuse(400, 'invalid_scope', 'The scope is unknown')
  const options = { grant, scope: asked ?? server.usualScope }
  if (grant === 'client_credentials') return server.issue(options)
  if (grant === 'password') {
    const { username, password } = server.account
    return get('username') === username && get('password') === password
      ? server.issue({ ...options, account: username })
      : undefined
  }
  if (grant === 'authorization_code') {
    const scope = server.redeem(get('code'), get('redirect_uri'))
    return scope === undefined ? undefined : server.issue({ ...options, scope })
  }
  return refresh(server, get('refresh_token'), options)
}

function refresh(
  server: PhonecomAuthorizationServer,
  refreshToken: string,
  options: IssueOptions,
): IssuedToken | undefined {
  const { tokens, switches } = server
  const before = tokens.findRefresh(refreshToken)
  if (!before || tokens.refreshStatusOf(refreshToken) !== 'valid') return undefined
  const { scope = options.scope, account } = before
  const issued = server.issue({ ...options, scope, account, refresh: switches.keepRefresh ? refreshToken : true })
  if (!switches.keepRefresh) tokens.spend(refreshToken, issued)
  return issued
}

function success(
  { accessToken, refreshToken, scope, expiresAt }: IssuedToken,
  server: PhonecomAuthorizationServer,
): unknown {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    scope,
    refresh_token: refreshToken,
    ...(expiresAt !== undefined && { expires_in: server.tokens.lifetime }),
  }
}
