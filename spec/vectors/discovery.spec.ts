// Runs the vectors of discovery.
import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { TokenRequestError, TokenResponseError } from '../../lib/errors.ts'
import { discover, type OAuth2Options, type ProviderDefinition } from '../../lib/providers.ts'
import { failureOf } from '../support/failure.ts'
import { answer } from '../support/fake-endpoint.ts'

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

const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const file = read('discovery.json') as { readonly vectors: readonly DiscoveryVector[] }

describe('The vectors of discovery', () => {
  it('are what their schema allows, and each is different from the others', () => {
    const validate = new Ajv2020({ allErrors: true, strict: true }).compile(read('discovery.schema.json') as object)
    expect(validate(file) ? [] : validate.errors).to.deep.equal([])
    expect(validate({ ...file, vectors: [{ ...file.vectors[0], more: 1 }] })).to.equal(false)
    for (const part of [({ name }: DiscoveryVector) => name, ({ claim }: DiscoveryVector) => claim])
      expect(new Set(file.vectors.map(part)).size).to.equal(file.vectors.length)
  })

  for (const vector of file.vectors) {
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
