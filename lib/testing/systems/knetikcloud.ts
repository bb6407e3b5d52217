// KnetikCloud (JSAPI): Spring's token endpoint behind a form, two shapes of refusal, social logins that are good for one use.
import { randomUUID } from 'node:crypto'
import { knetikcloud } from '../../providers.ts'
import { type IssuedToken, secretText, type TokenStatus, IssuedTokens } from '../server/issued-tokens.ts'
import type { LoggedRequest } from '../server/request-log.ts'
import { type Fields, readForm, readQuery } from '../server/request.ts'
import type { EmulatedResponse } from '../server/response.ts'
import type { SystemFactory, WithApiUrl, Routes, System } from '../system.ts'

/** Clients and accounts registered at the system. */
export interface KnetikcloudOptions {
  /** The client with a secret; the client without one is `knetik`. @default 'server-client-id' */
  readonly clientId?: string
  /** @default a text with characters that need encoding */
  readonly clientSecret?: string
  /** The users; the first one is that of `grants.password`. @default two */
  readonly accounts?: readonly KnetikcloudAccount[]
}

/** Actions that people take at the system by hand. */
export interface KnetikcloudActions {
  /** A person's token at Facebook or Google, good for one use. */
  socialToken(network: 'facebook' | 'google', username?: string): string
  /** Credentials of an account, for the password grant. */
  login(username: string): KnetikcloudAccount
}

/** The system that `knetikcloudEmulator()` starts. */
export type KnetikcloudSystem = System<
  WithApiUrl<typeof knetikcloud>,
  KnetikcloudGrants['client_credentials'],
  KnetikcloudGrants,
  KnetikcloudSwitches,
  KnetikcloudActions
>

const ACCOUNTS: readonly [KnetikcloudAccount, ...KnetikcloudAccount[]] = [
  { username: 'jdoe', password: 'pass+/&= %:1' },
  { username: 'asmith', password: 'pass+/&= %:2' },
]

/** KnetikCloud (JSAPI). */
export function knetikcloudEmulator(options: KnetikcloudOptions = {}): SystemFactory<KnetikcloudSystem> {
  return ({ url, now }) => {
    const { clientId = 'server-client-id', clientSecret = 'sesame+/&= %:1', accounts = ACCOUNTS } = options
    const client = { clientId, clientSecret }
    const [first = ACCOUNTS[0]] = accounts
    const switches: KnetikcloudSwitches = {
      expiresInAsText: false,
      rotate: false,
      refreshKills: false,
      invalidTokenStatus: 401,
    }
    const tokens = new IssuedTokens({ accessToken: () => randomUUID(), refreshToken: () => randomUUID() }, 3_600, now)
    const server = new KnetikcloudAuthorizationServer(client, accounts, tokens, switches)
    return {
      root: '',
      provider: { ...knetikcloud, api: url },
      credentials: client,
      grants: { client_credentials: client, password: first },
      switches,
      actions: {
        socialToken: (network, username = first.username) => server.socialToken(network, username),
        login: (username) => ({ username, password: server.find(username)?.password ?? '' }),
      },
      tokens,
      defaultToken: { grant: 'client_credentials', scope: 'write read' },
      routes: {
        'POST /oauth/token': { kind: 'token', handle: knetikcloudToken(server) },
        ...knetikcloudResources(server),
      },
      unauthorized: (status, { headers }) => unauthorized(status, 'authorization' in headers, switches),
      notFound: () => refuse(404, 'Not found'),
    }
  }
}

function unauthorized(
  status: TokenStatus,
  hasHeader: boolean,
  { invalidTokenStatus }: KnetikcloudSwitches,
): EmulatedResponse {
  if (!hasHeader) return refuse(401, 'Full authentication is required to access this resource')
  const error_description = status === 'expired' ? 'Access token expired' : 'Invalid access token'
  return { status: invalidTokenStatus, body: { error: 'invalid_token', error_description } }
}

// Clients, users, and users' tokens of other networks.

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

class KnetikcloudAuthorizationServer {
  readonly tokens: IssuedTokens
  readonly switches: KnetikcloudSwitches
  readonly #client: KnetikcloudGrants['client_credentials']
  readonly #accounts: readonly KnetikcloudAccount[]
  readonly #social = new Map<string, string>()

  constructor(
    client: KnetikcloudGrants['client_credentials'],
    accounts: readonly KnetikcloudAccount[],
    tokens: IssuedTokens,
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

  /** Redeems a token of a network; returns the username of its owner. */
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

// The token endpoint.

/** Parameters of each grant, beside those of the client. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  client_credentials: [],
  password: ['username', 'password'],
  facebook: ['token'],
  google: ['token'],
  refresh_token: ['refresh_token'],
}
const CLIENT = ['grant_type', 'client_id', 'client_secret']

/** `POST /oauth/token`, by form or by query. */
function knetikcloudToken(server: KnetikcloudAuthorizationServer): (request: LoggedRequest) => EmulatedResponse {
  return (request) => {
    if (request.headers['authorization'] !== undefined)
      return oauthError(400, 'invalid_request', 'The client has its fields')
    const { grant = '' } = request
    const own = Object.hasOwn(OWN, grant) ? OWN[grant] : undefined
    if (!own) return grant === '' ? oauthError(400, 'invalid_request', 'Missing grant type') : unsupported(grant)
    const read = request.bytes.length === 0 ? readQuery : readForm
    const { fields, problem } = read(request, { fields: [...CLIENT, ...own] })
    if (!fields) return oauthError(400, 'invalid_request', problem)
    const isKnown = server.knows(fields.get('client_id'), fields.get('client_secret'), grant === 'client_credentials')
    if (!isKnown) return oauthError(401, 'invalid_client', 'Bad client credentials')
    const absent = own.find((name) => !fields.has(name))
    if (absent !== undefined) return oauthError(400, 'invalid_request', `Missing ${absent}`)
    return give(server, grant, fields)
  }
}

function give(server: KnetikcloudAuthorizationServer, grant: string, fields: Fields): EmulatedResponse {
  const get = (name: string): string => fields.get(name) ?? ''
  if (grant === 'client_credentials') return success(server, server.tokens.issue({ grant, scope: SCOPE }))
  if (grant === 'refresh_token') return refresh(server, get('refresh_token'))
  const account =
    grant === 'password'
      ? passwordHolder(server, get('username'), get('password'))
      : server.redeemSocial(grant, get('token'))
  if (account === undefined) return oauthError(400, 'invalid_grant', 'Bad credentials')
  return success(server, server.tokens.issue({ grant, account, scope: SCOPE, refresh: true }))
}

const SCOPE = 'write read'

function passwordHolder(
  server: KnetikcloudAuthorizationServer,
  username: string,
  password: string,
): string | undefined {
  return server.find(username)?.password === password ? username : undefined
}

function refresh(server: KnetikcloudAuthorizationServer, refreshToken: string): EmulatedResponse {
  const { tokens, switches } = server
  const before = tokens.findRefresh(refreshToken)
  if (!before || tokens.refreshStatusOf(refreshToken) !== 'valid') {
    return oauthError(400, 'invalid_grant', 'Invalid refresh token')
  }
  const { account } = before
  const kept = switches.rotate || refreshToken
  const issued = tokens.issue({ grant: 'refresh_token', account, scope: SCOPE, refresh: kept })
  if (switches.rotate) tokens.spend(refreshToken, issued)
  if (switches.refreshKills) tokens.revoke(before.accessToken)
  return success(server, issued)
}

function success(
  { tokens, switches }: KnetikcloudAuthorizationServer,
  { accessToken, refreshToken }: IssuedToken,
): EmulatedResponse {
  const { lifetime } = tokens
  const body = {
    access_token: accessToken,
    token_type: 'bearer',
    ...(refreshToken !== undefined && { refresh_token: refreshToken }),
    expires_in: switches.expiresInAsText ? String(lifetime) : lifetime,
    scope: SCOPE,
  }
  return { status: 200, body }
}

function unsupported(grant: string): EmulatedResponse {
  return oauthError(400, 'unsupported_grant_type', `Unsupported grant type: ${grant}`)
}

function oauthError(status: number, error: string, description: string): EmulatedResponse {
  return { status, body: { error, error_description: description } }
}

// The API and its error responses.

/** The API's refusals, all but that of a dead token. */
function refuse(status: number, message: string): EmulatedResponse {
  return { status, body: { code: status, request_id: randomUUID(), result: [{ message, field: null, details: null }] } }
}

const VERSION = { version: '3.0.0' }
const MEMBER_SINCE = 1_500_000_000

function knetikcloudResources(server: KnetikcloudAuthorizationServer): Routes {
  return {
    'GET /health': { kind: 'resource', handle: () => ({ status: 200, body: { status: 'UP' } }) },
    'GET /version': { kind: 'resource', handle: () => ({ status: 200, body: VERSION }) },
    'GET /me': {
      guarded: (_request, { account }) => {
        const id = server.idOf(account)
        const roles = [account === undefined ? 'TOKENS_ADMIN' : 'USER']
        return {
          status: 200,
          body: {
            client_id: account === undefined ? server.clientId : 'knetik',
            roles,
            ...(id !== undefined && { user_id: id }),
          },
        }
      },
    },
    'GET /users/{id}': {
      guarded: (_request, { account }, { id = '' }) => {
        const found = id === 'me' ? server.find(account) : server.at(Number(id))
        if (!found) return refuse(404, 'User not found')
        const { username } = found
        const email = `${username}@example.com`
        const body = { id: server.idOf(username), username, display_name: username, email, member_since: MEMBER_SINCE }
        return { status: 200, body }
      },
    },
    'DELETE /auth/tokens': { kind: 'other', guarded: revoke(server) },
  }
}

/** By `username`: all of that person's tokens. `client_id` alone: all tokens that are nobody's. */
function revoke({ tokens }: KnetikcloudAuthorizationServer) {
  return ({ query }: LoggedRequest, { account }: IssuedToken): EmulatedResponse => {
    if (account !== undefined) return refuse(403, 'TOKENS_ADMIN is needed')
    const unknown = [...query.keys()].find((name) => name !== 'username' && name !== 'client_id')
    if (unknown !== undefined) return refuse(400, `Unknown parameter ${unknown}`)
    const username = query.get('username') ?? undefined
    for (const issued of tokens.issued) {
      if (issued.account !== username) continue
      tokens.revoke(issued.accessToken)
      if (issued.refreshToken !== undefined) tokens.revoke(issued.refreshToken)
    }
    return { status: 204 }
  }
}
