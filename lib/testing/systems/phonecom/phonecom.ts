// Phone.com v4: 201 for a token, Mason for a refusal, the wait of a 429 inside its body.
import { phonecom } from '../../../providers.ts'
import type { IssuedToken } from '../../server/issued-tokens.ts'
import type { LoggedRequest } from '../../server/request-log.ts'
import { readObject } from '../../server/request.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import type { SystemFactory, WithApiUrl, Routes, System } from '../../system.ts'
import {
  type PhonecomAccount,
  type PhonecomClient,
  PhonecomAuthorizationServer,
  type PhonecomSwitches,
  phonecomToken,
} from './authorization-server.ts'
import { invalid, mason, refuse, tooMany } from './responses.ts'

/** Clients and accounts registered at the system. */
export interface PhonecomOptions extends Partial<PhonecomClient>, Partial<PhonecomAccount> {
  /** The redirect URI of the client. @default 'https://app.example/callback' */
  readonly redirectUri?: string
}

/** Credentials the system accepts, by grant. */
export interface PhonecomGrants {
  readonly client_credentials: PhonecomClient
  readonly password: PhonecomClient & PhonecomAccount
  /** The code comes from `authorizationUrl()`, or from `actions.authorizationCode()`. */
  readonly authorization_code: PhonecomClient & { readonly redirectUri: string }
}

/** Actions that people take at the system by hand. */
export interface PhonecomActions {
  /** A code as a person's consent gives it, good for one use. */
  authorizationCode(scope?: string): string
}

/** The system that `phonecomEmulator()` starts. */
export type PhonecomSystem = System<
  WithApiUrl<typeof phonecom>,
  PhonecomClient,
  PhonecomGrants,
  PhonecomSwitches,
  PhonecomActions
>

/** Phone.com API v4. */
export function phonecomEmulator(options: PhonecomOptions = {}): SystemFactory<PhonecomSystem> {
  return ({ url, now }) => {
    const root = '/v4'
    const { clientId = 'phonecom-client', clientSecret = 'sesame+/&= %:1' } = options
    const { username = 'ann', password = 'pass+/&= %:1', redirectUri = 'https://app.example/callback' } = options
    const client = { clientId, clientSecret }
    const account = { username, password }
    const switches = { permanent: false, rateLimited: undefined, keepRefresh: false, denied: false }
    const server = new PhonecomAuthorizationServer(client, account, switches, now)
    const routes = {
      'POST /v4/oauth/access-token': { kind: 'token', handle: phonecomToken(server) },
      ...phonecomResources(server, now, redirectUri),
    } as const
    return {
      root,
      provider: { ...phonecom, api: url + root },
      credentials: client,
      grants: {
        client_credentials: client,
        password: { ...client, ...account },
        authorization_code: { ...client, redirectUri },
      },
      switches,
      actions: { authorizationCode: (scope = server.usualScope) => server.code(redirectUri, scope) },
      tokens: server.tokens,
      defaultToken: { grant: 'client_credentials', scope: server.usualScope, refresh: true },
      routes: limited(routes, server.switches),
      unauthorized: (status) =>
        refuse(401, 'access_denied', status === 'expired' ? 'The access token expired' : 'Invalid access token'),
      notFound: () => mason(404, 'Not Found'),
    }
  }
}

/** The routes, each of which answers 429 while that is switched on. */
function limited(routes: Routes, switches: PhonecomSwitches): Routes {
  const unless = <Args extends unknown[]>(handle: (...args: Args) => EmulatedResponse) => {
    return (...args: Args): EmulatedResponse =>
      switches.rateLimited === undefined ? handle(...args) : tooMany(switches.rateLimited)
  }
  return Object.fromEntries(
    Object.entries(routes).map(([name, route]) => [
      name,
      'handle' in route ? { ...route, handle: unless(route.handle) } : { ...route, guarded: unless(route.guarded) },
    ]),
  )
}

// The API: introspection and revocation, consent, accounts, messages.

const ACCOUNT = { id: 1, name: 'Example', username: 'ann' }

/** `redirectUri` is the one that was registered. */
function phonecomResources(server: PhonecomAuthorizationServer, now: () => number, redirectUri: string): Routes {
  const own = (handle: (request: LoggedRequest) => EmulatedResponse) => ({
    guarded: (
      request: LoggedRequest,
      _token: IssuedToken,
      { id }: Readonly<Record<string, string>>,
    ): EmulatedResponse => (id === String(ACCOUNT.id) ? handle(request) : mason(403, 'Forbidden')),
  })
  const inspect = { kind: 'other', guarded: details(server) } as const
  return {
    'GET /v4/oauth/authorization': { kind: 'other', handle: authorize(server, redirectUri) },
    'GET /v4/oauth/access-token': inspect,
    'GET /v4/oauth/access-token/details': inspect,
    'DELETE /v4/oauth/access-token': {
      kind: 'other',
      guarded: (_request, { accessToken }) => revoke(server, accessToken),
    },
    'GET /v4/accounts/{id}/oauth/access-tokens': { kind: 'other', ...own(() => listed(tokensOf(server))) },
    'DELETE /v4/accounts/{id}/oauth/access-tokens/{token}': {
      kind: 'other',
      guarded: (_request, _token, { token }) => revoke(server, server.tokens.issued[Number(token) - 1]?.accessToken),
    },
    'GET /v4/ping': { kind: 'resource', handle: (request) => ({ status: 200, body: ping(request, now()) }) },
    'GET /v4/accounts': { guarded: () => listed([ACCOUNT]) },
    'GET /v4/accounts/{id}': own(() => ({ status: 200, body: ACCOUNT })),
    'POST /v4/accounts/{id}/sms': own(sendSms),
  }
}

function listed(items: readonly unknown[]): EmulatedResponse {
  return { status: 200, body: { filters: {}, sort: {}, total: items.length, offset: 0, limit: 25, items } }
}

function details(server: PhonecomAuthorizationServer) {
  return (_request: LoggedRequest, token: IssuedToken): EmulatedResponse => ({
    status: 200,
    body: server.details(token),
  })
}

function tokensOf(server: PhonecomAuthorizationServer): readonly unknown[] {
  return server.tokens.issued.map((token, index) => ({ id: index + 1, ...server.details(token) }))
}

function revoke({ tokens }: PhonecomAuthorizationServer, accessToken = ''): EmulatedResponse {
  return tokens.revoke(accessToken) ? { status: 204 } : mason(404, 'Not Found')
}

function ping({ headers }: LoggedRequest, now: number): unknown {
  const timestamp = Math.floor(now / 1_000)
  return { datetime: new Date(now).toISOString(), remote_ip: '127.0.0.1', timestamp, user_agent: headers['user-agent'] }
}

function sendSms(request: LoggedRequest): EmulatedResponse {
  const { object, problem } = readObject(request)
  if (!object) return mason(400, problem)
  const { from, to, text } = object
  const absent = Object.entries({ from, to, text }).find(([, value]) => value === undefined)
  return absent ? invalid(absent[0], 'is required') : { status: 201, body: { id: 1, from, to, text } }
}

const PARAMETERS = ['client_id', 'response_type', 'scope', 'redirect_uri', 'state']

/** Consents at once, or says no: a code in the query, or a token in the fragment. */
function authorize(server: PhonecomAuthorizationServer, registered: string) {
  return ({ query }: LoggedRequest): EmulatedResponse => {
    const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name))
    if (unknown !== undefined) return invalid(unknown, 'is none of the known')
    const scope = query.get('scope') ?? ''
    const type = query.get('response_type')
    // Nobody is sent to an address that is not the client's.
    if (!server.isClient(query.get('client_id'))) return refuse(401, 'invalid_client', 'Client authentication failed')
    if (query.get('redirect_uri') !== registered) return invalid('redirect_uri', 'is not the registered one')
    if (type !== 'code' && type !== 'token') return invalid('response_type', 'is none of the known')
    if (!server.allows(scope)) return invalid('scope', 'is unknown')
    const state = query.get('state')
    const back = (params: Readonly<Record<string, string>>, mark = '?'): EmulatedResponse => {
      const text = new URLSearchParams({ ...params, ...(state !== null && { state }) }).toString()
      return { status: 302, headers: { Location: registered + mark + text } }
    }
    if (server.switches.denied) return back({ error: 'access_denied' }, type === 'token' ? '#' : '?')
    if (type === 'code') return back({ code: server.code(registered, scope) })
    const { accessToken, expiresAt } = server.issue({ grant: 'implicit', scope, refresh: false })
    const life = expiresAt === undefined ? {} : { expires_in: String(server.tokens.lifetime) }
    return back({ access_token: accessToken, token_type: 'Bearer', ...life, scope }, '#')
  }
}
