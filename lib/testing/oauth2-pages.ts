// The generic server's other endpoints: consent, and revocation.

import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { NO_STORE, refuse } from './oauth2-answers.ts'
import { refusesClient } from './oauth2-client.ts'
import type { OAuth2Desk } from './oauth2-desk.ts'
import { readForm } from './strict.ts'

const PARAMETERS = [
  ...['response_type', 'client_id', 'redirect_uri', 'scope', 'state'],
  ...['code_challenge', 'code_challenge_method', 'resource', 'audience'],
]

/** `GET /authorize`: consents at once, as the first account, or says no. @see RFC 6749, section 4.1.1 */
export function oauth2Authorize(desk: OAuth2Desk): (request: Entry) => Answer {
  return ({ query }) => {
    const { client, redirectUri, scopes, switches, accounts } = desk
    // Nobody is sent to an address that is not the client's.
    if (query.get('client_id') !== client.clientId) return refuse('invalid_request', 'No such client')
    if (query.get('redirect_uri') !== redirectUri) return refuse('invalid_request', 'redirect_uri is not registered')
    const state = query.get('state')
    const back = (params: Readonly<Record<string, string>>): Answer => {
      const target = new URL(redirectUri)
      const all = { ...params, ...(state !== null && { state }) }
      for (const [name, value] of Object.entries(all)) target.searchParams.append(name, value)
      return { status: 302, headers: { Location: target.href } }
    }
    const refusal = (error: string, description: string): Answer => back({ error, error_description: description })
    const odd = [...query.keys()].find((name) => !PARAMETERS.includes(name))
    if (odd !== undefined) return refusal('invalid_request', `Unknown parameter ${odd}`)
    if (query.get('response_type') !== 'code') return refusal('unsupported_response_type', 'Only code')
    const challenge = query.get('code_challenge') ?? undefined
    const method = query.get('code_challenge_method')
    const isPublic = client.clientAuthentication === 'none'
    if (challenge === undefined && (switches.requirePkce || isPublic)) {
      return refusal('invalid_request', 'code_challenge is needed')
    }
    const isS256 = method === 'S256' && /^[\w-]{43}$/.test(challenge ?? '')
    if ((challenge !== undefined || method !== null) && !isS256) return refusal('invalid_request', 'Only S256')
    const scope = query.get('scope') ?? scopes.join(' ')
    if (!scope.split(' ').every((each) => scopes.includes(each))) return refusal('invalid_scope', 'No such scope')
    if (switches.denied) return refusal('access_denied', 'The person said no')
    const account = accounts[0]?.username ?? ''
    return back({ code: desk.code({ account, scope, redirectUri, codeChallenge: challenge }) })
  }
}

/** `POST /revoke`: 200 whether or not the token was ever one. @see RFC 7009 */
export function oauth2Revoke(desk: OAuth2Desk): (request: Entry) => Answer {
  return (request) => {
    const known = ['token', 'token_type_hint', 'client_id', 'client_secret']
    const { fields, problem } = readForm(request, { fields: known })
    if (!fields) return refuse('invalid_request', problem)
    const token = fields.get('token')
    if (token === undefined) return refuse('invalid_request', 'token is missing')
    const refusal = refusesClient(desk.client, request, fields)
    if (refusal) return refusal
    const family = desk.tokens.findRefresh(token)
    if (family) desk.revokeFamily(family)
    else desk.tokens.revoke(token)
    return { status: 200, headers: NO_STORE }
  }
}
