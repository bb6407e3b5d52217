// The token endpoint of KnetikCloud.

import type { Answer } from './answer.ts'
import type { KnetikcloudDesk } from './knetikcloud-desk.ts'
import type { Entry } from './log.ts'
import { readForm, readQuery, type Fields } from './strict.ts'
import type { IssuedToken } from './token-book.ts'

/** What each grant takes beside the client and its secret. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  client_credentials: [],
  password: ['username', 'password'],
  facebook: ['token'],
  google: ['token'],
  refresh_token: ['refresh_token'],
}
const CLIENT = ['grant_type', 'client_id', 'client_secret']

/** `POST /oauth/token`, by form or by query. */
export function knetikcloudToken(desk: KnetikcloudDesk): (request: Entry) => Answer {
  return (request) => {
    if (request.headers['authorization'] !== undefined)
      return refuse(400, 'invalid_request', 'The client has its fields')
    const { grant = '' } = request
    const own = Object.hasOwn(OWN, grant) ? OWN[grant] : undefined
    if (!own) return grant === '' ? refuse(400, 'invalid_request', 'Missing grant type') : unsupported(grant)
    const read = request.bytes.length === 0 ? readQuery : readForm
    const { fields, problem } = read(request, { fields: [...CLIENT, ...own] })
    if (!fields) return refuse(400, 'invalid_request', problem)
    const isKnown = desk.knows(fields.get('client_id'), fields.get('client_secret'), grant === 'client_credentials')
    if (!isKnown) return refuse(401, 'invalid_client', 'Bad client credentials')
    const absent = own.find((name) => !fields.has(name))
    if (absent !== undefined) return refuse(400, 'invalid_request', `Missing ${absent}`)
    return give(desk, grant, fields)
  }
}

function give(desk: KnetikcloudDesk, grant: string, fields: Fields): Answer {
  const get = (name: string): string => fields.get(name) ?? ''
  if (grant === 'client_credentials') return success(desk, desk.tokens.issue({ grant, scope: SCOPE }))
  if (grant === 'refresh_token') return refresh(desk, get('refresh_token'))
  const account =
    grant === 'password'
      ? passwordHolder(desk, get('username'), get('password'))
      : desk.redeemSocial(grant, get('token'))
  if (account === undefined) return refuse(400, 'invalid_grant', 'Bad credentials')
  return success(desk, desk.tokens.issue({ grant, account, scope: SCOPE, refresh: true }))
}

const SCOPE = 'write read'

function passwordHolder(desk: KnetikcloudDesk, username: string, password: string): string | undefined {
  return desk.find(username)?.password === password ? username : undefined
}

function refresh(desk: KnetikcloudDesk, refreshToken: string): Answer {
  const { tokens, switches } = desk
  const before = tokens.findRefresh(refreshToken)
  if (!before || tokens.refreshStanding(refreshToken) !== 'valid') {
    return refuse(400, 'invalid_grant', 'Invalid refresh token')
  }
  const { account } = before
  const kept = switches.rotate || refreshToken
  const issued = tokens.issue({ grant: 'refresh_token', account, scope: SCOPE, refresh: kept })
  if (switches.rotate) tokens.spend(refreshToken, issued)
  if (switches.refreshKills) tokens.revoke(before.accessToken)
  return success(desk, issued)
}

function success({ tokens, switches }: KnetikcloudDesk, { accessToken, refreshToken }: IssuedToken): Answer {
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

function unsupported(grant: string): Answer {
  return refuse(400, 'unsupported_grant_type', `Unsupported grant type: ${grant}`)
}

function refuse(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}
