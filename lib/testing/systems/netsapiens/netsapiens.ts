// NetSapiens, API v2: roles for scopes, a refresh that revokes the old token, an MFA prompt that looks like a success.
import type { ProviderDefinition } from '../../../definitions/definition.ts'
import { netsapiens, netsapiensJwt, netsapiensLegacy } from '../../../providers.ts'
import { secretText } from '../../server/issued-tokens.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import type { SystemFactory, WithApiUrl, WithApiAndTokenUrl, Routes, EmulatorContext, System } from '../../system.ts'
import {
  type TokenFormat,
  type NetsapiensAccount,
  type NetsapiensClient,
  NetsapiensAuthorizationServer,
  refuse,
  VERSION,
} from './authorization-server.ts'
import {
  jwtTokens,
  LegacyCodes,
  legacyRead,
  legacyTokens,
  opaqueTokens,
  readJwt,
  revokeJwt,
} from './token-endpoints.ts'

/** Clients and accounts registered at the system. */
export interface NetsapiensOptions extends Partial<NetsapiensClient> {
  /** The users; the first one is that of `credentials`. @default two */
  readonly accounts?: readonly NetsapiensAccount[]
}

/** Where servers differ. */
export interface NetsapiensSwitches {
  /** Every account is asked for a passcode. */
  mfa: boolean
  /** An older server: a page with this status where `/tokens` and `/jwt` should be. */
  html: 404 | 200 | undefined
  /** Version 44: `/jwt` gives no refresh token. */
  noJwtRefresh: boolean
}

/** Credentials of the password grant. */
export interface NetsapiensLogin extends NetsapiensClient {
  readonly username: string
  readonly password: string
}

/** Actions that people take at the system by hand. */
export interface NetsapiensActions {
  /** Reads a passcode off the account's authenticator; good for one use. @default the first account's */
  passcode(username?: string): string
  /** Credentials of an account, for the password grant. */
  login(username: string): NetsapiensLogin
  /** An API key `nss_...`: a bearer token that does not expire. */
  apiKey(username?: string): string
  /** A code for the older endpoint's authorization_code grant; takes the S256 challenge of PKCE. */
  authorizationCode(codeChallenge: string, username?: string): string
}

type NetsapiensSystemOf<P extends ProviderDefinition> = System<
  P,
  NetsapiensLogin,
  { readonly password: NetsapiensLogin },
  NetsapiensSwitches,
  NetsapiensActions
>

/** The system that `netsapiensEmulator()` starts. */
export type NetsapiensSystem = NetsapiensSystemOf<WithApiUrl<typeof netsapiens>>
/** The system that `netsapiensJwtEmulator()` starts. */
export type NetsapiensJwtSystem = NetsapiensSystemOf<WithApiUrl<typeof netsapiensJwt>>
/** The system that `netsapiensLegacyEmulator()` starts. */
export type NetsapiensLegacySystem = NetsapiensSystemOf<WithApiAndTokenUrl<typeof netsapiensLegacy>>

const ROOT = '/ns-api/v2'
const LEGACY = '/ns-api/oauth2/token/'

/** NetSapiens API v2, its provider set to opaque tokens. */
export function netsapiensEmulator(options: NetsapiensOptions = {}): SystemFactory<NetsapiensSystem> {
  return (context) => netsapiensSystem(context, options, 'opaque', { ...netsapiens, api: context.url + ROOT })
}

/** The same server, its provider set to JSON Web Tokens. */
export function netsapiensJwtEmulator(options: NetsapiensOptions = {}): SystemFactory<NetsapiensJwtSystem> {
  return (context) => netsapiensSystem(context, options, 'jwt', { ...netsapiensJwt, api: context.url + ROOT })
}

/** The same server, its provider set to the older token endpoint. */
export function netsapiensLegacyEmulator(options: NetsapiensOptions = {}): SystemFactory<NetsapiensLegacySystem> {
  return (context) => {
    const token = { ...netsapiensLegacy.token, url: context.url + LEGACY }
    return netsapiensSystem(context, options, 'opaque', { ...netsapiensLegacy, api: context.url + ROOT, token })
  }
}

const ACCOUNTS: readonly [NetsapiensAccount, ...NetsapiensAccount[]] = [
  { username: '1001@example.com', password: 'pass+/&= %:1', scope: 'Basic User' },
  { username: '1002@example.com', password: 'pass+/&= %:2', scope: 'Office Manager' },
]

function netsapiensSystem<P extends ProviderDefinition>(
  { now }: EmulatorContext,
  options: NetsapiensOptions,
  format: TokenFormat,
  provider: P,
): NetsapiensSystemOf<P> {
  const client = { clientId: 'netsapiens-client', clientSecret: 'sesame+/&= %:1', ...clientOf(options) }
  const { accounts = ACCOUNTS } = options
  const [first = ACCOUNTS[0]] = accounts
  const switches: NetsapiensSwitches = { mfa: false, html: undefined, noJwtRefresh: false }
  const server = new NetsapiensAuthorizationServer(client, accounts, now, () => switches.mfa)
  const codes = new LegacyCodes()
  const { tokens } = server
  const login = (username: string): NetsapiensLogin => {
    return { ...client, username, password: server.find(username)?.password ?? '' }
  }
  const orPage = <Args extends unknown[]>(handle: (...args: Args) => EmulatedResponse) => {
    return (...args: Args): EmulatedResponse =>
      switches.html === undefined ? handle(...args) : htmlPage(switches.html)
  }
  return {
    root: ROOT,
    provider,
    credentials: login(first.username),
    grants: { password: login(first.username) },
    switches,
    actions: {
      passcode: (username = first.username) => server.passcode(username),
      login,
      apiKey: (account = first.username) => {
        const accessToken = `nss_${secretText(40)}`
        return tokens.issue({ grant: 'api_key', account, lifetime: null, accessToken }).accessToken
      },
      authorizationCode: (challenge, username = first.username) => codes.issue(username, challenge),
    },
    tokens,
    defaultToken: {
      grant: 'password',
      account: first.username,
      scope: first.scope ?? 'Basic User',
      format,
      refresh: true,
    },
    routes: {
      'POST /ns-api/v2/tokens': { kind: 'token', handle: orPage(opaqueTokens(server, client.clientId)) },
      'POST /ns-api/v2/jwt': { kind: 'token', handle: orPage(jwtTokens(server, () => !switches.noJwtRefresh)) },
      'GET /ns-api/v2/jwt': { kind: 'other', guarded: orPage(readJwt) },
      'DELETE /ns-api/v2/jwt': { kind: 'other', guarded: orPage(revokeJwt(tokens)) },
      'DELETE /ns-api/v2/jwt/{id}': { kind: 'other', guarded: orPage(revokeJwt(tokens)) },
      [`POST ${LEGACY}`]: { kind: 'token', handle: legacyTokens(server, codes, client.clientId) },
      [`POST ${LEGACY.slice(0, -1)}`]: { kind: 'token', handle: legacyTokens(server, codes, client.clientId) },
      'GET /ns-api/oauth2/read': { kind: 'other', guarded: legacyRead },
      ...netsapiensResources(server, now),
    },
    unauthorized: () => refuse(401, 'Unauthorized'),
    notFound: () => refuse(404, 'Not Found'),
  }
}

function clientOf({ clientId, clientSecret }: NetsapiensOptions): Partial<NetsapiensClient> {
  return { ...(clientId !== undefined && { clientId }), ...(clientSecret !== undefined && { clientSecret }) }
}

function htmlPage(status: number): EmulatedResponse {
  const body = `<!DOCTYPE html><html><head><title>${VERSION}</title></head><body>Not Found</body></html>`
  return { status, headers: { 'Content-Type': 'text/html' }, body }
}

// The API: its version is public; domains and users are visible to their members.

function netsapiensResources(server: NetsapiensAuthorizationServer, now: () => number): Routes {
  return {
    'GET /ns-api/v2/version': {
      kind: 'resource',
      handle: () => ({
        status: 200,
        body: { apiversion: VERSION, hostname: 'emulator', 'current-time': new Date(now()).toISOString() },
      }),
    },
    'GET /ns-api/v2/domains/{domain}': {
      guarded: (_request, token, { domain: asked = '' }) => {
        const { domain } = halves(token.account)
        if (asked !== '~' && asked !== domain) return refuse(403, 'Permission Denied')
        const body = { domain, reseller: 'Example Reseller', description: 'An example', 'time-zone': 'US/Pacific' }
        return { status: 200, body }
      },
    },
    'GET /ns-api/v2/domains/{domain}/users/{user}': {
      guarded: (_request, token, { domain: askedDomain = '', user: asked = '' }) => {
        const mine = halves(token.account)
        const user = asked === '~' ? mine.user : asked
        if (askedDomain !== '~' && askedDomain !== mine.domain) return refuse(403, 'Permission Denied')
        if (user !== mine.user && token.scope === 'Basic User') return refuse(403, 'Permission Denied')
        const uid = `${user}@${mine.domain}`
        const account = server.find(uid)
        if (!account) return refuse(404, 'Not Found')
        const body = {
          user,
          domain: mine.domain,
          'name-first-name': 'Ann',
          'name-last-name': 'Example',
          'login-username': uid,
          'email-address': uid,
          'user-scope': account.scope ?? 'Basic User',
        }
        return { status: 200, body }
      },
    },
  }
}

function halves(uid = ''): { readonly user: string; readonly domain: string } {
  const [user = '', domain = ''] = uid.split('@')
  return { user, domain }
}
