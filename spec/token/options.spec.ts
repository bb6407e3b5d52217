import { expect } from 'chai'
import { createTokenManager } from '../../lib/index.ts'
import { knetikcloud, netsapiens, telstra } from '../../lib/providers.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { FakeEndpoint } from '../support/fake-endpoint.ts'

const make = createTokenManager as (options: unknown) => unknown
const credentials = { clientId: 'a', clientSecret: 'secret-value' }
const sound = { provider: telstra, credentials }
/** Sound, but for what is the second of its resources. */
const second = (resource: unknown): object => ({ ...sound, resources: [new URL('https://tapi.telstra.com'), resource] })

describe('createTokenManager(options) with invalid options', () => {
  const table: readonly (readonly [what: string, options: unknown, says: RegExp])[] = [
    ['nothing', undefined, /options: expected an object, got undefined/],
    [
      'no provider',
      { credentials },
      /provider: expected a preset, or a provider made by defineProvider\(\) or oauth2\(\); or getToken, a function of your own, got undefined/,
    ],
    ['a provider by name', { ...sound, provider: 'telstra' }, /provider: expected an object, got a string/],
    [
      'a provider that nobody made',
      { ...sound, provider: JSON.parse(JSON.stringify(telstra)) as unknown },
      /provider: expected a preset, or a provider made by defineProvider\(\) or oauth2\(\); or getToken, a function of your own, got an object/,
    ],
    ['half a provider', { ...sound, provider: { ...telstra, token: undefined } }, /provider\.token: expected/],
    ['no credentials', { provider: telstra }, /credentials: expected an object, got undefined/],
    [
      'a credential too few',
      { provider: telstra, credentials: { clientId: 'a' } },
      /credentials\.clientSecret: expected text or a function, got undefined/,
    ],
    [
      'an empty credential',
      { provider: telstra, credentials: { ...credentials, clientId: '' } },
      /credentials\.clientId: expected/,
    ],
    [
      'a misspelt credential',
      { provider: telstra, credentials: { ...credentials, clientSecrets: 'x' } },
      /credentials\.clientSecrets: expected no credential of this name \(there are clientId, clientSecret; perhaps clientSecret\)/,
    ],
    [
      'a credential that is a number',
      { provider: telstra, credentials: { clientId: 1, clientSecret: 'x' } },
      /credentials\.clientId: expected text or a function, got a number/,
    ],
    [
      'a manager for its token',
      { ...sound, credentials: { ...credentials, clientSecret: createTokenManager({ getToken: () => 'AT-1' }) } },
      /credentials\.clientSecret: expected tokenOf\(manager\), for the token of a manager, got an object/,
    ],
    [
      'a host that is more than a host',
      {
        provider: netsapiens,
        grant: 'password',
        credentials: { ...credentials, server: 'evil.test/x', username: 'u', password: 'p' },
      },
      /credentials\.server: expected/,
    ],
    [
      'a misspelt option',
      { ...sound, scopes: 'NSMS' },
      /scopes: expected no option of this name \(there are provider, grant, credentials/,
    ],
    [
      'an option by a name that every object knows',
      { ...sound, toString: 1 },
      /toString: expected no option of this name/,
    ],
    // Fault 160
    ['an empty scope', { ...sound, scope: '' }, /scope: expected text, or a list of texts, got/],
    ['an empty list of scopes', { ...sound, scope: [] }, /scope: expected text, or a list of texts, got/],
    ['a scope that is a number', { ...sound, scope: ['a', 5] }, /scope: expected text, or a list of texts, got/],
    ['an unknown grant', { ...sound, grant: 'password' }, /grant: expected one of client_credentials, got "password"/],
    [
      'no grant where there are several',
      { provider: knetikcloud, credentials: { host: 'x.knetikcloud.com', clientSecret: 's' } },
      /grant: expected one of client_credentials, password, facebook, google, refresh_token, got undefined/,
    ],
    [
      'an API over http',
      { ...sound, provider: { ...telstra, api: 'http://tapi.telstra.com/v2' } },
      /provider\.api: expected/,
    ],
    [
      'a token endpoint over http',
      { ...sound, provider: { ...telstra, token: { ...telstra.token, url: 'http://tapi.telstra.com/token' } } },
      /provider\.token\.url: expected/,
    ],
    [
      'no list of resources',
      { ...sound, resources: 'https://tapi.telstra.com' },
      /resources: expected a list of URLs, got "https/,
    ],
    ['an empty list of resources', { ...sound, resources: [] }, /resources: expected a list of URLs, got an array/],
    [
      'a resource that is no URL',
      second('tapi.telstra.com'),
      /resources\[1\]: expected a URL of scheme, host and path/,
    ],
    ['a resource that is a number', second(5), /resources\[1\]: expected a URL of scheme, host and path .*, got 5/],
    [
      'a resource of another scheme',
      second('ftp://tapi.telstra.com'),
      /resources\[1\]: expected a URL of scheme, host and path/,
    ],
    [
      'a resource with a user',
      second('https://me@tapi.telstra.com'),
      /resources\[1\]: expected a URL of scheme, host and path/,
    ],
    [
      'a resource with a query',
      second('https://tapi.telstra.com/?v=2'),
      /resources\[1\]: expected a URL of scheme, host and path/,
    ],
    ['a resource over http', second('http://tapi.telstra.com'), /resources\[1\]: expected https, or http on loopback/],
    ...(
      [
        ['half a store', { read: () => undefined }],
        ['a store that only writes', { read: () => undefined, write: () => undefined, remove: () => undefined }],
        ['a Map', new Map()],
        ['storage of the Web Storage API', { getItem: () => null, setItem: () => undefined }],
        ['text', 'redis://127.0.0.1'],
      ] as const
    ).map(([what, store]): [string, object, RegExp] => [
      `${what} for a store`,
      { ...sound, store },
      /store: expected a token store \(exclusiveStore\(\) makes one of storage without an atomic swap.*\) with read, swap/,
    ]),
    [
      'a store without an account, for tokens of a person',
      {
        provider: netsapiens,
        grant: 'password',
        credentials: { ...credentials, server: 'h', username: 'u', password: 'p' },
        store: memoryStore(),
      },
      /account: expected text that tells this person's session from the others in the store, got undefined/,
    ],
    ['a transport that is none', { ...sound, transport: {} }, /transport: expected a function/],
    ['a clock that is none', { ...sound, clock: Date }, /clock: expected a clock with now, monotonic, random, after/],
    [
      'an unknown policy',
      { ...sound, onAmbiguousRefresh: 'twice' },
      /onAmbiguousRefresh: expected one of retry, never, got "twice"/,
    ],
    [
      'an unknown constant',
      { ...sound, timing: { window: 1 } },
      /timing\.window: expected no option of this name \(there are advisoryWindow/,
    ],
    [
      'a constant below zero',
      { ...sound, timing: { jitter: -1 } },
      /timing\.jitter: expected milliseconds, 0 or more, got -1/,
    ],
    [
      'a constant that is not a number',
      { ...sound, timing: { flightDeadline: '30 s' } },
      /timing\.flightDeadline: expected milliseconds, 0 or more, got a string/,
    ],
    [
      'constants at odds',
      { ...sound, timing: { configurationPauseMax: 1 } },
      /timing\.configurationPauseMax: expected no less than/,
    ],
    [
      'constants of a backoff at odds',
      { ...sound, timing: { backoffBase: 90_000 } },
      /timing\.backoffCap: expected no less than backoffBase, got 60000/,
    ],
    [
      'no time for a flight',
      { ...sound, timing: { flightDeadline: 0 } },
      /timing\.flightDeadline: expected more than 0, got 0/,
    ],
    ['half a waiter', { ...sound, maxWaiters: 0.5 }, /maxWaiters: expected a whole number from 1, got 0\.5/],
    [
      'a flag that is text',
      { ...sound, dangerouslyAllowInsecureHttp: 'yes' },
      /dangerouslyAllowInsecureHttp: expected true or false/,
    ],
  ]
  for (const [what, options, says] of table) {
    it(`throws an error that names the option for ${what}`, () => {
      expect(() => make(options))
        .to.throw(TypeError, says)
        .with.property('code', 'ERR_INVALID_ARG')
    })
  }

  it('does not quote values that may be secrets', () => {
    for (const wrong of [
      { ...credentials, clientSecrets: 'secret-value' },
      { clientId: 'a', clientSecret: ['secret-value'] },
      { clientId: 'a', clientSecret: 48151623 },
    ]) {
      expect(() => make({ provider: telstra, credentials: wrong })).to.throw(
        TypeError,
        /^(?!.*(secret-value|48151623))/s,
      )
    }
  })

  it('treats an option that is undefined as absent', () => {
    const { transport } = new FakeEndpoint()
    const undefinedOnes = { scope: undefined, store: undefined, timing: { jitter: undefined }, maxWaiters: undefined }
    expect(() => make({ ...sound, transport, ...undefinedOnes })).to.not.throw()
  })

  it('accepts 0 for timings where 0 makes sense', () => {
    const { transport } = new FakeEndpoint()
    const windows = { advisoryWindow: 0, mandatoryWindow: 0, jitter: 0 }
    const pauses = { backoffBase: 0, backoffCap: 0, configurationPauseMin: 0, configurationPauseMax: 0 }
    expect(() => make({ ...sound, transport, timing: { ...windows, ...pauses } })).to.not.throw()
  })

  it('accepts http for loopback, and for other hosts only with dangerouslyAllowInsecureHttp', () => {
    const { transport } = new FakeEndpoint()
    const at = (api: string): object => ({ ...sound, transport, provider: { ...telstra, api } })
    expect(() => make(at('http://127.0.0.1:8080/v2'))).to.not.throw()
    expect(() => make(at('http://inner.example/v2'))).to.throw(TypeError)
    expect(() => make({ ...at('http://inner.example/v2'), dangerouslyAllowInsecureHttp: true })).to.not.throw()
    const below = (url: string): object => ({ ...sound, transport, resources: [url] })
    expect(() => make(below('http://127.0.0.1:8080/v2'))).to.not.throw()
    expect(() => make({ ...below('http://inner.example/v2'), dangerouslyAllowInsecureHttp: true })).to.not.throw()
  })
})
