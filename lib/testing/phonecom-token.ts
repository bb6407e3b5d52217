// The token endpoint of Phone.com: JSON or query, 201 for success, codes good for one use.

import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { invalid, mason, refuse } from './phonecom-answers.ts'
import type { PhonecomDesk } from './phonecom-desk.ts'
import { missing, readJson, readQuery, type Fields, type Reading } from './strict.ts'
import type { IssuedToken, Order } from './token-book.ts'

const NULLABLE = ['username', 'phonenumber', 'scope', 'redirect_uri', 'code', 'refresh_token']
const FIELDS = ['grant_type', 'client_id', 'client_secret', 'password', ...NULLABLE]

/** What each grant needs beside the client. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ['code', 'redirect_uri'],
  client_credentials: [],
  password: ['username', 'password'],
  refresh_token: ['refresh_token'],
}

/** `POST /v4/oauth/access-token` */
export function phonecomToken(desk: PhonecomDesk): (request: Entry) => Answer {
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
    if (!desk.knows(fields.get('client_id'), fields.get('client_secret'))) {
      return refuse(401, 'invalid_client', 'Client authentication failed')
    }
    const given = give(desk, grant, fields)
    if (!given) return refuse(401, 'invalid_grant', 'The grant is invalid, expired or used up')
    if ('status' in given) return given
    return { status: 201, body: request.query.has('mode') ? desk.details(given) : success(given, desk) }
  }
}

/** JSON, and no query but `mode=details`; or everything in the query, and no body. */
function read(request: Entry): Reading {
  const { query } = request
  const mode = query.get('mode')
  if (mode !== null && mode !== 'details') return { problem: 'mode is none of the known' }
  const rest = new URLSearchParams([...query].filter(([name]) => name !== 'mode'))
  const allowed = { fields: FIELDS, nullable: NULLABLE }
  const plain = { ...request, query: rest }
  return request.bytes.length === 0 ? readQuery(plain, allowed) : readJson(plain, allowed)
}

function give(desk: PhonecomDesk, grant: string, fields: Fields): IssuedToken | Answer | undefined {
  const get = (name: string): string => fields.get(name) ?? ''
  const asked = fields.get('scope')
  if (asked !== undefined && !desk.allows(asked)) return refuse(400, 'invalid_scope', 'The scope is unknown')
  const order = { grant, scope: asked ?? desk.usualScope }
  if (grant === 'client_credentials') return desk.issue(order)
  if (grant === 'password') {
    const { username, password } = desk.account
    return get('username') === username && get('password') === password
      ? desk.issue({ ...order, account: username })
      : undefined
  }
  if (grant === 'authorization_code') {
    const scope = desk.redeem(get('code'), get('redirect_uri'))
    return scope === undefined ? undefined : desk.issue({ ...order, scope })
  }
  return refresh(desk, get('refresh_token'), order)
}

function refresh(desk: PhonecomDesk, refreshToken: string, order: Order): IssuedToken | undefined {
  const { tokens, switches } = desk
  const before = tokens.findRefresh(refreshToken)
  if (!before || tokens.refreshStanding(refreshToken) !== 'valid') return undefined
  const { scope = order.scope, account } = before
  const issued = desk.issue({ ...order, scope, account, refresh: switches.keepRefresh ? refreshToken : true })
  if (!switches.keepRefresh) tokens.spend(refreshToken, issued)
  return issued
}

function success({ accessToken, refreshToken, scope, expiresAt }: IssuedToken, desk: PhonecomDesk): unknown {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    scope,
    refresh_token: refreshToken,
    ...(expiresAt !== undefined && { expires_in: desk.tokens.lifetime }),
  }
}
