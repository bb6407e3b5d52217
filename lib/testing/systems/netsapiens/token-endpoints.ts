// The two token endpoints of NetSapiens' API v2: `/tokens`, and `/jwt` for JSON Web Tokens.
import { createHash } from 'node:crypto'
import { claimsOf, type IssuedToken, secretText, type TokenBook } from '../../server/issued-tokens.ts'
import type { Entry } from '../../server/request-log.ts'
import { type Fields, missing, readForm, type Reading, readJson, readObject } from '../../server/request.ts'
import type { Answer } from '../../server/response.ts'
import { FIELDS, type NetsapiensAccount, type NetsapiensDesk, type Outcome, refuse, VERSION } from './accounts.ts'

type Handle = (request: Entry) => Answer

const NO_FIELDS: readonly string[] = []

/** Reads a token request by the fields of its grant; a grant without fields is one the endpoint does not have. */
function readGrant(
  request: Entry,
  fields: Readonly<Record<string, readonly string[]>>,
  read: (request: Entry, allowed: { readonly fields: readonly string[] }) => Reading,
): Reading {
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
export function opaqueTokens(desk: NetsapiensDesk, clientId: string): Handle {
  return (request) => {
    const { fields, problem } = readGrant(request, FIELDS, readJson)
    if (!fields) return refuse(400, problem)
    return grantOpaque(desk, fields, request.grant, (issued, account) => ({
      status: 200,
      body: accessToken(desk.tokens, issued, account, clientId),
    }))
  }
}

/** What the two endpoints for opaque tokens share: three grants, and the question. */
function grantOpaque(
  desk: NetsapiensDesk,
  fields: Fields,
  grant: string | undefined,
  answer: (issued: IssuedToken, account: NetsapiensAccount) => Answer,
): Answer {
  if (grant === 'refresh_token') {
    const refusal = desk.refusesClient(fields)
    if (refusal) return refusal
    const issued = desk.refresh(fields.get('refresh_token') ?? '', 'opaque', true)
    return 'status' in issued ? issued : answer(issued, accountOf(desk, issued))
  }
  const outcome = grant === 'mfa' ? desk.answer(fields) : desk.login(fields)
  return settled(
    outcome,
    (account) => answer(desk.issue(grant ?? '', account, 'opaque'), account),
    (account) => ({
      access_token: desk.partial(account, 'opaque'),
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
      ns_id_type: 'subscriber',
      scope: 'mfa_required',
    }),
  )
}

/** `POST /jwt`; `withRefresh` asks whether the answer holds a refresh token, which version 44 does not give. */
export function jwtTokens(desk: NetsapiensDesk, withRefresh: () => boolean): Handle {
  const give = (grant: string, account: NetsapiensAccount): Answer => tokens(desk.issue(grant, account, 'jwt'))
  const tokens = ({ accessToken, refreshToken }: IssuedToken): Answer => ({
    status: 200,
    body: { token: accessToken, ...(withRefresh() && { refresh: refreshToken }) },
  })
  return (request) => {
    const { object, problem } = readObject(request)
    if (!object) return refuse(400, problem)
    if ('refresh' in object) {
      const { fields, problem } = readJson(request, { fields: ['refresh'] })
      if (!fields) return refuse(400, problem)
      const issued = desk.refresh(fields.get('refresh') ?? '', 'jwt', false)
      return 'status' in issued ? issued : tokens(issued)
    }
    if ('user' in object) return delegated(desk, request, (account) => give('delegated', account))
    const { password, mfa } = FIELDS
    const reading = readGrant(request, { password, mfa }, readJson)
    if (!reading.fields) return refuse(400, reading.problem)
    const { grant = '' } = request
    const outcome = grant === 'mfa' ? desk.answer(reading.fields) : desk.login(reading.fields)
    return settled(
      outcome,
      (account) => give(grant, account),
      (account) => ({ token: desk.partial(account, 'jwt') }),
    )
  }
}

/** `GET /jwt`: what the token says of itself. */
export function readJwt(_request: Entry, { accessToken }: IssuedToken): Answer {
  if (!accessToken.includes('.')) return refuse(400, 'The token is no JSON Web Token')
  return { status: 200, body: claimsOf(accessToken) }
}

/** `DELETE /jwt`, and `DELETE /jwt/{id}` by a token's `jti` or an account's uid. */
export function revokeJwt(tokens: TokenBook) {
  return (_request: Entry, { accessToken }: IssuedToken, { id }: Readonly<Record<string, string>>): Answer => {
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
  tokens: TokenBook,
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

function delegated(desk: NetsapiensDesk, request: Entry, give: (account: NetsapiensAccount) => Answer): Answer {
  const { fields, problem } = readJson(request, { fields: ['user', 'domain'] })
  if (!fields) return refuse(400, problem)
  if (!request.token?.startsWith('nss_') || desk.tokens.standing(request.token) !== 'valid') {
    return refuse(401, 'An API key is needed')
  }
  const account = desk.find(`${fields.get('user') ?? ''}@${fields.get('domain') ?? ''}`)
  return account ? give(account) : refuse(404, 'Not Found')
}

function settled(
  outcome: Outcome,
  give: (account: NetsapiensAccount) => Answer,
  question: (account: NetsapiensAccount) => unknown,
): Answer {
  if (outcome.refusal) return outcome.refusal
  if (outcome.question) return { status: 200, body: question(outcome.question) }
  return give(outcome.account)
}

function accountOf(desk: NetsapiensDesk, { account = '' }: IssuedToken): NetsapiensAccount {
  return desk.find(account) ?? { username: account, password: '' }
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
export function legacyTokens(desk: NetsapiensDesk, codes: LegacyCodes, clientId: string): (request: Entry) => Answer {
  const success = (issued: IssuedToken, account: NetsapiensAccount): Answer => {
    const expires = String(Math.floor((issued.expiresAt ?? 0) / 1_000))
    const body = { ...accessToken(desk.tokens, issued, account, clientId), legacy: false, expires, rate_limit: '0' }
    return { status: 200, body }
  }
  const give = (grant: string, username: string): Answer => {
    const account = desk.find(username)
    return account ? success(desk.issue(grant, account, 'opaque'), account) : refuse(404, 'Not Found')
  }
  return (request) => {
    const { fields, problem } = readGrant(request, GRANTS, (from, { fields }) =>
      readForm(from, { fields: [...fields, 'format'] }),
    )
    if (!fields) return asPage(refuse(400, problem))
    const get = (name: string): string => fields.get(name) ?? ''
    const { grant = '' } = request
    if (grant === 'masquerade') {
      const refusal = desk.refusesClient(fields)
      if (refusal) return asPage(refusal)
      const isValid = desk.tokens.standing(get('access_token')) === 'valid'
      return asPage(isValid ? give(grant, get('mask_uid')) : refuse(401, 'Invalid access token'))
    }
    if (grant === 'authorization_code') {
      const isRight = codes.redeem(get('code'), get('username'), get('code_verifier'))
      return asPage(isRight ? give(grant, get('username')) : refuse(400, 'Invalid authorization code'))
    }
    return asPage(grantOpaque(desk, fields, grant, success))
  }
}

/** `GET /ns-api/oauth2/read` */
export function legacyRead(request: Entry, issued: IssuedToken): Answer {
  if (request.query.get('format') !== 'json') return refuse(400, 'format must be json')
  const { accessToken, scope, account, expiresAt = 0 } = issued
  const expires = String(Math.floor(expiresAt / 1_000))
  return asPage({ status: 200, body: { token: accessToken, expires, scope, uid: account } })
}

function asPage({ status, body }: Answer): Answer {
  return { status, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: JSON.stringify(body) }
}
