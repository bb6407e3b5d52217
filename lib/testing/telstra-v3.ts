// Telstra Messaging v3: the token endpoint on another path of the host, scopes that count, four headers that must be there.

import { telstraV3 } from '../providers.ts'
import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { secretText } from './secret-text.ts'
import { readObject } from './strict.ts'
import type { Blueprint, Repointed, System } from './system.ts'
import { telstraToken, telstraTokens, type TelstraClient, type TelstraTokenSwitches } from './telstra-token.ts'
import type { IssuedToken, Standing } from './token-book.ts'

/** What goes wrong with messages. */
export interface TelstraV3Switches extends TelstraTokenSwitches {
  /** Requests with a good token are refused with this 403. */
  forbidden: 'RESOURCE_AUTH_ERR' | 'FREE_TRIAL_ERR' | undefined
  /** Requests with a good token are refused with 429 and `Retry-After: 3600`. */
  tooManyRequests: boolean
}

/** What `telstraV3Emulator()` sets up. */
export type TelstraV3System = System<
  Repointed<typeof telstraV3>,
  TelstraClient,
  { readonly client_credentials: TelstraClient },
  TelstraV3Switches
>

const SCOPES = ['free-trial-numbers', 'messages', 'virtual-numbers', 'reports'].flatMap((of) => [
  `${of}:read`,
  `${of}:write`,
])

/** Telstra Messaging API v3. */
export function telstraV3Emulator(client: Partial<TelstraClient> = {}): Blueprint<TelstraV3System> {
  return ({ url, now }) => {
    const root = '/messaging/v3'
    const credentials: TelstraClient = { clientId: 'telstra-client', clientSecret: 'sesame+/&= %:1', ...client }
    const switches: TelstraV3Switches = {
      dropTokenType: false,
      longLived: false,
      forbidden: undefined,
      tooManyRequests: false,
    }
    const tokens = telstraTokens(now)
    return {
      root,
      provider: { ...telstraV3, api: url + root, token: { ...telstraV3.token, url: `${url}/v2/oauth/token` } },
      credentials,
      grants: { client_credentials: credentials },
      switches,
      actions: {},
      tokens,
      usual: { grant: 'client_credentials', scope: SCOPES.join(' ') },
      routes: {
        'POST /v2/oauth/token': { kind: 'token', handle: telstraToken(credentials, switches, tokens, SCOPES) },
        'GET /messaging/v3/health-check': { guarded: () => ({ status: 200, body: { status: 'up' } }) },
        'GET /messaging/v3/messages': {
          guarded: scoped('messages:read', () => ({ status: 200, body: { messages: [] } })),
        },
        'POST /messaging/v3/messages': { guarded: scoped('messages:write', sendMessage) },
      },
      unauthorized,
      gate: (request) => headersGate(request) ?? switchGate(switches),
      notFound: () => refuse(404, 'NOT_FOUND', 'The requested resource does not exist'),
    }
  }
}

function refuse(status: number, code: string, issue: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers, body: { errors: [{ code, issue, suggested_action: 'See the documentation of the API' }] } }
}

function unauthorized(standing: Standing): Answer {
  return standing === 'expired'
    ? refuse(401, 'TOKEN_EXPIRED', 'The access token has expired')
    : refuse(401, 'TOKEN_INVALID', 'The access token is invalid')
}

const HEADERS = [
  ['telstra-api-version', /^3\.\w+$/],
  ['content-language', /^en-au$/i],
  ['accept-charset', /^utf-8$/i],
  ['accept', /^application\/json$/],
] as const

function headersGate({ headers }: Entry): Answer | undefined {
  const wrong = HEADERS.find(([name, pattern]) => !pattern.test(headers[name] ?? ''))
  return wrong && refuse(400, 'HEADER_INVALID', `The header ${wrong[0]} is missing or wrong`)
}

function switchGate({ forbidden, tooManyRequests }: TelstraV3Switches): Answer | undefined {
  if (forbidden) return refuse(403, forbidden, 'The request is not allowed')
  if (!tooManyRequests) return undefined
  return refuse(429, 'TOO_MANY_REQUESTS', 'Too many requests', { 'Retry-After': '3600' })
}

function scoped(scope: string, handle: (request: Entry) => Answer) {
  return (request: Entry, token: IssuedToken): Answer =>
    token.scope?.split(' ').includes(scope)
      ? handle(request)
      : refuse(403, 'INSUFFICIENT_SCOPE', `The access token lacks the scope ${scope}`)
}

function sendMessage(request: Entry): Answer {
  const { object, problem } = readObject(request)
  if (!object) return refuse(400, 'BODY_INVALID', problem)
  const { to, from, messageContent } = object
  const absent = Object.entries({ to, from, messageContent }).find(([, value]) => typeof value !== 'string')
  if (absent) return refuse(400, 'FIELD_INVALID', `${absent[0]} is missing or no text`)
  return { status: 201, body: { messageId: [secretText(16)], to, from, messageContent, status: 'queued' } }
}
