// Every documented refusal of the systems: at the token endpoint a typed error with the system's own words and no secret; at the API
// the answer as it came, and a renewal only where the token is what was refused.
import { expect } from 'chai'
import { createTokenManager, isTokenError, type TokenManager } from '../../lib/index.ts'
import {
  knetikcloudEmulator,
  netsapiensEmulator,
  netsapiensJwtEmulator,
  phonecomEmulator,
  smscxEmulator,
  startEmulator,
  telstraEmulator,
  telstraV3Emulator,
  type SystemFactory,
  type Emulator,
  type System,
} from '../../lib/testing.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { CLIENTS, textOf, type Client, type Sending } from './support.ts'

/** No flight waits for a second attempt. */
const timing = { flightDeadline: 900 }

type Check = (emulator: Emulator<System>, tokens: TokenManager) => Promise<void>

interface Refusal {
  readonly what: string
  readonly run: (check: Check) => Promise<void>
  /** Of the error, or of the cause where nothing unattended is left. */
  readonly error: Readonly<Record<string, unknown>>
  /** Whether only a person can help. */
  readonly terminal?: true
}

function on<S extends System>(system: SystemFactory<S>, manage: (emulator: Emulator<S>) => TokenManager) {
  return async (check: Check): Promise<void> => {
    await using emulator = await startEmulator(system)
    await check(emulator, manage(emulator))
  }
}

const oauth = (error: string, status: number, errorDescription?: string): Readonly<Record<string, unknown>> => ({
  code: 'ERR_OAUTH',
  error,
  status,
  ...(errorDescription !== undefined && { errorDescription }),
})

const ns = (prepare: (emulator: Emulator<ReturnType<ReturnType<typeof netsapiensEmulator>>>) => object = () => ({})) =>
  on(netsapiensEmulator(), (emulator) => {
    const credentials = { ...emulator.credentials, ...prepare(emulator) }
    return createTokenManager({ provider: emulator.provider, grant: 'password', credentials, timing })
  })

const knetik = (wrong: object, answer?: object) =>
  on(knetikcloudEmulator(), (emulator) => {
    if (answer) emulator.always('token', answer)
    const credentials = { ...emulator.grants.password, ...wrong }
    return createTokenManager({ provider: emulator.provider, grant: 'password', credentials, timing })
  })

const phone = (wrong: { readonly clientSecret?: string; readonly scope?: string; readonly answer?: object }) =>
  on(phonecomEmulator(), (emulator) => {
    const { provider, credentials } = emulator
    const { clientSecret = credentials.clientSecret, scope = 'account-owner', answer } = wrong
    if (answer) emulator.always('token', answer)
    const client = { ...credentials, clientSecret }
    return createTokenManager({ provider, grant: 'client_credentials', credentials: client, scope, timing })
  })

const mason = (status: number, message: string, more: object = {}): object => ({
  status,
  body: { '@error': { '@message': message, '@httpStatusCode': status, '@time': '2020-09-28T18:15:01.643Z', ...more } },
})

const sms = (
  params: Readonly<Record<string, string>>,
  wrong: { readonly applicationSecret?: string; readonly scope?: string } = {},
) =>
  on(smscxEmulator(), (emulator) => {
    const grants = { client_credentials: { params } }
    const provider = { ...emulator.provider, grants }
    const { scope = 'sms', ...secret } = wrong
    return createTokenManager({ provider, credentials: { ...emulator.credentials, ...secret }, scope, timing })
  })

const smsSays = (status: number, type: string) =>
  on(smscxEmulator(), (emulator) => {
    const body = { error: { type, message: 'In words', uri: 'https://sms.cx/why', code: 1600 } }
    emulator.always('token', { status, body })
    return createTokenManager({ provider: emulator.provider, credentials: emulator.credentials, timing })
  })

const tel = (wrong: object, answer?: object) =>
  on(telstraEmulator(), (emulator) => {
    if (answer) emulator.always('token', answer)
    const credentials = { ...emulator.credentials, ...wrong }
    return createTokenManager({ provider: emulator.provider, credentials, timing })
  })

const USUAL = { grant_type: 'client_credentials', scope: '{scope?}' }
const WRONG = 'a-wrong-secret+/&= %'

const REFUSALS: readonly Refusal[] = [
  {
    what: 'NetSapiens: a wrong password',
    run: ns(() => ({ password: WRONG })),
    error: oauth('403', 403, 'Invalid User Login'),
    terminal: true,
  },
  {
    what: 'NetSapiens: a wrong passcode',
    run: on(netsapiensEmulator(), ({ provider, credentials, switches }) => {
      switches.mfa = true
      const onPrompt = () => ({ passcode: WRONG })
      return createTokenManager({ provider, grant: 'password', credentials, onPrompt, timing })
    }),
    error: oauth('401', 401, 'Invalid passcode'),
    terminal: true,
  },
  {
    what: 'NetSapiens: a wrong passcode, without a code',
    run: on(netsapiensEmulator(), (emulator) => {
      const { provider, credentials, switches } = emulator
      switches.mfa = true
      emulator.next('token', [undefined, { status: 401, body: { message: 'Invalid passcode' } }])
      const onPrompt = () => ({ passcode: WRONG })
      return createTokenManager({ provider, grant: 'password', credentials, onPrompt, timing })
    }),
    error: { code: 'ERR_OAUTH', status: 401, error: 'Invalid passcode' },
    terminal: true,
  },
  {
    what: 'NetSapiens: a wrong client',
    run: ns(() => ({ clientSecret: WRONG })),
    error: oauth('401', 401, 'Invalid client'),
  },
  {
    what: 'NetSapiens: a request it cannot read',
    run: ns((emulator) => {
      emulator.always('token', { status: 400, body: { code: 400, message: 'Bad Request' } })
      return {}
    }),
    error: oauth('400', 400, 'Bad Request'),
  },
  {
    what: 'NetSapiens: an older server, 404',
    run: ns((emulator) => {
      emulator.switches.html = 404
      return {}
    }),
    error: { code: 'ERR_TOKEN_REQUEST', reason: 'blocked', status: 404 },
  },
  {
    what: 'NetSapiens: an older server, a page',
    run: ns((emulator) => {
      emulator.switches.html = 200
      return {}
    }),
    error: { code: 'ERR_TOKEN_RESPONSE', reason: 'unreadable', status: 200 },
  },
  {
    what: 'NetSapiens: a refusal that says 200',
    run: ns((emulator) => {
      emulator.always('token', { body: { code: 401, message: 'no' } })
      return {}
    }),
    error: oauth('401', 200, 'no'),
  },
  {
    what: 'NetSapiens: an empty token',
    run: ns((emulator) => {
      emulator.always('token', { patch: { access_token: '' } })
      return {}
    }),
    error: { code: 'ERR_TOKEN_RESPONSE', reason: 'no_token', status: 200 },
  },
  {
    what: 'NetSapiens, JSON Web Tokens: a wrong password',
    run: on(netsapiensJwtEmulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, grant: 'password', credentials: { ...credentials, password: WRONG }, timing }),
    ),
    error: oauth('403', 403, 'Invalid User Login'),
    terminal: true,
  },
  {
    what: 'KnetikCloud: a wrong password',
    run: knetik({ password: WRONG }),
    error: oauth('invalid_grant', 400, 'Bad credentials'),
    terminal: true,
  },
  {
    what: 'KnetikCloud: an unknown client',
    run: knetik({ clientId: 'nobody' }),
    error: oauth('invalid_client', 401, 'Bad client credentials'),
  },
  ...[400, 401, 403, 404].map((status) => ({
    what: `KnetikCloud: ${String(status)} in the API's own words`,
    run: knetik({}, { status, body: { code: 1100, request_id: 'r', result: [{ message: 'In words', field: null }] } }),
    error: oauth('1100', status, 'In words'),
  })),
  {
    what: 'Phone.com: a wrong secret',
    run: phone({ clientSecret: WRONG }),
    error: oauth('invalid_client', 401, 'Client authentication failed'),
  },
  {
    what: 'Phone.com: a used code',
    run: on(phonecomEmulator(), ({ provider, grants }) => {
      const credentials = { ...grants.authorization_code, code: 'a-used-code' }
      return createTokenManager({ provider, grant: 'authorization_code', credentials, timing })
    }),
    error: oauth('invalid_grant', 401),
    terminal: true,
  },
  {
    what: 'Phone.com: a wrong password',
    run: on(phonecomEmulator(), ({ provider, grants }) => {
      const credentials = { ...grants.password, password: WRONG }
      return createTokenManager({ provider, grant: 'password', credentials, timing })
    }),
    error: oauth('invalid_grant', 401),
    terminal: true,
  },
  {
    what: 'Phone.com: an unknown scope',
    run: phone({ scope: 'nothing' }),
    error: oauth('invalid_scope', 400, 'The scope is unknown'),
  },
  {
    what: 'Phone.com: 401 in Mason alone',
    run: phone({ answer: mason(401, 'No access', { '@code': 'oauth2.access_denied', '@details': [] }) }),
    error: oauth('oauth2.access_denied', 401, 'No access'),
  },
  ...[403, 404, 409, 422, 429, 500].map((status) => ({
    what: `Phone.com: ${String(status)} in Mason`,
    run: phone({ answer: mason(status, 'In words', { '@messages': ['more words'] }) }),
    error: oauth(String(status), status, 'In words'),
  })),
  {
    what: 'SMS.CX: a wrong secret',
    run: sms(USUAL, { applicationSecret: WRONG }),
    error: { ...oauth('invalid_client', 401, 'Invalid client'), errorUri: 'https://sms.cx/docs/api/#invalid_client' },
  },
  {
    what: 'SMS.CX: no grant type',
    run: sms({ scope: '{scope?}' }),
    error: oauth('invalid_request', 400),
  },
  { what: 'SMS.CX: an unknown scope', run: sms(USUAL, { scope: 'nothing' }), error: oauth('invalid_scope', 400) },
  {
    what: 'SMS.CX: another grant',
    run: sms({ grant_type: 'password' }),
    error: oauth('unsupported_grant_type', 400),
  },
  ...(
    [
      [405, 'invalid_method'],
      [403, 'access_denied'],
      [429, 'rate_limit'],
      [500, 'server_error'],
    ] as const
  ).map(([status, type]) => ({
    what: `SMS.CX: ${type}`,
    run: smsSays(status, type),
    error: { ...oauth(type, status, 'In words'), errorUri: 'https://sms.cx/why' },
  })),
  {
    what: 'Telstra: a wrong secret',
    run: tel({ clientSecret: WRONG }),
    error: oauth('invalid_client', 401, 'Client identifier is invalid'),
  },
  {
    what: 'Telstra: another grant',
    run: tel({}, { status: 400, body: { error: 'unsupported_grant_type' } }),
    error: oauth('unsupported_grant_type', 400),
  },
  {
    what: "Telstra: 404 in the API's own words",
    run: tel({}, { status: 404, body: { status: '404', code: 'RESOURCE-NOT-FOUND', message: 'In words' } }),
    error: oauth('RESOURCE-NOT-FOUND', 404, 'In words'),
  },
  {
    what: 'Telstra: 503 without a word',
    run: tel({}, { status: 503, body: '' }),
    error: { code: 'ERR_TOKEN_REQUEST', reason: 'unavailable', status: 503 },
  },
  {
    what: 'Telstra: SpikeArrest',
    run: tel({}, { status: 403, body: { status: '403', code: 'SpikeArrest', message: 'Too fast' } }),
    error: oauth('SpikeArrest', 403, 'Too fast'),
  },
  {
    what: 'Telstra v3: a wrong secret',
    run: on(telstraV3Emulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, credentials: { ...credentials, clientSecret: WRONG }, timing }),
    ),
    error: oauth('invalid_client', 401, 'Client identifier is invalid'),
  },
]

describe('An error response of the token endpoint', () => {
  realNetwork()

  for (const { what, run, error, terminal } of REFUSALS) {
    it(`rejects all callers once with the error and description of the system: ${what}`, () =>
      run(async (emulator, tokens) => {
        const failures = await Promise.all([1, 2, 3].map(() => failureOf(tokens.token())))
        const [failure] = failures as [Error]
        expect(new Set(failures).size).to.equal(1)
        expect(isTokenError(failure)).to.equal(true)
        expect(Reflect.get(failure, 'code') === 'ERR_REAUTHENTICATION_REQUIRED').to.equal(terminal ?? false)
        expect(terminal ? failure.cause : failure).to.include(error)
        const requests = emulator.counts.token
        expect(await failureOf(tokens.token())).to.equal(failure)
        expect(emulator.counts.token).to.equal(requests)
        expect(emulator.counts.resource).to.equal(0)
        const seen = textOf(failure)
        expect(seen).to.not.include('[object Object]').and.not.include(WRONG).and.not.include('a-used-code')
        for (const secret of secretsIn(emulator.grants)) expect(seen).to.not.include(secret)
      }))
  }
})

function secretsIn(value: object): readonly string[] {
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) => {
    if (typeof each === 'object' && each !== null) return secretsIn(each)
    return /secret|password/i.test(name) ? [String(each)] : []
  })
}

interface ApiRow {
  readonly what: string
  readonly run: (check: Check) => Promise<void>
  readonly path: string
  readonly sending?: Sending
  /** Done once there is a token. */
  readonly then?: (emulator: Emulator<System>) => void
  readonly status: number
  readonly says: string
  /** Whether the token is renewed, and the request sent again. */
  readonly renews?: true
}

const systems = {
  ns: on(netsapiensEmulator(), ({ provider, credentials }) =>
    createTokenManager({ provider, grant: 'password', credentials }),
  ),
  knetik: on(knetikcloudEmulator(), ({ provider, grants }) =>
    createTokenManager({ provider, grant: 'password', credentials: grants.password }),
  ),
  phone: on(phonecomEmulator(), ({ provider, credentials }) =>
    createTokenManager({ provider, grant: 'client_credentials', credentials }),
  ),
  sms: on(smscxEmulator(), ({ provider, credentials }) =>
    createTokenManager({ provider, credentials, scope: 'groups' }),
  ),
  telstra: on(telstraEmulator(), ({ provider, credentials }) => createTokenManager({ provider, credentials })),
  v3: on(telstraV3Emulator(), ({ provider, credentials }) =>
    createTokenManager({ provider, credentials, scope: 'messages:read' }),
  ),
} as const

const revoked = (emulator: Emulator<System>): void => {
  emulator.revokeAll()
}
const saying =
  (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  (emulator: Emulator<System>): void => {
    emulator.always('resource', { status, body, headers })
  }
const switched =
  (name: string, value: unknown = true) =>
  ({ switches }: Emulator<System>): void => {
    Object.assign(switches, { [name]: value })
  }
const jsapi = { code: 1100, request_id: 'r', result: [{ message: 'In words', field: null, details: null }] }
const post = (body: unknown): Sending => ({ method: 'POST', body })

const API: readonly ApiRow[] = [
  {
    what: 'NetSapiens: another domain',
    run: systems.ns,
    path: '/domains/other.example',
    status: 403,
    says: 'Permission Denied',
  },
  { what: 'NetSapiens: no such path', run: systems.ns, path: '/nothing', status: 404, says: '"code":404' },
  {
    what: 'NetSapiens: a dead token',
    run: systems.ns,
    path: '/domains/~',
    then: revoked,
    status: 200,
    says: 'example.com',
    renews: true,
  },
  {
    what: 'KnetikCloud: a dead token',
    run: systems.knetik,
    path: '/me',
    then: revoked,
    status: 200,
    says: 'knetik',
    renews: true,
  },
  {
    what: 'KnetikCloud: 401 in its own words',
    run: systems.knetik,
    path: '/me',
    then: saying(401, jsapi),
    status: 401,
    says: 'In words',
    renews: true,
  },
  ...[400, 403, 404].map((status): ApiRow => ({
    what: `KnetikCloud: ${String(status)} in its own words`,
    run: systems.knetik,
    path: '/me',
    then: saying(status, jsapi),
    status,
    says: '"code":1100',
  })),
  {
    what: 'Phone.com: a dead token',
    run: systems.phone,
    path: '/accounts',
    then: revoked,
    status: 200,
    says: '"total":1',
    renews: true,
  },
  { what: "Phone.com: another's account", run: systems.phone, path: '/accounts/2', status: 403, says: 'Forbidden' },
  { what: 'Phone.com: no such path', run: systems.phone, path: '/nothing', status: 404, says: '"@httpStatusCode":404' },
  {
    what: 'Phone.com: a field missing',
    run: systems.phone,
    path: '/accounts/1/sms',
    sending: post({}),
    status: 422,
    says: '@messages',
  },
  {
    what: 'Phone.com: a conflict',
    run: systems.phone,
    path: '/accounts',
    then: saying(409, { '@error': { '@messages': ['no'] } }),
    status: 409,
    says: '@messages',
  },
  {
    what: 'Phone.com: too many',
    run: systems.phone,
    path: '/accounts',
    then: switched('rateLimited', 7),
    status: 429,
    says: '"Retry-After":7',
  },
  {
    what: 'Phone.com: broken',
    run: systems.phone,
    path: '/accounts',
    then: saying(500, { '@error': { '@message': 'Oops' } }),
    status: 500,
    says: 'Oops',
  },
  {
    what: 'SMS.CX: a dead token',
    run: systems.sms,
    path: '/groups',
    then: revoked,
    status: 200,
    says: 'data',
    renews: true,
  },
  {
    what: 'SMS.CX: a scope missing',
    run: systems.sms,
    path: '/templates',
    status: 403,
    says: '"type":"insufficient_scope"',
  },
  {
    what: 'SMS.CX: another method',
    run: systems.sms,
    path: '/groups',
    sending: post({}),
    status: 405,
    says: 'invalid_method',
  },
  {
    what: 'SMS.CX: too many',
    run: systems.sms,
    path: '/groups',
    then: switched('rateLimited', 7),
    status: 429,
    says: 'rate_limit',
  },
  {
    what: 'SMS.CX: broken',
    run: systems.sms,
    path: '/groups',
    then: saying(500, { error: { type: 'server_error' } }),
    status: 500,
    says: 'server_error',
  },
  {
    what: 'Telstra: a dead token',
    run: systems.telstra,
    path: '/messages/sms',
    then: revoked,
    status: 200,
    says: 'EMPTY',
    renews: true,
  },
  {
    what: 'Telstra: a product not bought',
    run: systems.telstra,
    path: '/messages/sms',
    then: switched('noProduct'),
    status: 401,
    says: 'apiproduct',
    renews: true,
  },
  {
    what: 'Telstra: SpikeArrest',
    run: systems.telstra,
    path: '/messages/sms',
    then: switched('spikeArrest'),
    status: 403,
    says: 'SpikeArrest',
  },
  {
    what: 'Telstra: a plan too small',
    run: systems.telstra,
    path: '/messages/sms',
    then: switched('monetization'),
    status: 403,
    says: 'MSG_Monetization_ERR',
  },
  {
    what: 'Telstra: a wrong field',
    run: systems.telstra,
    path: '/messages/sms',
    sending: post({ to: '+61412345678', body: 'x', from: 1 }),
    status: 400,
    says: 'DELIVERY-IMPOSSIBLE',
  },
  { what: 'Telstra: no such path', run: systems.telstra, path: '/nothing', status: 404, says: 'RESOURCE-NOT-FOUND' },
  {
    what: 'Telstra: too many at once',
    run: systems.telstra,
    path: '/messages/sms',
    then: saying(429, { status: '429', code: 'CONCURRENCY' }),
    status: 429,
    says: 'CONCURRENCY',
  },
  {
    what: 'Telstra v3: a dead token',
    run: systems.v3,
    path: '/messages',
    then: revoked,
    status: 200,
    says: 'messages',
    renews: true,
  },
  ...(['TOKEN_INVALID', 'TOKEN_EXPIRED'] as const).map((code): ApiRow => ({
    what: `Telstra v3: ${code} and nothing else`,
    run: systems.v3,
    path: '/messages',
    then: saying(401, { errors: [{ code, issue: 'no', suggested_action: 'log in' }] }),
    status: 401,
    says: code,
    renews: true,
  })),
  {
    what: 'Telstra v3: a scope missing',
    run: systems.v3,
    path: '/messages',
    sending: post({}),
    status: 403,
    says: 'INSUFFICIENT_SCOPE',
  },
  ...(['RESOURCE_AUTH_ERR', 'FREE_TRIAL_ERR'] as const).map((code): ApiRow => ({
    what: `Telstra v3: ${code}`,
    run: systems.v3,
    path: '/messages',
    then: switched('forbidden', code),
    status: 403,
    says: code,
  })),
  {
    what: 'Telstra v3: too many',
    run: systems.v3,
    path: '/messages',
    then: switched('tooManyRequests'),
    status: 429,
    says: 'TOO_MANY_REQUESTS',
  },
]

describe('An error response of the API', () => {
  realNetwork()

  for (const [name, bound] of Object.entries(CLIENTS)) {
    for (const { what, run, path, sending, then, status, says, renews } of API) {
      it(`${renews ? 'causes one renewal' : 'is returned unchanged, without a renewal'}, with ${name}: ${what}`, () =>
        run(async (emulator, tokens) => {
          const send: Client = bound(emulator, tokens)
          await tokens.token()
          emulator.clearLog()
          then?.(emulator)
          const answer = await send(path, sending)
          expect(answer.status).to.equal(status)
          expect(JSON.stringify(answer.body)).to.include(says)
          expect(emulator.counts).to.include(renews ? { token: 1, resource: 2 } : { token: 0, resource: 1 })
          expect(JSON.stringify(answer)).to.not.include(emulator.issued.at(-1)?.accessToken)
        }))
    }
  }
})
