// The token endpoint of the generic server.
import type { IssuedToken, IssueOptions } from '../../server/issued-tokens.ts'
import type { LoggedRequest } from '../../server/request-log.ts'
import { type Fields, readForm } from '../../server/request.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import type { OpenRoute } from '../../system.ts'
import { CLIENT_PARAMETERS, JWT_BEARER, type OAuth2AuthorizationServer, refusesClient } from './authorization-server.ts'
import { isTarget, NO_STORE, refuse } from './responses.ts'

/** An extension grant: whom the token is for, or undefined to refuse. */
export type ExtensionGrant = (fields: Fields) => { readonly account?: string } | undefined

/** Grants and parameters that the server accepts beyond the standard. */
export interface OAuth2Extras {
  /** By `grant_type`. */
  readonly extensionGrants: Readonly<Record<string, ExtensionGrant>>
  /** Parameters that token and authorization requests may have beside the standard ones. */
  readonly parameters: readonly string[]
}

const CLIENT = ['grant_type', ...CLIENT_PARAMETERS, 'scope', 'resource', 'audience']
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const OWN: Readonly<Record<string, readonly string[]>> = {
  client_credentials: [],
  password: ['username', 'password'],
  refresh_token: ['refresh_token'],
  authorization_code: ['code', 'redirect_uri', 'code_verifier'],
  [JWT_BEARER]: ['assertion'],
  [DEVICE_CODE]: ['device_code'],
  [TOKEN_EXCHANGE]: [
    ...['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type'],
    'requested_token_type',
  ],
}
const MAY_BE_ABSENT = ['code_verifier', 'actor_token', 'actor_token_type', 'requested_token_type']

/** `POST /token` */
export function oauth2Token(
  server: OAuth2AuthorizationServer,
  extras: OAuth2Extras,
): (request: LoggedRequest) => EmulatedResponse {
  return (request) => {
    const { grant } = request
    const extension = ownOf(extras.extensionGrants, grant)
    const own = ownOf(OWN, grant)
    const known = [...CLIENT, ...(own ?? []), ...extras.parameters]
    const { fields, problem } = readForm(request, { fields: known, repeatable: ['resource'] })
    if (grant === undefined) return refuse('invalid_request', 'grant_type is missing')
    if (!own && !extension) return refuse('unsupported_grant_type', 'No such grant')
    if (!fields) return refuse('invalid_request', problem)
    const absent = own?.find((name) => !MAY_BE_ABSENT.includes(name) && !fields.has(name))
    if (absent !== undefined) return refuse('invalid_request', `${absent} is missing`)
    const refusal = refusesClient(server, request, fields) ?? refusesTarget(fields)
    if (refusal) return refusal
    const given = extension ? issueForExtension(server, grant, extension(fields), fields) : give(server, grant, fields)
    return 'status' in given ? given : success(given, server, fields)
  }
}

function ownOf<T>(record: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

/** @see RFC 8707, section 2 */
function refusesTarget(fields: Fields): EmulatedResponse | undefined {
  return fields.all('resource').every(isTarget) ? undefined : refuse('invalid_target', 'resource is no absolute URI')
}

function give(server: OAuth2AuthorizationServer, grant: string, fields: Fields): IssuedToken | EmulatedResponse {
  if (grant === 'refresh_token') return refresh(server, fields)
  const scope = scopeOf(fields, server.scopes)
  if (scope === undefined) return refuse('invalid_scope', 'No such scope')
  if (grant === 'client_credentials') {
    if (server.client.clientAuthentication === 'none') return refuse('unauthorized_client', 'The client has no secret')
    return server.issue({ grant, scope, refresh: server.switches.alwaysRefresh })
  }
  if (grant === JWT_BEARER) return issueForAssertion(server, scope, fields)
  if (grant === TOKEN_EXCHANGE) return issueInExchange(server, scope, fields)
  if (grant === DEVICE_CODE) {
    const decided = server.poll(fields.get('device_code') ?? '')
    return typeof decided === 'string'
      ? refuse(decided, 'The device is not authorized')
      : server.issue({ grant, ...decided, refresh: true })
  }
  if (grant === 'password') {
    const account = server.find(fields.get('username'))
    if (!account || account.password !== fields.get('password')) return refuse('invalid_grant', 'Bad credentials')
    return server.issue({ grant, account: account.username, scope, refresh: true })
  }
  if (server.exceeds(fields.get('code'), fields.all('resource')))
    return refuse('invalid_target', 'resource is more than was consented to')
  const [code = '', redirectUri, verifier] = ['code', 'redirect_uri', 'code_verifier'].map((name) => fields.get(name))
  const issued = server.redeem(code, redirectUri, verifier, { grant, refresh: true })
  return issued ?? refuse('invalid_grant', 'The code is invalid, expired or used up')
}

/** For the account of the subject token. @see RFC 8693, sections 2.1 and 2.2 */
function issueInExchange(
  server: OAuth2AuthorizationServer,
  scope: string,
  fields: Fields,
): IssuedToken | EmulatedResponse {
  const { tokens } = server
  const tokenNames = ['subject', 'actor'].filter((name) => fields.has(`${name}_token`))
  const types = [...tokenNames.map((name) => `${name}_token_type`), 'requested_token_type']
  if (fields.has('actor_token') !== fields.has('actor_token_type'))
    return refuse('invalid_request', 'actor_token and its type go together')
  if (types.some((name) => fields.has(name) && fields.get(name) !== ACCESS_TOKEN))
    return refuse('invalid_request', 'Only access tokens are exchanged')
  if (tokenNames.some((name) => tokens.statusOf(fields.get(`${name}_token`)) !== 'valid'))
    return refuse('invalid_request', 'The subject or the actor token is invalid, expired or revoked')
  const { account } = tokens.find(fields.get('subject_token') ?? '') ?? {}
  return server.issue({ grant: TOKEN_EXCHANGE, account, scope, refresh: server.switches.alwaysRefresh })
}

/** For an account, or for the client itself, by the client's own signature. @see RFC 7523, sections 2.1 and 3 */
function issueForAssertion(
  server: OAuth2AuthorizationServer,
  scope: string,
  fields: Fields,
): IssuedToken | EmulatedResponse {
  const { claims, problem } = server.verify(fields.get('assertion') ?? '', 'key', false)
  if (!claims) return refuse('invalid_grant', problem)
  const { clientId } = server.client
  const subject = String(claims['sub'])
  const isKnown = claims['iss'] === clientId && (subject === clientId || server.find(subject) !== undefined)
  return isKnown
    ? server.issue({ grant: JWT_BEARER, account: subject, scope, refresh: server.switches.alwaysRefresh })
    : refuse('invalid_grant', 'iss or sub is unknown')
}

function issueForExtension(
  server: OAuth2AuthorizationServer,
  grant: string,
  accepted: ReturnType<ExtensionGrant>,
  fields: Fields,
): IssuedToken | EmulatedResponse {
  const scope = scopeOf(fields, server.scopes)
  if (scope === undefined) return refuse('invalid_scope', 'No such scope')
  if (!accepted) return refuse('invalid_grant', 'The grant is not accepted')
  return server.issue({ grant, account: accepted.account, scope, refresh: server.switches.alwaysRefresh })
}

/** @see RFC 6749, section 6; RFC 9700, section 4.14 */
function refresh(server: OAuth2AuthorizationServer, fields: Fields): IssuedToken | EmulatedResponse {
  const { tokens, switches } = server
  const refreshToken = fields.get('refresh_token') ?? ''
  const before = tokens.findRefresh(refreshToken)
  const tokenStatus = tokens.refreshStatusOf(refreshToken)
  const refusal = refuse('invalid_grant', 'The refresh token is invalid, expired or revoked')
  if (!before) return refusal
  if (tokenStatus === 'spent' && switches.onReuse === 'revoke-family') server.revokeFamily(before)
  if (tokenStatus === 'spent' && switches.onReuse === 'grace') return tokens.successor(refreshToken) ?? refusal
  if (tokenStatus !== 'valid') return refusal
  const scope = scopeOf(fields, before.scope?.split(' ') ?? [])
  if (scope === undefined) return refuse('invalid_scope', 'More than was granted')
  const issueOptions: IssueOptions = {
    grant: 'refresh_token',
    account: before.account,
    scope,
    refresh: switches.rotate || refreshToken,
  }
  const issued = server.issue(issueOptions, before)
  if (switches.rotate) tokens.spend(refreshToken, issued)
  if (switches.refreshKills) tokens.revoke(before.accessToken)
  return issued
}

function scopeOf(fields: Fields, grantable: readonly string[]): string | undefined {
  const asked = fields.get('scope')?.split(' ') ?? grantable
  return asked.every((scope) => grantable.includes(scope)) ? asked.join(' ') : undefined
}

function success(issued: IssuedToken, server: OAuth2AuthorizationServer, fields: Fields): EmulatedResponse {
  const { tokens, switches } = server
  const { accessToken, refreshToken, scope, grant } = issued
  const resources = fields.all('resource')
  const audience = fields.get('audience')
  const isShown = refreshToken !== undefined && (switches.rotate || grant !== 'refresh_token')
  const body = {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: tokens.lifetime,
    ...(grant === TOKEN_EXCHANGE && { issued_token_type: ACCESS_TOKEN }),
    ...(isShown && { refresh_token: refreshToken }),
    scope,
    ...server.idToken(issued),
    ...(resources.length > 0 && { resource: resources.length === 1 ? resources[0] : resources }),
    ...(audience !== undefined && { audience }),
  }
  return { status: 200, headers: NO_STORE, body }
}

// The revocation, introspection and device authorization endpoints, and the metadata.

/** `POST /revoke`: 200 whether or not the token was ever one. @see RFC 7009 */
export function oauth2Revoke(server: OAuth2AuthorizationServer): (request: LoggedRequest) => EmulatedResponse {
  return (request) => {
    const token = tokenIn(server, request)
    if (typeof token !== 'string') return token
    const family = server.tokens.findRefresh(token)
    if (family) server.revokeFamily(family)
    else server.tokens.revoke(token)
    return { status: 200, headers: NO_STORE }
  }
}

/** `POST /introspect`: of a token that is not valid, nothing but that. @see RFC 7662, section 2 */
export function oauth2Introspect(server: OAuth2AuthorizationServer): (request: LoggedRequest) => EmulatedResponse {
  return (request) => {
    const token = tokenIn(server, request)
    if (typeof token !== 'string') return token
    const { tokens, client } = server
    const issued = tokens.find(token)
    if (!issued || tokens.statusOf(token) !== 'valid')
      return { status: 200, headers: NO_STORE, body: { active: false } }
    const { scope, account, expiresAt } = issued
    const body = {
      active: true,
      client_id: client.clientId,
      token_type: 'Bearer',
      ...(scope !== undefined && { scope }),
      ...(account !== undefined && { username: account }),
      ...(expiresAt !== undefined && { exp: Math.floor(expiresAt / 1_000) }),
    }
    return { status: 200, headers: NO_STORE, body }
  }
}

/** `POST /device_authorization` @see RFC 8628, sections 3.1 and 3.2 */
export function oauth2Device(
  server: OAuth2AuthorizationServer,
  verificationUri: string,
): (request: LoggedRequest) => EmulatedResponse {
  return (request) => {
    const known = [...CLIENT_PARAMETERS, 'scope', 'resource', 'audience']
    const { fields, problem } = readForm(request, { fields: known, repeatable: ['resource'] })
    if (!fields) return refuse('invalid_request', problem)
    const refusal = refusesClient(server, request, fields) ?? refusesTarget(fields)
    if (refusal) return refusal
    const scope = scopeOf(fields, server.scopes)
    if (scope === undefined) return refuse('invalid_scope', 'No such scope')
    const { deviceCode, userCode, expiresIn } = server.device(scope)
    const { deviceInterval: interval } = server.switches
    const body = {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: verificationUri,
      verification_uri_complete: `${verificationUri}?user_code=${userCode}`,
      expires_in: expiresIn,
      ...(interval !== undefined && { interval }),
    }
    return { status: 200, headers: NO_STORE, body }
  }
}

/** `GET /.well-known/oauth-authorization-server`, or where OpenID Connect has it. @see RFC 8414, sections 2 and 3 */
export function oauth2Metadata(server: OAuth2AuthorizationServer, issuer: string): OpenRoute['handle'] {
  return ({ path }) => {
    const { metadata } = server.switches
    if (metadata === undefined || !path.endsWith(`/${metadata}`)) return { status: 404, body: { error: 'not_found' } }
    const methods = [server.client.clientAuthentication]
    const body = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      pushed_authorization_request_endpoint: `${issuer}/par`,
      require_pushed_authorization_requests: server.switches.requirePushed,
      token_endpoint: `${issuer}/token`,
      token_endpoint_auth_methods_supported: methods,
      scopes_supported: server.scopes,
      response_types_supported: ['code'],
      grant_types_supported: [...Object.keys(OWN)],
      revocation_endpoint: `${issuer}/revoke`,
      introspection_endpoint: `${issuer}/introspect`,
      device_authorization_endpoint: `${issuer}/device_authorization`,
      jwks_uri: `${issuer}/jwks`,
      id_token_signing_alg_values_supported: ['ES256'],
      subject_types_supported: ['public'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    }
    return { status: 200, body }
  }
}

/** The token that a client sends to an endpoint, or the refusal. */
function tokenIn(server: OAuth2AuthorizationServer, request: LoggedRequest): string | EmulatedResponse {
  const { fields, problem } = readForm(request, { fields: ['token', 'token_type_hint', ...CLIENT_PARAMETERS] })
  if (!fields) return refuse('invalid_request', problem)
  const token = fields.get('token')
  if (token === undefined) return refuse('invalid_request', 'token is missing')
  return refusesClient(server, request, fields) ?? token
}
