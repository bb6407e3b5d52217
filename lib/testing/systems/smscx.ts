// SMS.CX: the client in a raw Basic header, an error that is an object, scopes that count, the end of a wait as a moment.
import { smscx } from '../../providers.ts'
import { type IssuedToken, secretHex, secretText, type TokenStatus, IssuedTokens } from '../server/issued-tokens.ts'
import type { LoggedRequest } from '../server/request-log.ts'
import { basicOf, bearerOf, readForm, readObject } from '../server/request.ts'
import type { EmulatedResponse } from '../server/response.ts'
import type { SystemFactory, WithApiUrl, Routes, System } from '../system.ts'

/** An application that is registered there. */
export interface SmscxApplication {
  readonly applicationId: string
  readonly applicationSecret: string
}

/** The application and the API key registered at the system. */
export interface SmscxOptions extends Partial<SmscxApplication> {
  /** The value of `X-API-KEY` that is accepted in place of a token. @default 'smscx-api-key' */
  readonly apiKey?: string
}

/** Settings of the dashboard, and error conditions. */
export interface SmscxSwitches {
  /** The validity set in the dashboard; undefined: the emulator's `lifetime`. */
  validity: 'day' | 'week' | 'never' | undefined
  /** The `expires_in` of a token that never expires; no source documents it. */
  neverIs: number | null
  /** Leaves out `token_type`, which is not required. */
  dropTokenType: boolean
  /** Everything is refused with 429, to be asked again after so many seconds. */
  rateLimited: number | undefined
}

/** The system that `smscxEmulator()` starts. */
export type SmscxSystem = System<
  WithApiUrl<typeof smscx>,
  SmscxApplication,
  { readonly client_credentials: SmscxApplication },
  SmscxSwitches
>

const SCOPES = [
  'sms',
  'groups',
  'templates',
  'numbers',
  'originators',
  'viber',
  'whatsapp',
  'otp',
  'reports',
  'shortlinks',
]
const SECONDS = { day: 86_400, week: 604_800, never: null } as const

/** SMS.CX. */
export function smscxEmulator(options: SmscxOptions = {}): SystemFactory<SmscxSystem> {
  return ({ url, now }) => {
    const {
      applicationId = 'smscx-application',
      applicationSecret = 'sesame+/:% &',
      apiKey = 'smscx-api-key',
    } = options
    const application = { applicationId, applicationSecret }
    const switches: SmscxSwitches = { validity: undefined, neverIs: 0, dropTokenType: false, rateLimited: undefined }
    const tokens = new IssuedTokens(
      { accessToken: () => secretText(40), refreshToken: () => secretText(40) },
      86_400,
      now,
    )
    const decorate = responseDecorator(now, () => switches.rateLimited)
    const all = SCOPES.join(' ')
    return {
      root: '',
      provider: { ...smscx, api: url },
      credentials: application,
      grants: { client_credentials: application },
      switches,
      actions: {},
      tokens,
      defaultToken: { grant: 'client_credentials', scope: all },
      routes: {
        'POST /oauth/token': { kind: 'token', handle: decorate(smscxToken(application, switches, tokens)) },
        ...smscxResources(decorate),
      },
      readToken: (request) => {
        const key = request.headers['x-api-key']
        if (key !== apiKey) return key ?? bearerOf(request)
        // A key is as good as a token that never ends.
        if (!tokens.find(key)) tokens.issue({ grant: 'api_key', scope: all, lifetime: null, accessToken: key })
        return key
      },
      unauthorized: decorate((status: TokenStatus, { headers }: LoggedRequest) => {
        if (headers['x-api-key'] !== undefined) return refuse(401, 'invalid_api_key', 'Invalid API key')
        return refuse(401, 'invalid_client', status === 'expired' ? 'The access token expired' : 'Invalid access token')
      }),
      notFound: decorate(() => refuse(404, 'not_found', 'Not found')),
      methodNotAllowed: decorate(() => refuse(405, 'invalid_method', 'Invalid method')),
    }
  }
}

function smscxToken(application: SmscxApplication, switches: SmscxSwitches, tokens: IssuedTokens) {
  return (request: LoggedRequest): EmulatedResponse => {
    const [id, secret] = basicOf(request) ?? []
    if (id !== application.applicationId || secret !== application.applicationSecret) {
      return refuse(401, 'invalid_client', 'Invalid client')
    }
    const { fields, problem } = readForm(request, { fields: ['grant_type', 'scope'], mayBeEmpty: ['scope'] })
    if (!fields) return refuse(400, 'invalid_request', problem)
    const grant = fields.get('grant_type')
    if (grant === undefined) return refuse(400, 'invalid_request', 'grant_type is missing')
    if (grant !== 'client_credentials') {
      return refuse(400, 'unsupported_grant_type', 'The grant type is not supported (only client_credentials)')
    }
    const asked = (fields.get('scope') ?? '').split(' ').filter(Boolean)
    if (!asked.every((scope) => SCOPES.includes(scope))) return refuse(400, 'invalid_scope', 'The scope is unknown')
    const lifetime = switches.validity === undefined ? tokens.lifetime : SECONDS[switches.validity]
    const scope = (asked.length > 0 ? asked : SCOPES).join(' ')
    const { accessToken } = tokens.issue({ grant, scope, lifetime })
    const body = {
      access_token: accessToken,
      expires_in: lifetime ?? switches.neverIs,
      ...(!switches.dropTokenType && { token_type: 'Bearer' }),
      scope,
    }
    return { status: 200, body }
  }
}

// The API; most of it requires a scope.

function smscxResources(decorate: ResponseDecorator): Routes {
  const scoped = (scope: string, handle: (request: LoggedRequest) => EmulatedResponse) =>
    decorate((request: LoggedRequest, token: IssuedToken) =>
      token.scope?.split(' ').includes(scope)
        ? handle(request)
        : refuse(403, 'insufficient_scope', `The scope ${scope} is needed`),
    )
  const list = (scope: string) => ({ guarded: scoped(scope, () => ({ status: 200, body: { data: [] } })) })
  const balance = { balance: '100.00', currency: 'EUR', billing: 'prepaid' }
  return {
    'GET /account/balance': { guarded: decorate(() => ({ status: 200, body: balance })) },
    'GET /applications/scopes': {
      guarded: decorate((_request: LoggedRequest, { scope = '' }: IssuedToken) => ({
        status: 200,
        body: scope.split(' '),
      })),
    },
    'POST /sms': { guarded: scoped('sms', sendSms) },
    'GET /groups': list('groups'),
    'GET /templates': list('templates'),
    'GET /numbers': list('numbers'),
    'GET /originators': list('originators'),
    'GET /reports': list('reports'),
  }
}

function sendSms(request: LoggedRequest): EmulatedResponse {
  const { object, problem } = readObject(request)
  if (!object) return refuse(400, 'invalid_body', problem)
  const { to, from, text } = object
  const numbers = (Array.isArray(to) ? to : [to]) as unknown[]
  const isNumber = (each: unknown): boolean => typeof each === 'string' && /^\+?\d{8,15}$/.test(each)
  if (numbers.length === 0 || !numbers.every(isNumber)) return refuse(400, 'invalid_param', 'to is no phone number')
  if (typeof from !== 'string' || typeof text !== 'string')
    return refuse(400, 'invalid_param', 'from and text are needed')
  const info = { campaignId: secretHex(16), from, text, parts: 1, totalCost: 0.05 * numbers.length, currency: 'EUR' }
  const data = numbers.map((each) => ({ msgId: secretHex(16), to: each, status: 'queued', cost: 0.05 }))
  return { status: 200, body: { info, data } }
}

// Error responses, and the headers of every response.

const CODE = 1_600
const LIMIT = 100

/** Every refusal has the code 1600; the `type` is what tells them apart. */
function refuse(status: number, type: string, message: string): EmulatedResponse {
  return { status, body: { error: { type, message, uri: `https://sms.cx/docs/api/#${type}`, code: CODE } } }
}

/** Adds this system's headers to the responses of a handler, and responds with 429 while that is switched on. */
type ResponseDecorator = <Args extends unknown[]>(
  handle: (...args: Args) => EmulatedResponse,
) => (...args: Args) => EmulatedResponse

/** `wait` gives the seconds until the limit ends, while there is one. */
function responseDecorator(now: () => number, wait: () => number | undefined): ResponseDecorator {
  return (handle) =>
    (...args) => {
      const seconds = wait()
      const answer = seconds === undefined ? handle(...args) : tooMany(now() / 1_000 + seconds)
      const headers = { 'X-Request-Id': secretHex(32), 'X-Response-Time': '1', ...answer.headers }
      return { ...answer, headers }
    }
}

function tooMany(until: number): EmulatedResponse {
  return {
    ...refuse(429, 'rate_limit', 'Too many requests'),
    headers: {
      'X-Rate-Limit-Limit': String(LIMIT),
      'X-Rate-Limit-Remaining': '0',
      'X-Rate-Limit-Reset': String(Math.ceil(until)),
    },
  }
}
