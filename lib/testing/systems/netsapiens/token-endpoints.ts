// The two token endpoints of NetSapiens' API v2: `/tokens`, and `/jwt` for JSON Web Tokens.
import { createHash } from 'node:crypto'
import { claimsOf, type IssuedToken, secretText, type IssuedTokens } from '../../server/issued-tokens.ts'
import type { LoggedRequest } from '../../server/request-log.ts'
import { type Fields, missing, readForm, type ParsedFields, readJson, readObject } from '../../server/request.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import {
  FIELDS,
  type NetsapiensAccount,
  type NetsapiensAuthorizationServer,
  type LoginResult,
  refuse,
  VERSION,
} from './authorization-server.ts'

type Handle = (request: LoggedRequest) => EmulatedResponse

const NO_FIELDS: readonly string[] = []

/** Reads a token request by the fields of its grant; a grant without fields is one the endpoint does not have. */
function readGrant(
  request: LoggedRequest,
  fields: Readonly<Record<string, readonly string[]>>,
  read: (request: LoggedRequest, allowed: { readonly fields: readonly string[] }) => ParsedFields,
): ParsedFields {
  const { authorization } = request.headers as { authorization?: string }
  if (authorization !== undefined) return { problem: 'No Authorization header is expected' }
  const { grant = '' } = request
  const own = Object.hasOwn(fields, grant) ? (fields[grant] ?? NO_FIELDS) : NO_FIELDS
  const reading = read(request, { fields: own.length > 0 ? own : ['grant_type', ...Object.values(fields).flat()] })
  if (!reading.fields) return reading
  const name = missing(reading.fields, 'grant_type', ...own)
  if (name !== undefined) return { problem: `${name} is required` }
  return own.length > 0 ? reading : { problem: 'grant_type is not one of the known' }
}

/** `POST /tokens` */
export function opaqueTokens(server: NetsapiensAuthorizationServer, clientId: string): Handle {
  return (request) => {
    const { fields, problem } = readGrant(request, FIELDS, readJson)
    if (!fields) return refuse(400, problem)
    return grantOpaque(server, fields, request.grant, (issued, account) => ({
      status: 200,
      body: accessToken(server.tokens, issued, account, clientId),
    }))
  }
}

/** The three grants and the MFA prompt that both endpoints for opaque tokens share. */
function grantOpaque(
  server: NetsapiensAuthorizationServer,
  fields: Fields,
  grant: string | undefined,
  answer: (issued: IssuedToken, account: NetsapiensAccount) => EmulatedResponse,
): EmulatedResponse {
  if (grant === 'refresh_token') {
    const refusal = server.refusesClient(fields)
    if (refusal) return refusal
    const issued = server.refresh(fields.get('refresh_token') ?? '', 'opaque', true)
    return 'status' in issued ? issued : answer(issued, accountOf(server, issued))
  }
  const outcome = grant === 'mfa' ? server.verifyPasscode(fields) : server.login(fields)
  return loginResponse(
    outcome,
    (account) => answer(server.issue(grant ?? '', account, 'opaque'), account),
    (account) => ({
      access_token: server.partial(account, 'opaque'),
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
      ns_id_type: 'subscriber',
      scope: 'mfa_required',
    }),
  )
}

/** `POST /jwt`; `withRefresh` asks whether the answer holds a refresh token, which version 44 does not give. */
export function jwtTokens(server: NetsapiensAuthorizationServer, withRefresh: () => boolean): Handle {
  const give = (grant: string, account: NetsapiensAccount): EmulatedResponse =>
    tokens(server.issue(grant, account, 'jwt'))
  const tokens = ({ accessToken, refreshToken }: IssuedToken): EmulatedResponse => ({
    status: 200,
    body: { token: accessToken, ...(withRefresh() && { refresh: refreshToken }) },
  })
  return (request) => {
    const { object, problem } = readObject(request)
    if (!object) return refuse(400, problem)
    if ('refresh' in object) {
      const { fields, problem } = readJson(request, { fields: ['refresh'] })
      if (!fields) return refuse(400, problem)
      const issued = server.refresh(fields.get('refresh') ?? '', 'jwt', false)
      return 'status' in issued ? issued : tokens(issued)
    }
    if ('user' in object) return delegated(server, request, (account) => give('delegated', account))
    const { password, mfa } = FIELDS
    const reading = readGrant(request, { password, mfa }, readJson)
    if (!reading.fields) return refuse(400, reading.problem)
    const { grant = '' } = request
    const outcome = grant === 'mfa' ? server.verifyPasscode(reading.fields) : server.login(reading.fields)
    return loginResponse(
      outcome,
      (account) => give(grant, account),
      (account) => ({ token: server.partial(account, 'jwt') }),
    )
  }
}

/** `GET /jwt`: what the token says of itself. */
export function readJwt(_request: LoggedRequest, { accessToken }: IssuedToken): EmulatedResponse {
  if (!accessToken.includes('.')) return refuse(400, 'The token is no JSON Web Token')
  return { status: 200, body: claimsOf(accessToken) }
}

/** `DELETE /jwt`, and `DELETE /jwt/{id}` by a token's `jti` or an account's uid. */
export function revokeJwt(tokens: IssuedTokens) {
  return (
    _request: LoggedRequest,
    { accessToken }: IssuedToken,
    { id }: Readonly<Record<string, string>>,
  ): EmulatedResponse => {
    const uid = id === undefined ? undefined : decodeURIComponent(id)
    const gone = tokens.issued.filter((each) => {
      if (uid === undefined) return each.accessToken === accessToken
      return each.accessToken.includes('.') && (each.account === uid || claimsOf(each.accessToken)['jti'] === uid)
    })
    if (gone.length === 0) return refuse(404, 'Not Found')
    for (const each of gone) tokens.revoke(each.accessToken)
    return { status: 202, body: { code: 202, message: 'Accepted' } }
  }
}

/** The body of a success, in all its length. */
function accessToken(
  tokens: IssuedTokens,
  issued: IssuedToken,
  { username }: NetsapiensAccount,
  clientId: string,
): Readonly<Record<string, unknown>> {
  const [user = '', domain = ''] = username.split('@')
  return {
    username,
    user,
    territory: 'Example Reseller',
    domain,
    site: '',
    group: '',
    department: 'Support',
    uid: username,
    login: username,
    scope: issued.scope,
    user_email: username,
    displayName: 'Ann Example',
    access_token: issued.accessToken,
    expires_in: tokens.lifetime,
    token_type: 'Bearer',
    refresh_token: issued.refreshToken,
    client_id: clientId,
    apiversion: VERSION,
  }
}

function delegated(
  server: NetsapiensAuthorizationServer,
  request: LoggedRequest,
  give: (account: NetsapiensAccount) => EmulatedResponse,
): EmulatedResponse {
  const { fields, problem } = readJson(request, { fields: ['user', 'domain'] })
  if (!fields) return refuse(400, problem)
  if (!request.token?.startsWith('nss_') || server.tokens.statusOf(request.token) !== 'valid') {
    return refuse(401, 'An API key is needed')
  }
  const account = server.find(`${fields.get('user') ?? ''}@${fields.get('domain') ?? ''}`)
  return account ? give(account) : refuse(404, 'Not Found')
}

function loginResponse(
  outcome: LoginResult,
  give: (account: NetsapiensAccount) => EmulatedResponse,
  mfaResponse: (account: NetsapiensAccount) => unknown,
): EmulatedResponse {
  if (outcome.refusal) return outcome.refusal
  if (outcome.mfaRequired) return { status: 200, body: mfaResponse(outcome.mfaRequired) }
  return give(outcome.account)
}

function accountOf(server: NetsapiensAuthorizationServer, { account = '' }: IssuedToken): NetsapiensAccount {
  return server.find(account) ?? { username: account, password: '' }
}

// The older token endpoint: form encoding, JSON with an HTML content type, grants of its own.

const GRANTS = {
  ...FIELDS,
  masquerade: ['grant_type', 'client_id', 'client_secret', 'mask_uid', 'access_token'],
  // Horizon's: no client credentials.
  authorization_code: ['grant_type', 'code', 'code_verifier', 'username'],
}

/** Codes for the authorization_code grant. */
export class LegacyCodes {
  readonly #codes = new Map<string, { readonly username: string; readonly challenge: string }>()

  /** A code good for one use, as a person's consent gives it. `codeChallenge` is that of the S256 method. */
  issue(username: string, codeChallenge: string): string {
    const code = secretText(32)
    this.#codes.set(code, { username, challenge: codeChallenge })
    return code
  }

  /** @see RFC 7636, section 4.6 */
  redeem(code: string, username: string, verifier: string): boolean {
    const found = this.#codes.get(code)
    this.#codes.delete(code)
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    return found?.username === username && found.challenge === challenge
  }
}

/** `POST /ns-api/oauth2/token/` */
export function legacyTokens(
  server: NetsapiensAuthorizationServer,
  codes: LegacyCodes,
  clientId: string,
): (request: LoggedRequest) => EmulatedResponse {
  const success = (issued: IssuedToken, account: NetsapiensAccount): EmulatedResponse => {
    const expires = String(Math.floor((issued.expiresAt ?? 0) / 1_000))
    const body = { ...accessToken(server.tokens, issued, account, clientId), legacy: false, expires, rate_limit: '0' }
    return { status: 200, body }
  }
  const give = (grant: string, username: string): EmulatedResponse => {
    const account = server.find(username)
    return account ? success(server.issue(grant, account, 'opaque'), account) : refuse(404, 'Not Found')
  }
  return (request) => {
    const { fields, problem } = readGrant(request, GRANTS, (from, { fields }) =>
      readForm(from, { fields: [...fields, 'format'] }),
    )
    if (!fields) return asHtml(refuse(400, problem))
    const get = (name: string): string => fields.get(name) ?? ''
    const { grant = '' } = request
    if (grant === 'masquerade') {
      const refusal = server.refusesClient(fields)
      if (refusal) return asHtml(refusal)
      const isValid = server.tokens.statusOf(get('access_token')) === 'valid'
      return asHtml(isValid ? give(grant, get('mask_uid')) : refuse(401, 'Invalid access token'))
    }
    if (grant === 'authorization_code') {
      const isRight = codes.redeem(get('code'), get('username'), get('code_verifier'))
      return asHtml(isRight ? give(grant, get('username')) : refuse(400, 'Invalid authorization code'))
    }
    return asHtml(grantOpaque(server, fields, grant, success))
  }
}

/** `GET /ns-api/oauth2/read` */
export function legacyRead(request: LoggedRequest, issued: IssuedToken): EmulatedResponse {
  if (request.query.get('format') !== 'json') return refuse(400, 'format must be json')
  const { accessToken, scope, account, expiresAt = 0 } = issued
  const expires = String(Math.floor(expiresAt / 1_000))
  return asHtml({ status: 200, body: { token: accessToken, expires, scope, uid: account } })
}

function asHtml({ status, body }: EmulatedResponse): EmulatedResponse {
  return { status, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: JSON.stringify(body) }
}
