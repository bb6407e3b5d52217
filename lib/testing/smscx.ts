// SMS.CX: the client in a raw Basic header, an error that is an object, scopes that count, the end of a wait as a moment.

import { smscx } from '../providers.ts'
import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { secretText } from './secret-text.ts'
import { labelled, refuse } from './smscx-answers.ts'
import { smscxResources } from './smscx-resources.ts'
import { basicOf, bearerOf, readForm } from './strict.ts'
import type { Blueprint, Pointed, System } from './system.ts'
import { TokenBook, type Standing } from './token-book.ts'

/** An application that is registered there. */
export interface SmscxApplication {
  readonly applicationId: string
  readonly applicationSecret: string
}

/** What is known to the system. */
export interface SmscxOptions extends Partial<SmscxApplication> {
  /** What `X-API-KEY` may be in place of a token. */
  readonly apiKey?: string
}

/** What the dashboard was set to, and what goes wrong. */
export interface SmscxSwitches {
  /** What the dashboard was set to; undefined: the emulator's `lifetime`. */
  validity: 'day' | 'week' | 'never' | undefined
  /** What `expires_in` is for a token that never expires: no source says. */
  neverIs: number | null
  /** Leaves out `token_type`, which is not required. */
  dropTokenType: boolean
  /** Everything is refused with 429, to be asked again after so many seconds. */
  rateLimited: number | undefined
}

/** What `smscxEmulator()` sets up. */
export type SmscxSystem = System<
  Pointed<typeof smscx>,
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
export function smscxEmulator(options: SmscxOptions = {}): Blueprint<SmscxSystem> {
  return ({ url, now }) => {
    const {
      applicationId = 'smscx-application',
      applicationSecret = 'sesame+/:% &',
      apiKey = 'smscx-api-key',
    } = options
    const application = { applicationId, applicationSecret }
    const switches: SmscxSwitches = { validity: undefined, neverIs: 0, dropTokenType: false, rateLimited: undefined }
    const tokens = new TokenBook({ accessToken: () => secretText(40), refreshToken: () => secretText(40) }, 86_400, now)
    const label = labelled(now, () => switches.rateLimited)
    const all = SCOPES.join(' ')
    return {
      root: '',
      provider: { ...smscx, api: url },
      credentials: application,
      grants: { client_credentials: application },
      switches,
      actions: {},
      tokens,
      usual: { grant: 'client_credentials', scope: all },
      routes: {
        'POST /oauth/token': { kind: 'token', handle: label(smscxToken(application, switches, tokens)) },
        ...smscxResources(label),
      },
      carried: (request) => {
        const key = request.headers['x-api-key']
        if (key !== apiKey) return key ?? bearerOf(request)
        // A key is as good as a token that never ends.
        if (!tokens.find(key)) tokens.issue({ grant: 'api_key', scope: all, lifetime: null, accessToken: key })
        return key
      },
      unauthorized: label((standing: Standing, { headers }: Entry) => {
        if (headers['x-api-key'] !== undefined) return refuse(401, 'invalid_api_key', 'Invalid API key')
        return refuse(
          401,
          'invalid_client',
          standing === 'expired' ? 'The access token expired' : 'Invalid access token',
        )
      }),
      notFound: label(() => refuse(404, 'not_found', 'Not found')),
      wrongMethod: label(() => refuse(405, 'invalid_method', 'Invalid method')),
    }
  }
}

function smscxToken(application: SmscxApplication, switches: SmscxSwitches, tokens: TokenBook) {
  return (request: Entry): Answer => {
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
