// Claims about what compiles. None of the functions below is ever called: each `@ts-expect-error` is proved by the type check.

import { expect } from 'chai'
import {
  type Credentials,
  defineProvider,
  discover,
  type GrantName,
  knetikcloud,
  netsapiens,
  type netsapiensJwt,
  oauth2,
  type OAuth2Options,
  phonecom,
  privateKeyJwt,
  type PromptAnswer,
  type ProviderDefinition,
  signedJwt,
  type smscx,
  telstra,
} from '../lib/providers.ts'
import { isTokenError, type TokenRequestReason, type TokenResponseReason } from '../lib/errors.ts'
import { exclusiveStore } from '../lib/stores/exclusive.ts'
import { memoryStore } from '../lib/stores/memory.ts'
import type { SessionStatus, TokenEvent, TokenEvents } from '../lib/token/events.ts'
import { createTokenManager, type TokenManager } from '../lib/token/token-manager.ts'
import { createTokenPool, type TokenPool } from '../lib/token/token-pool.ts'

const compiles = (...claims: readonly ((given: unknown) => unknown)[]): void => {
  expect(claims.every((claim) => typeof claim === 'function')).to.equal(true)
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
const same = <A, B>(claim: Same<A, B>): boolean => claim
const is = <T>(value: T): T => value

const client = { clientId: 'c', clientSecret: 's' }
const user = { username: 'u', password: 'p' }

describe('Types of credentials', () => {
  it('are those of the grant, the host and the renewal', () => {
    compiles(
      () => same<keyof Credentials<typeof telstra>, 'clientId' | 'clientSecret'>(true),
      () => same<keyof Credentials<typeof smscx>, 'applicationId' | 'applicationSecret'>(true),
      () =>
        same<
          keyof Credentials<typeof netsapiens, 'mfa'>,
          | 'server'
          | 'clientId'
          | 'clientSecret'
          | 'username'
          | 'password'
          | 'passcode'
          | 'partialToken'
          | 'mfaType'
          | 'mfaVendor'
          | 'nsIdType'
        >(true),
      () =>
        same<keyof Credentials<typeof knetikcloud, 'facebook'>, 'host' | 'clientId' | 'clientSecret' | 'socialToken'>(
          true,
        ),
      // Without the parameters that the renewal takes away.
      () => same<keyof Credentials<typeof netsapiensJwt, 'refresh_token'>, 'server' | 'refreshToken'>(true),
      () => same<keyof PromptAnswer<typeof netsapiens, 'password'>, 'passcode'>(true),
      () => same<GrantName<typeof netsapiens>, 'password' | 'mfa'>(true),
    )
  })

  it('include those of the authorization request and additional ones', () => {
    const provider = defineProvider({
      id: 'consent',
      title: 'Consent',
      docs: 'https://docs.example',
      token: { url: 'https://as.example/token', params: { client_secret: '{clientSecret}' } },
      grants: { authorization_code: { repeatable: false, params: { code: '{code}' } } },
      authorize: {
        url: 'https://as.example/authorize',
        params: { client_id: '{clientId}', redirect_uri: '{redirectUri}', scope: '{scope?}', state: '{state}' },
      },
      otherCredentials: ['clientId'],
    })
    compiles(
      () => same<keyof Credentials<typeof provider>, 'clientId' | 'clientSecret' | 'redirectUri' | 'code'>(true),
      () => createTokenManager({ provider, credentials: { clientId: 'c', clientSecret: 's', redirectUri: 'r' } }),
    )
  })

  it('of oauth2() are those of the client authentication and the grant', () => {
    const at = { tokenEndpoint: 'https://as.example/token' } as const
    const signing = oauth2({ ...at, clientAuthentication: 'private_key_jwt' })
    const bearer = oauth2({ ...at, clientAuthentication: 'none', grants: ['jwt_bearer'] })
    const key = ''
    compiles(
      () => same<keyof Credentials<typeof signing>, 'clientId' | 'clientAssertion'>(true),
      () => same<keyof Credentials<typeof bearer>, 'clientId' | 'assertion'>(true),
      () => createTokenManager({ provider: bearer, credentials: { assertion: signedJwt({ key }) } }),
      () => createTokenManager({ getToken: signedJwt({ key }) }),
      () =>
        createTokenManager({
          provider: signing,
          credentials: { clientId: 'c', clientAssertion: ({ tokenEndpoint }) => tokenEndpoint ?? '' },
        }),
      // @ts-expect-error: the client is not named
      () => createTokenManager({ provider: signing, credentials: { clientAssertion: privateKeyJwt({ key }) } }),
      async () => {
        const provider = await discover('https://as.example', { clientAuthentication: 'private_key_jwt' })
        // @ts-expect-error: the assertion is forgotten
        return createTokenManager({ provider, credentials: { clientId: 'c' } })
      },
      async () => {
        const provider = await discover('https://as.example', { clientAuthentication: ['none', 'client_secret_post'] })
        return createTokenManager({ provider, credentials: { clientId: 'c' } })
      },
      // @ts-expect-error: the server says where its token endpoint is
      () => discover('https://as.example', { clientAuthentication: 'none', tokenEndpoint: 'https://as.example' }),
      // @ts-expect-error: an assertion is signed from a key
      () => privateKeyJwt({ secret: 's' }),
    )
  })

  it('may be text or functions; those with a default are optional', () => {
    compiles(
      () => createTokenManager({ provider: telstra, credentials: client }),
      () => createTokenManager({ provider: telstra, grant: 'client_credentials', credentials: client }),
      () =>
        createTokenManager({
          provider: telstra,
          credentials: { clientId: () => 'c', clientSecret: () => Promise.resolve('s') },
        }),
      () => createTokenManager({ provider: knetikcloud, grant: 'password', credentials: { host: 'h', ...user } }),
      () =>
        createTokenManager({
          provider: phonecom,
          grant: 'authorization_code',
          credentials: { ...client, redirectUri: 'https://me.example/cb' },
        }),
    )
  })

  it('reject missing, misspelt and wrong ones, and values set by the library', () => {
    compiles(
      // @ts-expect-error: clientSecret is forgotten
      () => createTokenManager({ provider: telstra, credentials: { clientId: 'c' } }),
      // @ts-expect-error: clientSecrt is no credential
      () => createTokenManager({ provider: telstra, credentials: { ...client, clientSecrt: 's' } }),
      // @ts-expect-error: a number is no credential
      () => createTokenManager({ provider: telstra, credentials: { clientId: 5, clientSecret: 's' } }),
      // @ts-expect-error: scope is an option of the manager
      () => createTokenManager({ provider: telstra, credentials: { ...client, scope: 'NSMS' } }),
      // @ts-expect-error: the host has no default
      () => createTokenManager({ provider: netsapiens, grant: 'password', credentials: { ...client, ...user } }),
      // @ts-expect-error: a client's grant needs the secret
      () => createTokenManager({ provider: knetikcloud, grant: 'client_credentials', credentials: { host: 'h' } }),
    )
  })

  it('require a grant of the provider, which is optional where there is one', () => {
    compiles(
      // @ts-expect-error: there is no such grant
      () => createTokenManager({ provider: telstra, grant: 'password', credentials: client }),
      () => createTokenPool({ provider: telstra, credentials: () => client }),
      // @ts-expect-error: two grants, and none is chosen
      () => createTokenPool({ provider: netsapiens, credentials: () => ({ server: 's', ...client, ...user }) }),
      // @ts-expect-error: two grants, and none is chosen
      () => createTokenManager({ provider: netsapiens, credentials: { server: 'h', ...client, ...user } }),
    )
  })

  it('follow a provider changed by spreading', () => {
    const api = new URL('http://127.0.0.1:8080/v2').href
    const local = { ...netsapiens, api }
    compiles(
      () => createTokenManager({ provider: { ...telstra, api }, credentials: client }),
      () =>
        createTokenManager({
          provider: { ...telstra, token: { ...telstra.token, url: 'http://127.0.0.1:8080/token' } },
          credentials: client,
        }),
      // @ts-expect-error: clientSecret is forgotten here as well
      () => createTokenManager({ provider: { ...telstra, api }, credentials: { clientId: 'c' } }),
      // The host was in what is replaced.
      () => createTokenManager({ provider: local, grant: 'password', credentials: { ...client, ...user } }),
    )
  })

  it('accept any for a definition without a static type', () => {
    compiles((): unknown => {
      const provider = JSON.parse('{}') as ProviderDefinition
      return createTokenManager({ provider, grant: 'any', credentials: { anything: 'x' } })
    })
  })
})

describe('Types of definitions', () => {
  const renewal = { refreshToken: 'rotates', accessToken: 'dies' } as const
  const plain = {
    id: 'plain',
    title: 'Plain',
    docs: 'https://docs.example',
    api: 'https://{host}/v1',
    token: { url: '/token', answer: { keep: { site: 'site' } } },
    grants: { login: { params: { user: '{user}' } }, otp: { params: { code: '{otp}', id: '{id}' } } },
  } as const

  it('accept a renewal and a placement whose placeholders are filled', () => {
    compiles(
      () =>
        defineProvider({
          ...plain,
          renewal: { ...renewal, params: { r: '{refreshToken}', u: '{user}', s: '{site}' } },
        }),
      () => defineProvider({ ...plain, placement: { header: 'X-Auth', value: '{type} {token} {host}' } }),
      () => defineProvider({ ...plain, placement: { basic: ['{user}', '{token}'] } }),
      () => defineProvider({ ...plain, placement: { basic: ['{site}', '{token}'] }, headers: { 'X-Site': '{site}' } }),
      () => defineProvider({ ...plain, prompt: { when: [{ at: 'ask' }], grant: 'otp', carry: { id: 'ask.id' } } }),
    )
  })

  it('accept spread results of oauth2() and presets', () => {
    const standard = oauth2({ tokenEndpoint: 'https://as.example/t', clientAuthentication: 'client_secret_post' })
    const own = defineProvider({
      ...standard,
      id: 'own',
      token: { ...standard.token, headers: { 'X-Tenant': '{tenant}' } },
      placement: { header: 'X-Auth', value: '{token} {tenant}' },
    })
    expect(own.token.headers).to.deep.equal({ 'X-Tenant': '{tenant}' })
    compiles(
      () => same<keyof Credentials<typeof own>, 'clientId' | 'clientSecret' | 'tenant'>(true),
      // @ts-expect-error: nothing fills {tennant}
      () => defineProvider({ ...standard, placement: { header: 'X-Auth', value: '{token} {tennant}' } }),
      () => defineProvider({ ...telstra, id: 'telstra-own' }),
      () => defineProvider({ ...netsapiens, id: 'netsapiens-own' }),
    )
  })

  it('reject a misspelt placeholder in renewal and placement', () => {
    compiles(
      // @ts-expect-error: nothing fills {refreshTokn}
      () => defineProvider({ ...plain, renewal: { ...renewal, params: { r: '{refreshTokn}' } } }),
      // @ts-expect-error: nothing fills {uesr}
      () => defineProvider({ ...plain, renewal: { ...renewal, headers: { 'X-User': '{uesr}' } } }),
      // @ts-expect-error: nothing fills {hots}
      () => defineProvider({ ...plain, renewal: { ...renewal, url: 'https://{hots}/renew' } }),
      // @ts-expect-error: nothing fills {tokn}
      () => defineProvider({ ...plain, placement: { header: 'X-Auth', value: '{tokn}' } }),
      // @ts-expect-error: nothing fills {uesr}
      () => defineProvider({ ...plain, placement: { basic: ['{uesr}', '{token}'] } }),
    )
  })

  it('reject a prompt without a grant, or with a field that its grant does not use', () => {
    compiles(
      // @ts-expect-error: there is no grant mfa
      () => defineProvider({ ...plain, prompt: { when: [], grant: 'mfa', carry: {} } }),
      // @ts-expect-error: otp has no placeholder {di}
      () => defineProvider({ ...plain, prompt: { when: [], grant: 'otp', carry: { di: 'ask.id' } } }),
    )
  })

  it('reject invalid values of a field', () => {
    compiles(
      // @ts-expect-error: no such encoding
      () => defineProvider({ ...plain, token: { url: '/token', encoding: 'xml' } }),
      // @ts-expect-error: a renewal says what becomes of both tokens
      () => defineProvider({ ...plain, renewal: { refreshToken: 'rotates' } }),
    )
  })
})

describe('Types of oauth2()', () => {
  const tokenEndpoint = 'https://{tenant}.as.example/token'
  const provider = oauth2({
    tokenEndpoint,
    authorizationEndpoint: 'https://{tenant}.as.example/authorize',
    clientAuthentication: 'client_secret_post',
    grants: ['client_credentials', 'password', 'authorization_code'],
    extensionGrants: { exchange: { grantType: 'urn:x', params: { subject_token: '{subjectToken}' } } },
    params: { vendor: '{vendor?}' },
  })

  it('derive grants and credentials from the options', () => {
    compiles(
      () =>
        same<GrantName<typeof provider>, 'client_credentials' | 'password' | 'authorization_code' | 'exchange'>(true),
      () =>
        same<
          keyof Credentials<typeof provider, 'exchange'>,
          'tenant' | 'clientId' | 'clientSecret' | 'subjectToken' | 'vendor'
        >(true),
      () => {
        const bare = oauth2({ tokenEndpoint: 'https://as.example/token', clientAuthentication: 'none' })
        return createTokenManager({ provider: bare, credentials: { clientId: 'c' } })
      },
    )
  })

  it('require the credentials in headers, and accept scope as a list', () => {
    const at = { tokenEndpoint: 'https://as.example/token', clientAuthentication: 'none' } as const
    const placed = oauth2({
      ...at,
      scope: ['read', 'write'],
      headers: { 'X-Api-Key': '{apiKey}' },
      placement: { basic: ['{apiKey}', '{token}'] },
    })
    const once = oauth2({ ...at, renewal: false })
    compiles(
      () => createTokenManager({ provider: placed, credentials: { clientId: 'c', apiKey: 'k' } }),
      // @ts-expect-error: the key is forgotten
      () => createTokenManager({ provider: placed, credentials: { clientId: 'c' } }),
      // @ts-expect-error: it has no renewal
      () => once.renewal,
    )
  })

  it('keep grants and credentials of options that are built first', () => {
    const at = { tokenEndpoint: 'https://as.example/token', authorizationEndpoint: 'https://as.example/authorize' }
    const built = {
      ...at,
      clientAuthentication: 'none',
      grants: ['authorization_code', 'password', 'refresh_token'],
    } satisfies OAuth2Options
    const unknown: OAuth2Options = { ...at, clientAuthentication: 'none', grants: ['password'] }
    const from = oauth2(built)
    compiles(
      () => same<GrantName<typeof from>, 'authorization_code' | 'password'>(true),
      () => createTokenManager({ provider: from, grant: 'password', credentials: { clientId: 'c', ...user } }),
      // @ts-expect-error: the password is forgotten
      () => createTokenManager({ provider: from, grant: 'password', credentials: { clientId: 'c', username: 'u' } }),
      // @ts-expect-error: a refresh token is no grant to begin with
      () => createTokenManager({ provider: from, grant: 'refresh_token', credentials: { clientId: 'c' } }),
      // Of which the compiler knows nothing.
      () =>
        createTokenManager({ provider: oauth2(unknown), grant: 'password', credentials: { clientId: 'c', ...user } }),
    )
  })

  it('accept URL objects for every URL', () => {
    const url = new URL('https://as.example')
    const placed = oauth2({
      tokenEndpoint: url,
      clientAuthentication: 'none',
      api: url,
      resource: [url],
      audience: url,
    })
    compiles(
      () => createTokenManager({ provider: placed, credentials: { clientId: 'c' } }),
      () =>
        createTokenManager({
          provider: phonecom,
          grant: 'authorization_code',
          credentials: { ...client, redirectUri: url },
        }),
      () => discover(url, { clientAuthentication: 'none', api: url }),
    )
  })

  it('require the endpoint of a grant that needs one', () => {
    const at = { tokenEndpoint: 'https://as.example/token', clientAuthentication: 'none' } as const
    compiles(
      // @ts-expect-error: a person has nowhere to go
      () => oauth2({ ...at, grants: ['authorization_code'] }),
      // @ts-expect-error: no code can be had
      () => oauth2({ ...at, grants: ['device_code'] }),
      () => oauth2({ ...at, grants: ['device_code'], deviceAuthorizationEndpoint: 'https://as.example/device' }),
    )
  })

  it('reject a missing credential, an unknown option and an unknown client authentication', () => {
    compiles(
      // @ts-expect-error: subjectToken is forgotten
      () => createTokenManager({ provider, grant: 'exchange', credentials: { tenant: 't', ...client } }),
      // @ts-expect-error: no such grant
      () => createTokenManager({ provider, grant: 'implicit', credentials: { tenant: 't', ...client } }),
      // @ts-expect-error: no such option
      () => oauth2({ tokenEndpoint, clientAuthentication: 'none', scop: 'x' }),
      // @ts-expect-error: it is never guessed
      () => oauth2({ tokenEndpoint }),
      // @ts-expect-error: no such method
      () => oauth2({ tokenEndpoint, clientAuthentication: 'guess' }),
    )
  })
})

describe('Types of errors', () => {
  it('are narrowed by their code after isTokenError()', () => {
    compiles((error: unknown) => {
      if (!isTokenError(error)) return undefined
      switch (error.code) {
        case 'ERR_OAUTH':
          return is<string>(error.error)
        case 'ERR_TOKEN_REQUEST':
          return is<TokenRequestReason>(error.reason)
        case 'ERR_TOKEN_RESPONSE':
          return is<TokenResponseReason>(error.reason)
        case 'ERR_PROMPT_REQUIRED':
          return is<Promise<void>>(error.answer({ passcode: '1' }))
        case 'ERR_REAUTHENTICATION_REQUIRED':
          return is<string>(error.provider)
        default:
          return is<never>(error)
      }
    })
  })
})

describe('Types of stores', () => {
  const options = { provider: telstra, credentials: client, account: 'ops' }
  const nothing = (): undefined => undefined

  it('accept read and swap, synchronous or with promises, and storage of one process', () => {
    compiles(
      () => createTokenManager({ ...options, store: memoryStore() }),
      () => createTokenManager({ ...options, store: { read: nothing, swap: () => true } }),
      () =>
        createTokenManager({
          ...options,
          store: { read: () => Promise.resolve(undefined), swap: () => Promise.resolve(false) },
        }),
      () => exclusiveStore(new Map<string, string>()),
      () => exclusiveStore({ get: () => null, set: nothing, delete: nothing }),
      () => exclusiveStore({ getItem: () => Promise.resolve(null), setItem: nothing, removeItem: nothing }),
      () => exclusiveStore(sessionStorage),
    )
  })

  it('reject a store without swap, and a swap that returns no boolean', () => {
    compiles(
      // @ts-expect-error: there is no swap
      () => createTokenManager({ ...options, store: { read: nothing, write: nothing, remove: nothing } }),
      // @ts-expect-error: swap gives nothing
      () => createTokenManager({ ...options, store: { read: nothing, swap: nothing } }),
      // @ts-expect-error: a record in place of its text
      () => createTokenManager({ ...options, store: { read: () => ({ accessToken: 'at' }), swap: () => true } }),
    )
  })
})

describe('Types of events', () => {
  const tokens = (): TokenManager => createTokenManager({ provider: telstra, credentials: client })
  const pool = (): TokenPool => createTokenPool({ provider: telstra, credentials: () => client })

  it('follow from the name, for a manager and for a pool', () => {
    compiles(
      () => tokens().on('renewed', ({ name, waited }) => [is<'renewed'>(name), is<number>(waited)]),
      () => tokens().on('status', ({ status }) => is<SessionStatus>(status)),
      () => pool().on('attempt-failed', ({ account, retryIn }) => [is<string | undefined>(account), retryIn]),
      () => tokens().on('breaker-opened', ({ breaker }) => is<'origin' | 'token-endpoint'>(breaker)),
      () => tokens().on('breaker-closed', (event) => event.breaker === 'origin' && event.origin.length),
      // @ts-expect-error: no such field
      () => tokens().on('renewed', ({ error }) => error as unknown),
      // @ts-expect-error: the name of no event
      () => tokens().on('joined', () => undefined),
    )
  })

  it('of * are a union discriminated by the name', () => {
    compiles(
      () =>
        pool().on('*', (event) => {
          switch (event.name) {
            case 'failed':
              return event.error.code
            case 'replayed':
              return event.status.toFixed()
            default:
              return event.provider
          }
        }),
      () => tokens().on('*', (event) => event.name === 'taken-over' && is<'gone' | 'silence'>(event.why)),
      () => same<TokenEvent['name'], Exclude<keyof TokenEvents, '*'>>(true),
      // @ts-expect-error: a field of some events only
      () => tokens().on('*', ({ waiters }) => waiters as unknown),
    )
  })
})
