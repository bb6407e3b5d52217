// The authorization endpoint of the generic server, and the endpoint for pushed authorization requests.
import type { LoggedRequest } from '../../server/request-log.ts'
import { type Fields, readForm, readQuery } from '../../server/request.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import {
  type AskedConsent,
  CLIENT_PARAMETERS,
  type OAuth2AuthorizationServer,
  refusesClient,
} from './authorization-server.ts'
import { isTarget, NO_STORE, refuse } from './responses.ts'

const PARAMETERS = [
  ...['response_type', 'client_id', 'redirect_uri', 'scope', 'state'],
  ...['code_challenge', 'code_challenge_method', 'resource', 'audience'],
  ...['prompt', 'login_hint', 'nonce'],
]
const PROMPTS = ['none', 'login', 'consent', 'select_account']

type Handler = (request: LoggedRequest) => EmulatedResponse

/** `GET /authorize`: consents at once, or says no. @see RFC 6749, section 4.1.1; RFC 9207; RFC 9126, section 4 */
export function oauth2Authorize(
  server: OAuth2AuthorizationServer,
  parameters: readonly string[],
  issuer: string,
): Handler {
  return (request) => {
    const { query } = request
    const { client, redirectUri, switches } = server
    // Nobody is sent to an address that is not the client's.
    if (query.get('client_id') !== client.clientId) return refuse('invalid_request', 'No such client')
    const back = (params: Readonly<Record<string, string>>, state: string | undefined): EmulatedResponse => {
      const target = new URL(redirectUri)
      const all = { ...params, ...(state !== undefined && { state }), iss: issuer }
      for (const [name, value] of Object.entries(all)) target.searchParams.append(name, value)
      return { status: 302, headers: { Location: target.href } }
    }
    const decide = (asked: AskedConsent): EmulatedResponse => {
      const { state, prompt } = asked
      if (!switches.denied) return back({ code: server.code(asked) }, state)
      const error = prompt === 'none' ? 'consent_required' : 'access_denied'
      return back({ error, error_description: 'The person said no' }, state)
    }
    if (query.has('request_uri')) {
      const asked = server.pushedRequest(query.get('request_uri') ?? '')
      return asked && [...query].length === 2
        ? decide(asked)
        : refuse('invalid_request_uri', 'It is unknown, used or expired, or came with other parameters')
    }
    if (query.get('redirect_uri') !== redirectUri) return refuse('invalid_request', 'redirect_uri is not registered')
    const state = query.get('state') ?? undefined
    const { fields, problem } = readQuery(request, allowed(parameters))
    const asked = fields ? askedIn(server, fields) : ['invalid_request', problem]
    if (!Array.isArray(asked) && !switches.requirePushed) return decide(asked)
    const [error = '', error_description = ''] = Array.isArray(asked)
      ? asked
      : ['invalid_request', 'The request must be pushed']
    return back({ error, error_description }, state)
  }
}

/** `POST /par` @see RFC 9126, section 2 */
export function oauth2Push(server: OAuth2AuthorizationServer, parameters: readonly string[]): Handler {
  return (request) => {
    const { fields, problem } = readForm(request, allowed([...CLIENT_PARAMETERS, ...parameters]))
    if (!fields) return refuse('invalid_request', problem)
    const refusal = refusesClient(server, request, fields)
    if (refusal) return refusal
    if (fields.get('client_id') !== server.client.clientId) return refuse('invalid_request', 'client_id is missing')
    if (fields.get('redirect_uri') !== server.redirectUri)
      return refuse('invalid_request', 'redirect_uri is not registered')
    const asked = askedIn(server, fields)
    if (Array.isArray(asked)) return refuse(asked[0], asked[1])
    return { status: 201, headers: NO_STORE, body: server.push(asked) }
  }
}

function allowed(parameters: readonly string[]): { readonly fields: string[]; readonly repeatable: string[] } {
  return { fields: [...PARAMETERS, ...parameters], repeatable: ['resource'] }
}

/** The request, or the error and its description. @see RFC 6749, section 4.1.2.1; RFC 8707, section 2.1 */
function askedIn(
  { client, redirectUri, scopes, switches, accounts }: OAuth2AuthorizationServer,
  fields: Fields,
): AskedConsent | [error: string, description: string] {
  if (fields.get('response_type') !== 'code') return ['unsupported_response_type', 'Only code']
  const [codeChallenge, method] = [fields.get('code_challenge'), fields.get('code_challenge_method')]
  if (codeChallenge === undefined && (switches.requirePkce || client.clientAuthentication === 'none'))
    return ['invalid_request', 'code_challenge is needed']
  const isS256 = method === 'S256' && /^[\w-]{43}$/.test(codeChallenge ?? '')
  if ((codeChallenge !== undefined || method !== undefined) && !isS256) return ['invalid_request', 'Only S256']
  const scope = fields.get('scope') ?? scopes.join(' ')
  if (!scope.split(' ').every((each) => scopes.includes(each))) return ['invalid_scope', 'No such scope']
  const resources = fields.all('resource')
  if (!resources.every(isTarget)) return ['invalid_target', 'resource is no absolute URI']
  const prompt = fields.get('prompt')
  const prompts = prompt?.split(' ') ?? []
  if (!prompts.every((each) => PROMPTS.includes(each)) || (prompts.length > 1 && prompts.includes('none')))
    return ['invalid_request', `prompt is none, or of ${PROMPTS.join(', ')}`]
  const hinted = accounts.find(({ username }) => username === fields.get('login_hint'))
  const account = (hinted ?? accounts[0])?.username ?? ''
  const [state, nonce] = [fields.get('state'), fields.get('nonce')]
  return { account, scope, redirectUri, codeChallenge, resources, nonce, state, prompt }
}
