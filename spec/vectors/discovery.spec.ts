// Runs the vectors of discovery.
import { expect } from 'chai'
import { TokenRequestError, TokenResponseError } from '../../lib/errors.ts'
import { discover, type OAuth2Options, type ProviderDefinition } from '../../lib/providers.ts'
import { failureOf } from '../support/failure.ts'
import { answer } from '../support/fake-endpoint.ts'
import { itHoldsItsSchema } from './family.ts'
import { read } from './files.ts'

type Method = OAuth2Options['clientAuthentication']

interface DiscoveryVector {
  readonly name: string
  readonly claim: string
  readonly issuer?: string
  readonly methods?: readonly Method[]
  readonly grants?: readonly ('client_credentials' | 'authorization_code' | 'device_code')[]
  readonly published: Readonly<Record<string, object>>
  readonly result: Result
}

type Result =
  { readonly found: Readonly<Record<string, unknown>> } | { readonly refused: string } | { readonly invalid: string }

const { vectors } = read('discovery.json') as { readonly vectors: readonly DiscoveryVector[] }

describe('The vectors of discovery', () => {
  itHoldsItsSchema('discovery', vectors, ({ issuer, methods, grants, published }) => [
    issuer,
    methods,
    grants,
    published,
  ])

  for (const vector of vectors) {
    it(`${vector.name}: ${vector.claim}`, async () => {
      expect(await outcomeOf(vector)).to.deep.equal(vector.result)
    })
  }
})

async function outcomeOf(vector: DiscoveryVector): Promise<Result> {
  const { issuer = 'https://as.example.com', methods = ['client_secret_basic'] as const } = vector
  const { grants = ['client_credentials'] as const, published } = vector
  let asked = 0
  const discovery = discover(issuer, {
    clientAuthentication: methods,
    grants,
    transport: async (call) => {
      asked += 1
      const { url } = await call.prepare()
      return published[url] ? answer(200, published[url]) : answer(404, '')
    },
  })
  if ('found' in vector.result) return { found: found(await discovery) }
  const error = await failureOf(discovery)
  if (error instanceof TokenResponseError || error instanceof TokenRequestError) return { refused: error.reason }
  expect(error).to.be.instanceOf(TypeError)
  expect(asked).to.equal(0)
  return { invalid: /^TypeError: tokenflight: (\w+): expected /.exec(String(error))?.[1] ?? String(error) }
}

/** The definition in the words of the vectors. */
function found({ token, authorize, pushedAuthorization }: ProviderDefinition): Record<string, unknown> {
  const params = token.params ?? {}
  const methods: readonly [isUsed: boolean, method: Method][] = [
    [token.basic !== undefined, 'client_secret_basic'],
    ['client_secret' in params, 'client_secret_post'],
    ['client_assertion' in params, 'private_key_jwt'],
    [true, 'none'],
  ]
  return {
    token_endpoint: token.url,
    client_authentication: methods.find(([isUsed]) => isUsed)?.[1],
    ...(authorize && { authorization_endpoint: authorize.url, pkce: authorize.pkce }),
    ...(pushedAuthorization && { pushed_authorization_request_endpoint: pushedAuthorization.url }),
  }
}
