import { expect } from 'chai'
import type { ProviderDefinition } from '../../lib/definitions/definition.ts'
import { knetikcloud, netsapiens, telstraV3 } from '../../lib/providers.ts'
import { resourceServerConfig } from '../../lib/token-endpoint/resource-server-config.ts'

const plain: ProviderDefinition = {
  id: 'plain',
  title: 'Plain',
  docs: 'https://docs.example',
  token: { url: 'https://as.example/token' },
  grants: { g: {} },
}

describe('resourceServerConfig(settings)', () => {
  it('returns the URL of the API, its public paths and its headers', () => {
    expect(resourceServerConfig({ provider: netsapiens, values: { server: 'h.example' } })).to.deep.equal({
      resources: ['https://h.example/ns-api/v2'],
      publicPaths: ['/version'],
    })
    expect(resourceServerConfig({ provider: telstraV3, values: {} }).headers).to.deep.equal(telstraV3.headers)
    expect(resourceServerConfig({ provider: knetikcloud, values: { host: 'h.example' } }).rejectedWhen).to.deep.equal(
      knetikcloud.rejectedWhen,
    )
  })

  it('returns the resources of the application instead of the URL of the API', () => {
    const resources = ['https://a.example/x', new URL('https://b.example/y')]
    expect(resourceServerConfig({ provider: netsapiens, values: { server: 'h' }, resources }).resources).to.deep.equal([
      'https://a.example/x',
      'https://b.example/y',
    ])
  })

  for (const [name, provider, values] of [
    ['there is no API', plain, {}],
    ['its host comes from a function', netsapiens, { server: () => 'h.example' }],
    ['it comes with the token', { ...plain, api: '{site}' }, {}],
  ] as const) {
    it(`returns no resources when ${name}`, () => {
      expect(resourceServerConfig({ provider, values }).resources).to.deep.equal([])
    })
  }

  it('fills credentials into headers and placement, and keeps the placeholder of the token', () => {
    const provider: ProviderDefinition = {
      ...plain,
      headers: { 'X-Api-Key': '{apiKey}', 'X-Gone': '{gone?}', 'X-Default': '{d=1}' },
      placement: { basic: ['{apiKey}', '{type} {token}'] },
    }
    expect(resourceServerConfig({ provider, values: { apiKey: 'k' } })).to.deep.equal({
      resources: [],
      headers: { 'X-Api-Key': 'k', 'X-Default': '1' },
      placement: { basic: ['k', '{type} {token}'] },
    })
    const query: ProviderDefinition = { ...plain, placement: { query: 'auth', value: '{apiKey}.{token}' } }
    expect(resourceServerConfig({ provider: query, values: { apiKey: 'k' } }).placement).to.deep.equal({
      query: 'auth',
      value: 'k.{token}',
    })
  })

  it('throws for a function where each API request needs text', () => {
    const provider: ProviderDefinition = { ...plain, headers: { 'X-Api-Key': '{apiKey}' } }
    expect(() => resourceServerConfig({ provider, values: { apiKey: () => 'k' } })).to.throw(
      TypeError,
      'credentials.apiKey',
    )
  })

  it('throws for an invalid host', () => {
    expect(() => resourceServerConfig({ provider: netsapiens, values: { server: 'a@b' } })).to.throw(
      TypeError,
      'credentials.server',
    )
  })
})
