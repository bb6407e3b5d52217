// Runs the vectors of signed assertions.
import '../support/instant-digest.ts'
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { expect } from 'chai'
import { compactVerify } from 'jose'
import { createTokenManager, isTokenError, type TokenManager } from '../../lib/index.ts'
import {
  clientSecretJwt,
  deviceAuthorization,
  type JwtSigner,
  oauth2,
  type OAuth2Options,
  privateKeyJwt,
  signedJwt,
  type SigningKey,
} from '../../lib/providers.ts'
import type { WireRequest, WireResult } from '../../lib/token-endpoint/transport.ts'
import { omit } from '../../lib/util/objects.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { readJwt } from '../support/signing-keys.ts'
import { itHoldsItsSchema, itIsExplained } from './family.ts'
import { read } from './files.ts'
import { API } from './runner/client.ts'
import { nameOf } from './runner/outcome.ts'

type Fields = Readonly<Record<string, unknown>>
type Form = 'jwk' | 'pem' | 'pem-one-line' | 'pem-traditional' | 'pem-encrypted' | 'public'
type Action = 'token' | 'renew' | 'revoke' | 'introspect' | 'device' | 'push'

interface Jwt {
  readonly key?: string | readonly string[]
  readonly form?: Form
  readonly members?: Fields
  readonly secret?: string
  readonly certificate?: string
  readonly alg?: string
  readonly kid?: string
  readonly audience?: string
  readonly header?: Fields
  readonly claims?: Fields
  readonly expiresIn?: number
  readonly finished?: readonly string[]
}

interface AssertionVector {
  readonly name: string
  readonly claim: string
  readonly method: OAuth2Options['clientAuthentication']
  readonly client?: Jwt
  readonly id?: null
  readonly bearer?: Jwt
  readonly grant?: 'device_code' | 'authorization_code'
  readonly scope?: string
  readonly do: readonly Action[]
  readonly answers?: readonly (WireResult | { readonly status: number; readonly body?: object })[]
  readonly requests: readonly { readonly at: number; readonly to: string; readonly params: Fields }[]
  readonly invalid?: string
  readonly error?: Fields
}

interface AssertionFile {
  readonly keys: Readonly<Record<string, Fields>>
  readonly vectors: readonly AssertionVector[]
}

const HOUR = 3_600_000
// More turns of the event loop than any chain of promises here takes.
const TURNS = 4
const SERVER = 'https://as.example.com/'
const CALLBACK = 'https://app.example/back'

const file = read('assertions.json') as AssertionFile
const keys: ReadonlyMap<string, KeyObject> = new Map(
  Object.entries(file.keys).map(([name, key]) => [name, createPrivateKey({ key, format: 'jwk' })]),
)

describe('The vectors of signed assertions', () => {
  itHoldsItsSchema('assertions', file.vectors, programOf)

  itIsExplained('Signed assertions', file.vectors)

  for (const vector of file.vectors) {
    it(`${vector.name}: ${vector.claim}`, async () => {
      expect(await happened(vector)).to.deep.equal(expected(vector))
    })
  }

  it('fail where a request, a parameter, a claim, a time or an outcome differs', async () => {
    for (const vector of file.vectors) {
      const seen = await happened(vector)
      for (const [change, wrong] of changesOf(vector))
        expect(seen, `${vector.name}, ${change}`).not.to.deep.equal(expected(wrong))
    }
  })

  it('fail where another key has signed', async () => {
    const others = new Map([...keys].map(([name]) => [name, keys.get(name === 'p-256' ? 'p-384' : 'p-256')]))
    for (const name of ['private-key', 'bearer', 'alg-p-384']) {
      const vector = vectorOf(name)
      expect(JSON.stringify(await happened(vector, others as typeof keys)), name).to.contain('"signature":"wrong"')
    }
    expect(JSON.stringify(await happened(vectorOf('secret'), keys, 'another secret'))).to.contain('"signature":"wrong"')
  })
})

function vectorOf(name: string): AssertionVector {
  const found = file.vectors.find((vector) => vector.name === name)
  if (!found) throw new Error(`there is no vector ${name}`)
  return found
}

function programOf(vector: AssertionVector): unknown {
  return omit(vector, 'name', 'claim', 'requests', 'invalid', 'error')
}

/** Vectors that say something else of the same program. */
function* changesOf(vector: AssertionVector): Generator<readonly [change: string, wrong: AssertionVector]> {
  const { requests } = vector
  yield ['one request more', { ...vector, requests: [...requests, { at: 0, to: '', params: {} }] }]
  yield ['another option', { ...vector, invalid: 'another' }]
  yield ['another error', { ...vector, error: { error: 'aborted' } }]
  for (const [index, request] of requests.entries()) {
    const changed = (by: object): AssertionVector => ({
      ...vector,
      requests: requests.with(index, { ...request, ...by }),
    })
    yield ['one request fewer', { ...vector, requests: requests.toSpliced(index, 1) }]
    yield ['another moment', changed({ at: request.at + 1 })]
    yield ['another endpoint', changed({ to: 'another' })]
    yield ['another secret', changed({ params: { ...request.params, client_secret: 'x' } })]
    yield ['Basic', changed({ authorization: 'Basic eDp5' })]
    for (const [name, value] of Object.entries(request.params)) {
      const set = (to: unknown): AssertionVector => changed({ params: { ...request.params, [name]: to } })
      yield [`no ${name}`, set(undefined)]
      if (typeof value !== 'object' || value === null) continue
      for (const [part, members] of Object.entries(value as Record<string, Fields>)) {
        yield [`more in ${part}`, set({ ...value, [part]: { ...members, more: 1 } })]
        for (const member of Object.keys(members))
          yield [`another ${member}`, set({ ...value, [part]: { ...members, [member]: 'changed' } })]
      }
    }
  }
}

interface Happenings {
  readonly requests: readonly Fields[]
  readonly invalid?: string
  readonly error?: Fields
}

function expected({ requests, invalid, error }: AssertionVector): Happenings {
  return { requests, ...(invalid !== undefined && { invalid }), ...(error && { error }) }
}

/** `known`: the keys by which signatures are verified. */
async function happened(vector: AssertionVector, known = keys, secret?: string): Promise<Happenings> {
  const clock = new VirtualClock()
  const { now: real } = Date
  // Assertions are made by the time of day.
  Date.now = () => clock.now()
  try {
    return await new Run(vector, clock, known, secret).happenings()
  } finally {
    Date.now = real
  }
}

class Run {
  readonly #vector: AssertionVector
  readonly #clock: VirtualClock
  readonly #known: ReadonlyMap<string, KeyObject>
  readonly #secret: string | undefined
  readonly #startedAt: number
  readonly #endpoint = new FakeEndpoint()
  readonly #requests: { readonly at: number; readonly request: WireRequest }[] = []
  readonly #jtis = new Set<unknown>()
  #signing = 0

  constructor(
    vector: AssertionVector,
    clock: VirtualClock,
    known: ReadonlyMap<string, KeyObject>,
    secret: string | undefined,
  ) {
    this.#vector = vector
    this.#clock = clock
    this.#known = known
    this.#secret = secret
    this.#startedAt = clock.now()
    this.#endpoint.always(() => this.#answer())
  }

  async happenings(): Promise<Happenings> {
    const outcome = this.#outcome()
    let isOver = false
    void outcome.then(() => {
      isOver = true
    })
    do await this.#settle()
    while ((await this.#clock.advanceToNext()) !== undefined && this.#clock.monotonic() < HOUR)
    expect(isOver, 'all is over after an hour').to.equal(true)
    const requests = []
    for (const { at, request } of this.#requests) requests.push({ at, ...(await this.#told(request)) })
    return { requests, ...(await outcome) }
  }

  async #outcome(): Promise<Fields> {
    try {
      const tokens = this.#manager()
      for (const action of this.#vector.do) await ACTIONS[action](tokens)
      return {}
    } catch (error) {
      leakDetector().inspect('an error', error)
      const [, option] = /^TypeError: tokenflight: \w+\.(\w+): expected /.exec(String(error)) ?? []
      if (option !== undefined) return { invalid: option }
      return { error: { error: nameOf(error), ...(isTokenError(error) && 'error' in error && { oauth: error.error }) } }
    }
  }

  /** Everything happens that needs no time: signatures too, which threads make. */
  async #settle(): Promise<void> {
    do for (let turn = 0; turn < TURNS; turn += 1) await flush()
    while (this.#signing > 0)
  }

  #answer(): WireResult {
    const request = this.#endpoint.requests.at(-1)
    const given = this.#vector.answers?.[this.#requests.length]
    if (!request) throw new Error('there is no request')
    this.#requests.push({ at: this.#clock.monotonic(), request })
    if (given) return 'failure' in given ? given : answer(given.status, 'body' in given ? given.body : '')
    return ANSWERS[endpointOf(request)] ?? this.#endpoint.issue()
  }

  #manager(): TokenManager {
    const { method, client, id, bearer, scope, grant = bearer ? 'jwt_bearer' : 'client_credentials' } = this.#vector
    const secret = client?.secret ?? 'client-secret-value'
    const options: OAuth2Options = {
      tokenEndpoint: `${SERVER}token`,
      revocationEndpoint: `${SERVER}revoke`,
      introspectionEndpoint: `${SERVER}introspect`,
      deviceAuthorizationEndpoint: `${SERVER}device`,
      authorizationEndpoint: `${SERVER}authorize`,
      pushedAuthorizationRequestEndpoint: `${SERVER}push`,
      clientAuthentication: method,
      grants: [grant],
      api: API,
    }
    this.#endpoint.refreshing = this.#vector.do.includes('renew') && !bearer
    const sign = method === 'client_secret_jwt' ? this.#bySecret : this.#byKey(privateKeyJwt)
    return createTokenManager({
      provider: oauth2(options),
      credentials: {
        ...(id !== null && { clientId: 'the-client' }),
        ...(/_(post|basic)$/.test(method) && { clientSecret: secret }),
        ...(method.endsWith('_jwt') && client && { clientAssertion: this.#credential(client, sign) }),
        ...(bearer && { assertion: this.#credential(bearer, this.#byKey(signedJwt)) }),
        ...(grant === 'authorization_code' && { redirectUri: CALLBACK }),
      },
      ...(scope !== undefined && { scope }),
      clock: this.#clock,
      transport: this.#endpoint.transport,
    })
  }

  /** The function that is the credential. */
  #credential({ finished, ...jwt }: Jwt, make: (jwt: Jwt) => JwtSigner): JwtSigner {
    const left = [...(finished ?? [])]
    const sign = finished ? () => Promise.resolve(left.shift() ?? '') : make(jwt)
    return async (request) => {
      this.#signing += 1
      try {
        return await sign(request)
      } finally {
        this.#signing -= 1
      }
    }
  }

  readonly #bySecret = ({ secret = '', claims, ...options }: Jwt): JwtSigner =>
    clientSecretJwt({ ...options, secret, ...withoutNulls(claims) })

  readonly #byKey =
    (make: typeof privateKeyJwt | typeof signedJwt) =>
    ({ key, form = 'pem', members, claims, ...options }: Jwt): JwtSigner => {
      const formed = (name: string): SigningKey => keyAs(form, name, members)
      const left = Array.isArray(key) ? [...(key as string[])] : []
      const given = Array.isArray(key) ? () => formed(left.shift() ?? '') : formed(String(key))
      return make({ ...options, key: given, ...withoutNulls(claims) })
    }

  async #told(request: WireRequest): Promise<Fields> {
    const { authorization, 'content-type': type = 'none' } = request.headers
    const isForm = type.startsWith('application/x-www-form-urlencoded')
    const params: Record<string, unknown> = {}
    for (const [name, value] of new URLSearchParams(request.body))
      params[name] = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(value) ? await this.#decoded(value) : value
    delete params['token_type_hint']
    for (const random of ['state', 'code_challenge']) if (random in params) params[random] = '{random}'
    const wrong = { ...(request.method !== 'POST' && { method: request.method }), ...(!isForm && { type }) }
    return { to: endpointOf(request), params, ...wrong, ...(authorization !== undefined && { authorization }) }
  }

  async #decoded(jwt: string): Promise<unknown> {
    const { header, claims } = readJwt(jwt)
    const told = Object.entries(claims).map(([name, value]) => [name, this.#claim(name, value)])
    const verified = await this.#isVerified(jwt)
    return { header, claims: Object.fromEntries(told) as Fields, ...(!verified && { signature: 'wrong' }) }
  }

  #claim(name: string, value: unknown): unknown {
    if (name === 'iat' || name === 'exp') return Number(value) - this.#startedAt / 1_000
    if (name !== 'jti') return value
    const isFresh = typeof value === 'string' && value.length >= 16 && !this.#jtis.has(value)
    this.#jtis.add(value)
    return isFresh ? '{fresh}' : value
  }

  async #isVerified(jwt: string): Promise<boolean> {
    const { client, bearer } = this.#vector
    const secret = this.#secret ?? client?.secret
    const names = [client?.key, bearer?.key].flat().filter((name) => name !== undefined)
    const known = names.map((name) => createPublicKey(this.#known.get(name) ?? ''))
    for (const key of [...known, ...(secret === undefined ? [] : [new TextEncoder().encode(secret)])]) {
      try {
        await compactVerify(jwt, key)
        return true
      } catch {
        // Another key may have signed.
      }
    }
    return false
  }
}

/** JSON has no undefined. */
function withoutNulls(claims: Fields | undefined): { readonly claims?: Fields } {
  if (!claims) return {}
  return { claims: Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, value ?? undefined])) }
}

function keyAs(form: Form, name: string, members: Fields = {}): SigningKey {
  const key = keys.get(name)
  if (!key) throw new Error(`there is no key ${name}`)
  const pem = (type: 'pkcs8' | 'pkcs1' | 'sec1'): string => key.export({ type, format: 'pem' }).toString()
  const traditional = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1'
  const passphrase = 'a passphrase'
  const forms: Readonly<Record<Form, () => SigningKey>> = {
    jwk: () => ({ ...key.export({ format: 'jwk' }), ...members }),
    public: () => createPublicKey(key).export({ format: 'jwk' }),
    pem: () => pem('pkcs8'),
    'pem-one-line': () => pem('pkcs8').replaceAll('\n', '\\n'),
    'pem-traditional': () => pem(traditional),
    'pem-encrypted': () => key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
  }
  return forms[form]()
}

function endpointOf({ url }: WireRequest): string {
  return url.startsWith(SERVER) ? url.slice(SERVER.length) : url
}

const ANSWERS: Readonly<Record<string, WireResult>> = {
  revoke: answer(200, ''),
  introspect: answer(200, { active: true }),
  device: answer(200, { device_code: 'dc', user_code: 'A', verification_uri: `${SERVER}enter`, expires_in: 600 }),
  push: answer(201, { request_uri: 'urn:example:the-request', expires_in: 60 }),
}

const ACTIONS: Readonly<Record<Action, (tokens: TokenManager) => Promise<unknown>>> = {
  token: (tokens) => tokens.token(),
  renew: async (tokens) => tokens.renew(await tokens.token()),
  revoke: (tokens) => tokens.revoke(),
  introspect: (tokens) => tokens.inspect(),
  device: (tokens) => deviceAuthorization(tokens),
  push: (tokens) => tokens.authorizationUrl(),
}
