// Runs the vectors of authorization responses.
import { expect } from 'chai'
import { OAuthError, TokenResponseError } from '../../lib/errors.ts'
import { type AuthorizationRequest, createTokenManager, type TokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { itHoldsItsSchema, itIsExplained } from './family.ts'
import { consent, page } from './files.ts'

interface Config {
  readonly pkce?: false
  readonly pushed?: true
  readonly issuer?: string
  readonly issParameterSupported?: true
  readonly responseType?: 'token'
  readonly params?: Readonly<Record<string, string>>
  readonly redirectUri?: string
}

interface ConsentVector {
  readonly name: string
  readonly claim: string
  readonly fault?: number
  readonly config?: Config
  readonly after?: number
  readonly newer?: number
  readonly process?: 'other'
  readonly keeps?: 'request' | 'empty state' | 'no verifier'
  readonly callback: string
  readonly result: Result
}

type Result =
  | { readonly exchanged: Readonly<Record<string, string>> }
  | { readonly token: string }
  | { readonly error: string }
  | { readonly refused: string }
  | { readonly invalid: string }

const vectors = consent.vectors as readonly ConsentVector[]

describe('The vectors of authorization responses', () => {
  itHoldsItsSchema('consent', vectors, programOf)

  itIsExplained('Authorization responses', vectors)

  it('have a page that lists every reason to reject', () => {
    const reasons = vectors.flatMap(({ result }) => ('refused' in result ? [result.refused] : []))
    expect(reasons.filter((reason) => !page.includes(`\`${reason}\``))).to.deep.equal([])
  })

  for (const vector of vectors) {
    it(`${vector.name}: ${vector.claim}`, () => run(vector))
  }

  it('fail where the outcome of a callback differs', async () => {
    const [exchanged, refused] = ['code-exchanged', 'issuer-other'].map((name) => {
      const found = vectors.find((vector) => vector.name === name)
      if (!found) throw new Error(`there is no vector ${name}`)
      return found
    })
    for (const [vector, result] of [
      [exchanged, { exchanged: { code: 'another' } }],
      [exchanged, { refused: 'state' }],
      [exchanged, { token: 'direct' }],
      [refused, { refused: 'state' }],
      [refused, { error: 'access_denied' }],
      [refused, { exchanged: {} }],
    ] as [ConsentVector, Result][])
      // The errors of a wrong vector name tokens, as they should: they are the runner's, not the library's.
      expect(await run({ ...vector, result }).catch((error: unknown) => error)).to.be.instanceOf(Error)
  })
})

function programOf({ config, after, newer, process, keeps, callback }: ConsentVector): unknown {
  return [config, after, newer, process, keeps, callback]
}

async function run({
  config = {},
  after = 0,
  newer = 0,
  process,
  keeps,
  callback,
  result,
}: ConsentVector): Promise<void> {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  const asking = client(config, clock, endpoint)
  if (config.pushed) endpoint.next(answer(201, { request_uri: 'urn:example:the-request', expires_in: 60 }))
  const request = await asking.authorizationUrl()
  for (let made = 0; made < newer; made += 1) await asking.authorizationUrl()
  await clock.advance(after)
  const answering = process === 'other' ? client(config, clock, endpoint) : asking
  const exchange = answering.exchangeCallback(callback.replace('{state}', request.state), kept(request, keeps))
  if ('exchanged' in result || 'token' in result) {
    const { accessToken } = (await exchange).token
    expect(accessToken).to.equal('token' in result ? result.token : 'AT-1')
  } else {
    expect(described(await failureOf(exchange))).to.deep.equal(result)
    expect(answering.peek()).to.equal(undefined)
  }
  const sent = endpoint.params.slice(config.pushed ? 1 : 0).map((params) => Object.fromEntries(params))
  const { codeVerifier = '' } = request
  const shared = { client_id: 'the-client', client_secret: 'client-secret-value', grant_type: 'authorization_code' }
  const expected = 'exchanged' in result ? [{ ...shared, ...filled(result.exchanged, codeVerifier) }] : []
  expect(sent).to.deep.equal(expected)
}

function filled(params: Readonly<Record<string, string>>, codeVerifier: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, value.replace('{codeVerifier}', codeVerifier)]),
  )
}

function kept(request: AuthorizationRequest, keeps: ConsentVector['keeps']): AuthorizationRequest | undefined {
  if (keeps === undefined) return undefined
  const { url, state } = request
  if (keeps === 'no verifier') return { url, state }
  // As from a session that was kept as text.
  return JSON.parse(JSON.stringify(keeps === 'request' ? request : { ...request, state: '' })) as AuthorizationRequest
}

function described(error: unknown): Result {
  if (error instanceof OAuthError) return { error: error.error }
  if (error instanceof TokenResponseError) return { refused: error.reason }
  const [, part = String(error)] = /^TypeError: tokenflight: expected\.(\w+): expected /.exec(String(error)) ?? []
  return { invalid: part }
}

function client(config: Config, clock: VirtualClock, { transport }: FakeEndpoint): TokenManager {
  const { pkce = true, pushed, issuer, issParameterSupported, responseType, params, redirectUri } = config
  const standard = oauth2({
    tokenEndpoint: 'https://as.example.com/token',
    authorizationEndpoint: 'https://as.example.com/authorize',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    api: 'https://api.example.com/v1',
    pkce,
    ...(pushed && { pushedAuthorizationRequestEndpoint: 'https://as.example.com/par' }),
    ...(params && { authorizationParams: params }),
    ...(issuer !== undefined && { issuer }),
    ...(issParameterSupported && { authorizationResponseIssParameterSupported: true }),
  })
  const { authorize } = standard
  const provider = {
    ...standard,
    ...(responseType && { authorize: { ...authorize, params: { ...authorize.params, response_type: responseType } } }),
  }
  return createTokenManager({
    provider,
    credentials: {
      clientId: 'the-client',
      clientSecret: 'client-secret-value',
      redirectUri: redirectUri ?? 'https://app.example/back',
    },
    clock,
    transport,
  })
}
