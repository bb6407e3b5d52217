// Telstra Messaging v2: a form, client credentials in the body, lifetimes as text, refusals that have nothing to do with the token.
import { telstra, telstraV3 } from '../../providers.ts'
import { type IssuedToken, secretText, type TokenStatus, IssuedTokens } from '../server/issued-tokens.ts'
import type { LoggedRequest } from '../server/request-log.ts'
import { missing, readForm, readObject } from '../server/request.ts'
import type { EmulatedResponse } from '../server/response.ts'
import type { SystemFactory, WithApiUrl, WithApiAndTokenUrl, System } from '../system.ts'

/** Error conditions of the message API. */
export interface TelstraSwitches extends TelstraTokenSwitches {
  /** Requests with a good token are refused with 403: too many, nothing wrong with the token. */
  spikeArrest: boolean
  /** The same, for want of a paid plan. */
  monetization: boolean
  /** 401 whatever the token: the product that the resource belongs to was not bought. */
  noProduct: boolean
}

/** The system that `telstraEmulator()` starts. */
export type TelstraSystem = System<
  WithApiUrl<typeof telstra>,
  TelstraClient,
  { readonly client_credentials: TelstraClient },
  TelstraSwitches
>

/** Telstra Messaging API v2. */
export function telstraEmulator(client: Partial<TelstraClient> = {}): SystemFactory<TelstraSystem> {
  return ({ url, now }) => {
    const root = '/v2'
    const credentials: TelstraClient = { clientId: 'telstra-client', clientSecret: 'sesame+/&= %:1', ...client }
    const switches: TelstraSwitches = {
      dropTokenType: false,
      longLived: false,
      spikeArrest: false,
      monetization: false,
      noProduct: false,
    }
    const tokens = telstraTokens(now)
    return {
      root,
      provider: { ...telstra, api: url + root },
      credentials,
      grants: { client_credentials: credentials },
      switches,
      actions: {},
      tokens,
      defaultToken: { grant: 'client_credentials', scope: 'NSMS' },
      routes: {
        'POST /v2/oauth/token': { kind: 'token', handle: telstraToken(credentials, switches, tokens, ['NSMS']) },
        'GET /v2/messages/sms/healthcheck': {
          kind: 'resource',
          handle: () => ({ status: 200, body: { status: 'up' } }),
        },
        'GET /v2/messages/provisioning/subscriptions': { guarded: () => ({ status: 200, body: SUBSCRIPTION }) },
        'POST /v2/messages/provisioning/subscriptions': { guarded: subscribe(now) },
        'GET /v2/messages/sms': { guarded: () => ({ status: 200, body: { status: 'EMPTY' } }) },
        'POST /v2/messages/sms': { guarded: sendSms(url + root) },
      },
      unauthorized: () => apiError(401, 'TECH-ERR', 'Invalid access token. Please try with a valid token'),
      reject: () => rejection(switches),
      notFound: () => apiError(404, 'RESOURCE-NOT-FOUND', 'The requested URI does not exist'),
    }
  }
}

const NUMBER = '+61412345678'
const SUBSCRIPTION = { activeDays: '1825', notifyURL: 'https://example.com/callback', destinationAddress: NUMBER }
const DAY = 86_400_000

function apiError(status: number, code: string, message: string): EmulatedResponse {
  return { status, body: { status: String(status), code, message } }
}

function rejection({ noProduct, spikeArrest, monetization }: TelstraSwitches): EmulatedResponse | undefined {
  if (noProduct) return apiError(401, 'TECH-ERR', 'Invalid API call as no apiproduct match found')
  if (spikeArrest) return apiError(403, 'SpikeArrest', 'The API call rate limit has been exceeded')
  if (monetization) return apiError(403, 'MSG_Monetization_ERR', 'The plan does not allow this API call')
  return undefined
}

const SUBSCRIBE = ['activeDays', 'notifyURL']
const SMS = ['to', 'body', 'from', 'validity', 'scheduledDelivery', 'notifyURL', 'replyRequest', 'priority']

function subscribe(now: () => number) {
  return (request: LoggedRequest): EmulatedResponse => {
    const { object, problem } = readObject(request, SUBSCRIBE)
    if (!object) return apiError(400, 'BODY-NOT-VALID', problem)
    const { activeDays = 30 } = object
    const expiryDate = now() + Number(activeDays) * DAY
    return { status: 201, body: { destinationAddress: NUMBER, activeDays: String(activeDays), expiryDate } }
  }
}

function sendSms(api: string) {
  return (request: LoggedRequest): EmulatedResponse => {
    const { object, problem } = readObject(request, SMS)
    if (!object) return apiError(400, 'BODY-NOT-VALID', problem)
    const { to, body, from } = object
    const numbers = (Array.isArray(to) ? to : [to]) as unknown[]
    if (numbers.length === 0 || !numbers.every((each) => typeof each === 'string' && /^\+?\d{8,15}$/.test(each))) {
      return apiError(400, 'TO-MSISDN-NOT-VALID', "Invalid 'to' address specified")
    }
    if (typeof body !== 'string' || body === '') return apiError(400, 'BODY-MISSING', "'body' is missing")
    if (from !== undefined && typeof from !== 'string') {
      return apiError(400, 'DELIVERY-IMPOSSIBLE', "Invalid 'from' address specified")
    }
    const messages = numbers.map((each) => {
      const messageId = secretText(16)
      return {
        to: each,
        deliveryStatus: 'MessageWaiting',
        messageId,
        messageStatusURL: `${api}/messages/sms/${messageId}/status`,
      }
    })
    const answer = { messages, Country: [{ AUS: numbers.length }], messageType: 'SMS', numberSegments: 1 }
    return { status: 201, body: answer }
  }
}

// Telstra Messaging v3: another path for the token endpoint, scopes that are checked, four required headers.

/** Error conditions of the message API. */
export interface TelstraV3Switches extends TelstraTokenSwitches {
  /** Requests with a good token are refused with this 403. */
  forbidden: 'RESOURCE_AUTH_ERR' | 'FREE_TRIAL_ERR' | undefined
  /** Requests with a good token are refused with 429 and `Retry-After: 3600`. */
  tooManyRequests: boolean
}

/** The system that `telstraV3Emulator()` starts. */
export type TelstraV3System = System<
  WithApiAndTokenUrl<typeof telstraV3>,
  TelstraClient,
  { readonly client_credentials: TelstraClient },
  TelstraV3Switches
>

const SCOPES = ['free-trial-numbers', 'messages', 'virtual-numbers', 'reports'].flatMap((of) => [
  `${of}:read`,
  `${of}:write`,
])

/** Telstra Messaging API v3. */
export function telstraV3Emulator(client: Partial<TelstraClient> = {}): SystemFactory<TelstraV3System> {
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
      defaultToken: { grant: 'client_credentials', scope: SCOPES.join(' ') },
      routes: {
        'POST /v2/oauth/token': { kind: 'token', handle: telstraToken(credentials, switches, tokens, SCOPES) },
        'GET /messaging/v3/health-check': { guarded: () => ({ status: 200, body: { status: 'up' } }) },
        'GET /messaging/v3/messages': {
          guarded: scoped('messages:read', () => ({ status: 200, body: { messages: [] } })),
        },
        'POST /messaging/v3/messages': { guarded: scoped('messages:write', sendMessage) },
      },
      unauthorized,
      reject: (request) => rejectHeaders(request) ?? rejectBySwitch(switches),
      notFound: () => apiErrorV3(404, 'NOT_FOUND', 'The requested resource does not exist'),
    }
  }
}

function apiErrorV3(
  status: number,
  code: string,
  issue: string,
  headers: Readonly<Record<string, string>> = {},
): EmulatedResponse {
  return { status, headers, body: { errors: [{ code, issue, suggested_action: 'See the documentation of the API' }] } }
}

function unauthorized(status: TokenStatus): EmulatedResponse {
  return status === 'expired'
    ? apiErrorV3(401, 'TOKEN_EXPIRED', 'The access token has expired')
    : apiErrorV3(401, 'TOKEN_INVALID', 'The access token is invalid')
}

const HEADERS = [
  ['telstra-api-version', /^3\.\w+$/],
  ['content-language', /^en-au$/i],
  ['accept-charset', /^utf-8$/i],
  ['accept', /^application\/json$/],
] as const

function rejectHeaders({ headers }: LoggedRequest): EmulatedResponse | undefined {
  const wrong = HEADERS.find(([name, pattern]) => !pattern.test(headers[name] ?? ''))
  return wrong && apiErrorV3(400, 'HEADER_INVALID', `The header ${wrong[0]} is missing or wrong`)
}

function rejectBySwitch({ forbidden, tooManyRequests }: TelstraV3Switches): EmulatedResponse | undefined {
  if (forbidden) return apiErrorV3(403, forbidden, 'The request is not allowed')
  if (!tooManyRequests) return undefined
  return apiErrorV3(429, 'TOO_MANY_REQUESTS', 'Too many requests', { 'Retry-After': '3600' })
}

function scoped(scope: string, handle: (request: LoggedRequest) => EmulatedResponse) {
  return (request: LoggedRequest, token: IssuedToken): EmulatedResponse =>
    token.scope?.split(' ').includes(scope)
      ? handle(request)
      : apiErrorV3(403, 'INSUFFICIENT_SCOPE', `The access token lacks the scope ${scope}`)
}

function sendMessage(request: LoggedRequest): EmulatedResponse {
  const { object, problem } = readObject(request)
  if (!object) return apiErrorV3(400, 'BODY_INVALID', problem)
  const { to, from, messageContent } = object
  const absent = Object.entries({ to, from, messageContent }).find(([, value]) => typeof value !== 'string')
  if (absent) return apiErrorV3(400, 'FIELD_INVALID', `${absent[0]} is missing or no text`)
  return { status: 201, body: { messageId: [secretText(16)], to, from, messageContent, status: 'queued' } }
}

// The token endpoint, shared by both versions.

/** An application that is registered there. */
export interface TelstraClient {
  readonly clientId: string
  readonly clientSecret: string
}

/** Where the samples differ from the model. */
export interface TelstraTokenSwitches {
  /** Leaves `token_type` out of the answer, as one of the vendor's samples does. */
  dropTokenType: boolean
  /** Ten hours, `"35999"`, in place of `lifetime`: another of the vendor's samples, against the model's "one hour". */
  longLived: boolean
}

function telstraTokens(now: () => number): IssuedTokens {
  return new IssuedTokens({ accessToken: () => secretText(28), refreshToken: () => secretText(28) }, 3_599, now)
}

const ACCEPTED = [undefined, '*/*', 'application/json']
const ALLOWED = { fields: ['client_id', 'client_secret', 'grant_type', 'scope'] }

/** Answers token requests; `scopes` are those that may be asked for, and all are granted when none is. */
function telstraToken(
  client: TelstraClient,
  switches: TelstraTokenSwitches,
  tokens: IssuedTokens,
  scopes: readonly string[],
): (request: LoggedRequest) => EmulatedResponse {
  return (request) => {
    const { authorization, accept } = request.headers as { authorization?: string; accept?: string }
    if (authorization !== undefined) return oauthError(400, 'invalid_request', 'The client belongs in the body')
    if (!ACCEPTED.includes(accept)) return oauthError(406, 'invalid_request', 'Only application/json is to be had')
    const { fields, problem } = readForm(request, ALLOWED)
    if (!fields) return oauthError(400, 'invalid_request', problem)
    const grant = fields.get('grant_type')
    if (grant !== 'client_credentials') return oauthError(400, 'unsupported_grant_type', 'Only client_credentials')
    const absent = missing(fields, 'client_id', 'client_secret')
    if (absent) return oauthError(400, 'invalid_request', `${absent} is missing`)
    if (fields.get('client_id') !== client.clientId || fields.get('client_secret') !== client.clientSecret) {
      return oauthError(401, 'invalid_client', 'Client identifier is invalid')
    }
    const asked = fields.get('scope')?.split(' ') ?? scopes
    if (!asked.every((scope) => scopes.includes(scope))) return oauthError(400, 'invalid_scope', 'No such scope')
    const lifetime = switches.longLived ? 35_999 : tokens.lifetime
    const { accessToken } = tokens.issue({ grant, scope: asked.join(' '), lifetime })
    return {
      status: 200,
      body: {
        access_token: accessToken,
        ...(!switches.dropTokenType && { token_type: 'Bearer' }),
        expires_in: String(lifetime),
      },
    }
  }
}

function oauthError(status: number, error: string, description: string): EmulatedResponse {
  return { status, body: { error, error_description: description } }
}
