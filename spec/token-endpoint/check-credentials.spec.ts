import { expect } from 'chai'
import type { ProviderDefinition } from '../../lib/definitions/definition.ts'
import { knetikcloud, netsapiens, oauth2, phonecom, telstra } from '../../lib/providers.ts'
import { defineProvider } from '../../lib/providers/define-provider.ts'
import { checkCredentials } from '../../lib/token-endpoint/check-credentials.ts'

const user = {
  server: 'h.example',
  clientId: 'c',
  clientSecret: 's',
  username: 'u',
  password: 'p',
}

const complaint = (provider: ProviderDefinition, grant: string, credentials: object): string => {
  try {
    checkCredentials(provider, grant, credentials as Record<string, unknown>)
  } catch (error) {
    expect(error).to.be.instanceOf(TypeError).and.to.have.property('code', 'ERR_INVALID_ARG')
    return (error as Error).message
  }
  return ''
}

describe('checkCredentials', () => {
  for (const [provider, grant, credentials] of [
    [telstra, 'client_credentials', { clientId: 'c', clientSecret: () => 's' }],
    [netsapiens, 'password', user],
    [netsapiens, 'password', { ...user, mfaVendor: 'duo', passcode: () => '123456' }],
    [netsapiens, 'mfa', { ...user, passcode: '1', partialToken: 'x' }],
    [netsapiens, 'refresh_token', { server: 'h.example', clientId: 'c', clientSecret: 's', refreshToken: 'r' }],
    [
      knetikcloud,
      'password',
      { host: 'h.example', username: 'u', password: 'p', clientSecret: undefined, clientId: '' },
    ],
    [phonecom, 'authorization_code', { clientId: 'c', clientSecret: 's', redirectUri: 'https://me.example/cb' }],
  ] as const) {
    it(`accepts ${Object.keys(credentials).join(', ')} for ${grant} of ${provider.id}`, () => {
      expect(complaint(provider, grant, credentials)).to.equal('')
    })
  }

  for (const [name, credentials] of [
    ['clientSecret', { clientId: 'c' }],
    ['clientSecret', { clientId: 'c', clientSecret: undefined }],
    ['clientSecret', { clientId: 'c', clientSecret: '' }],
    ['clientSecret', { clientId: 'c', clientSecret: 5 }],
    ['clientSecret', { clientId: 'c', clientSecret: null }],
    ['clientId', {}],
    ['clientSecrt', { clientId: 'c', clientSecret: 's', clientSecrt: 's' }],
    ['scope', { clientId: 'c', clientSecret: 's', scope: 'NSMS' }],
    ['username', { clientId: 'c', clientSecret: 's', username: 'u' }],
    ['constructor', JSON.parse('{"clientId":"c","clientSecret":"s","constructor":"x"}') as object],
  ] as const) {
    it(`names credentials.${name} for ${JSON.stringify(credentials)}`, () => {
      expect(complaint(telstra, 'client_credentials', credentials)).to.match(
        new RegExp(`^tokenflight: credentials\\.${name}: expected `),
      )
    })
  }

  it('suggests the name for a misspelled credential, and shows no value', () => {
    const text = complaint(telstra, 'client_credentials', { clientId: 'c', clientSecret: 's', clientSecrt: 'hunter2' })
    expect(text).to.equal(
      'tokenflight: credentials.clientSecrt: expected no credential of this name (there are clientId, clientSecret; perhaps clientSecret), got a string',
    )
  })

  it('does not show a name that may be a secret', () => {
    const text = complaint(telstra, 'client_credentials', { clientId: 'c', 'k7Qz-s3cr3t': 's' })
    expect(text).to.match(
      /^tokenflight: credentials: expected no credential of this name \(there are clientId, clientSecret\), got a string$/,
    )
  })

  it('says how to write a host', () => {
    const text = complaint(netsapiens, 'password', { ...user, server: 'https://h.example' })
    expect(text).to.contain('credentials.server: expected a host name without https:// and path')
  })

  for (const server of ['evil.example/', 'a@b.example', 'a b', 'https://h.example']) {
    it(`rejects the host ${server}`, () => {
      expect(complaint(netsapiens, 'password', { ...user, server })).to.match(
        /^tokenflight: credentials\.server: expected/,
      )
    })
  }

  it('does not check a host that a function returns', () => {
    expect(complaint(netsapiens, 'password', { ...user, server: () => 'evil.example/' })).to.equal('')
  })

  it('requires the credentials of the renewal and of the API, but no kept fields and no values set by the library', () => {
    const provider = defineProvider({
      id: 'x',
      title: 'X',
      docs: 'https://docs.example',
      api: 'https://{site}.api.example',
      headers: { 'X-Api-Key': '{apiKey}' },
      token: { url: 'https://as.example/token', answer: { keep: { site: 'site' } } },
      grants: { g: { params: { assertion: '{assertion}' } }, other: { params: { device: '{device}' } } },
      renewal: {
        refreshToken: 'keeps',
        accessToken: 'lives',
        params: { refresh_token: '{refreshToken}', device: '{device}', scope: '{scope?}' },
      },
    })
    const all = { apiKey: 'k', assertion: 'a', device: 'd' }
    expect(complaint(provider, 'g', all)).to.equal('')
    for (const name of Object.keys(all)) {
      expect(complaint(provider, 'g', { ...all, [name]: undefined })).to.include(`credentials.${name}: `)
    }
  })

  it('knows placeholders in the options of oauth2()', () => {
    const provider = oauth2({
      tokenEndpoint: 'https://{tenant}.example/token',
      clientAuthentication: 'none',
      params: { deep: '{extra?}' },
    })
    expect(complaint(provider, 'client_credentials', { clientId: 'c', tenant: 't', extra: 'e' })).to.equal('')
    expect(complaint(provider, 'client_credentials', { clientId: 'c' })).to.include('credentials.tenant')
  })
})
