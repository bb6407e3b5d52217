// What Phone.com's API offers: tokens looked at and revoked, consent, accounts, messages.

import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { invalid, mason, refuse } from './phonecom-answers.ts'
import type { PhonecomDesk } from './phonecom-desk.ts'
import { readObject } from './strict.ts'
import type { Routes } from './system.ts'
import type { IssuedToken } from './token-book.ts'

const ACCOUNT = { id: 1, name: 'Example', username: 'ann' }

/** `redirectUri` is the one that was registered. */
export function phonecomResources(desk: PhonecomDesk, now: () => number, redirectUri: string): Routes {
  const own = (handle: (request: Entry) => Answer) => ({
    guarded: (request: Entry, _token: IssuedToken, { id }: Readonly<Record<string, string>>): Answer =>
      id === String(ACCOUNT.id) ? handle(request) : mason(403, 'Forbidden'),
  })
  const inspect = { kind: 'other', guarded: details(desk) } as const
  return {
    'GET /v4/oauth/authorization': { kind: 'other', handle: authorize(desk, redirectUri) },
    'GET /v4/oauth/access-token': inspect,
    'GET /v4/oauth/access-token/details': inspect,
    'DELETE /v4/oauth/access-token': {
      kind: 'other',
      guarded: (_request, { accessToken }) => revoke(desk, accessToken),
    },
    'GET /v4/accounts/{id}/oauth/access-tokens': { kind: 'other', ...own(() => listed(tokensOf(desk))) },
    'DELETE /v4/accounts/{id}/oauth/access-tokens/{token}': {
      kind: 'other',
      guarded: (_request, _token, { token }) => revoke(desk, desk.tokens.issued[Number(token) - 1]?.accessToken),
    },
    'GET /v4/ping': { kind: 'resource', handle: (request) => ({ status: 200, body: ping(request, now()) }) },
    'GET /v4/accounts': { guarded: () => listed([ACCOUNT]) },
    'GET /v4/accounts/{id}': own(() => ({ status: 200, body: ACCOUNT })),
    'POST /v4/accounts/{id}/sms': own(sendSms),
  }
}

function listed(items: readonly unknown[]): Answer {
  return { status: 200, body: { filters: {}, sort: {}, total: items.length, offset: 0, limit: 25, items } }
}

function details(desk: PhonecomDesk) {
  return (_request: Entry, token: IssuedToken): Answer => ({ status: 200, body: desk.details(token) })
}

function tokensOf(desk: PhonecomDesk): readonly unknown[] {
  return desk.tokens.issued.map((token, index) => ({ id: index + 1, ...desk.details(token) }))
}

function revoke({ tokens }: PhonecomDesk, accessToken = ''): Answer {
  return tokens.revoke(accessToken) ? { status: 204 } : mason(404, 'Not Found')
}

function ping({ headers }: Entry, now: number): unknown {
  const timestamp = Math.floor(now / 1_000)
  return { datetime: new Date(now).toISOString(), remote_ip: '127.0.0.1', timestamp, user_agent: headers['user-agent'] }
}

function sendSms(request: Entry): Answer {
  const { object, problem } = readObject(request)
  if (!object) return mason(400, problem)
  const { from, to, text } = object
  const absent = Object.entries({ from, to, text }).find(([, value]) => value === undefined)
  return absent ? invalid(absent[0], 'is required') : { status: 201, body: { id: 1, from, to, text } }
}

const PARAMETERS = ['client_id', 'response_type', 'scope', 'redirect_uri', 'state']

/** Consents at once, or says no: a code in the query, or a token in the fragment. */
function authorize(desk: PhonecomDesk, registered: string) {
  return ({ query }: Entry): Answer => {
    const unknown = [...query.keys()].find((name) => !PARAMETERS.includes(name))
    if (unknown !== undefined) return invalid(unknown, 'is none of the known')
    const scope = query.get('scope') ?? ''
    const type = query.get('response_type')
    // Nobody is sent to an address that is not the client's.
    if (!desk.isClient(query.get('client_id'))) return refuse(401, 'invalid_client', 'Client authentication failed')
    if (query.get('redirect_uri') !== registered) return invalid('redirect_uri', 'is not the registered one')
    if (type !== 'code' && type !== 'token') return invalid('response_type', 'is none of the known')
    if (!desk.allows(scope)) return invalid('scope', 'is unknown')
    const state = query.get('state')
    const back = (params: Readonly<Record<string, string>>, mark = '?'): Answer => {
      const text = new URLSearchParams({ ...params, ...(state !== null && { state }) }).toString()
      return { status: 302, headers: { Location: registered + mark + text } }
    }
    if (desk.switches.denied) return back({ error: 'access_denied' }, type === 'token' ? '#' : '?')
    if (type === 'code') return back({ code: desk.code(registered, scope) })
    const { accessToken, expiresAt } = desk.issue({ grant: 'implicit', scope, refresh: false })
    const life = expiresAt === undefined ? {} : { expires_in: String(desk.tokens.lifetime) }
    return back({ access_token: accessToken, token_type: 'Bearer', ...life, scope }, '#')
  }
}
