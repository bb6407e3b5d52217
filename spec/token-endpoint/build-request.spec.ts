import { expect } from 'chai'
import type { ProviderDefinition } from '../../lib/definitions/definition.ts'
import { defineProvider } from '../../lib/providers/define-provider.ts'
import type { Values } from '../../lib/token/token-grant.ts'
import { buildTokenRequest } from '../../lib/token-endpoint/build-request.ts'
import { form, json, sent } from '../support/answers.ts'

const plain = {
  id: 'plain',
  title: 'Plain',
  docs: 'https://docs.example',
  api: 'https://api.example/v1',
  token: { url: '/token' },
  grants: { g: { params: { grant_type: 'g' } } },
} as const

/** The provider with another shared token request, or other parameters of its one grant. */
const withToken = (token: ProviderDefinition['token']): ProviderDefinition => ({
  ...plain,
  token: { ...plain.token, ...token },
})
const withUrl = (url: string, api?: string): ProviderDefinition => ({
  ...plain,
  ...(api && { api }),
  token: { url },
})

async function refused(provider: ProviderDefinition, values: Values): Promise<Error> {
  try {
    await buildTokenRequest(provider, 'g', values)
  } catch (error) {
    expect(error).to.deep.include({ name: 'TokenRequestError', reason: 'credentials', provider: provider.id })
    return error as Error
  }
  throw new Error('expected a refusal')
}

describe('buildTokenRequest: parameters', () => {
  it('merges the parameters of a grant over shared ones; null removes one', async () => {
    const provider = defineProvider({
      ...plain,
      token: { ...plain.token, params: { a: 'shared', b: 'shared', c: 'shared' }, headers: { X: 'shared' } },
      grants: { g: { params: { b: 'own', c: null }, headers: { x: 'own' } } },
    })
    const request = await sent(provider, 'g', {})
    expect(form(request)).to.deep.equal({ a: 'shared', b: 'own' })
    expect(request.headers['x']).to.equal('own')
  })

  it('omits a parameter whose optional placeholder is empty, and uses a default where there is one', async () => {
    const provider = withToken({ params: { a: '{a?}', b: 'x-{b?}', c: '{c=fallback}', d: '{d=}', e: '{e=1}' } })
    expect(form(await sent(provider, 'g', { a: '', e: '2' }))).to.deep.equal({
      grant_type: 'g',
      c: 'fallback',
      d: '',
      e: '2',
    })
  })

  it('encodes a form as in RFC 6749, appendix B', async () => {
    const provider = withToken({ params: { a: '{a}', n: 1, t: true, l: ['{a}', 'two'] } })
    const request = await sent(provider, 'g', { a: ' %&+£€' })
    expect(request.body).to.equal(
      'a=+%25%26%2B%C2%A3%E2%82%AC&n=1&t=true&l=+%25%26%2B%C2%A3%E2%82%AC&l=two&grant_type=g',
    )
  })

  it('encodes JSON with objects, lists, numbers and booleans; the value of a placeholder is text', async () => {
    const provider = withToken({
      encoding: 'json',
      params: { n: 1, t: true, id: '{id}', tree: { site: { name: '{name}', gone: '{gone?}' } }, list: ['{id}', 'b'] },
    })
    const request = await sent(provider, 'g', { id: '007', name: 'quote " and {brace}' })
    expect(json(request)).to.deep.equal({
      n: 1,
      t: true,
      id: '007',
      tree: { site: { name: 'quote " and {brace}' } },
      list: ['007', 'b'],
      grant_type: 'g',
    })
  })

  for (const method of ['POST', 'GET'] as const) {
    it(`encodes a query with ${method}, without a body`, async () => {
      const provider = withToken({ url: '/token?v=1', method, encoding: 'query', params: { a: '{a}' } })
      expect(await sent(provider, 'g', { a: 'b c' })).to.deep.equal({
        method,
        url: 'https://api.example/v1/token?v=1&a=b+c&grant_type=g',
        headers: { accept: 'application/json' },
      })
    })
  }

  // Fault 156
  it('fills a placeholder at the end of a host', async () => {
    const { url } = await sent(withToken({ url: 'https://accounts.zoho.{tld}/token' }), 'g', { tld: 'com.au' })
    expect(url).to.equal('https://accounts.zoho.com.au/token')
    expect(String(await refused(withToken({ url: 'https://as.{tld}/' }), { tld: 'a/b' }))).to.include('a host name')
  })

  it('sends no body with GET, for any encoding', async () => {
    expect(await sent(withToken({ method: 'GET' }), 'g', {})).not.to.have.property('body')
  })

  it('uses kept fields and its own URL for a renewal', async () => {
    const provider = defineProvider({
      ...plain,
      token: { ...plain.token, answer: { keep: { site: { at: 'site_url', is: ['https://eu.example/'] } } } },
      renewal: {
        refreshToken: 'rotates',
        accessToken: 'lives',
        url: '{site}/renew',
        params: { refresh_token: '{refreshToken}', old: '{token}' },
      },
    })
    const request = await sent(provider, 'refresh_token', {
      site: 'https://eu.example/',
      refreshToken: 'r',
      token: 't',
    })
    expect(request.url).to.equal('https://eu.example/renew')
    expect(form(request)).to.deep.equal({ refresh_token: 'r', old: 't' })
  })
})

describe('buildTokenRequest: client authentication and headers', () => {
  for (const [style, expected] of [
    ['raw', 'a b:s:/+%ü'],
    ['encoded', 'a+b:s%3A%2F%2B%25%C3%BC'],
    [undefined, 'a+b:s%3A%2F%2B%25%C3%BC'],
  ] as const) {
    it(`sends HTTP Basic ${style ?? 'form-encoded by default'}`, async () => {
      const provider = withToken({ basic: ['{id}', '{secret}'], ...(style && { basicStyle: style }) })
      const { headers } = await sent(provider, 'g', { id: 'a b', secret: 's:/+%ü' })
      expect(headers['authorization']).to.equal(`Basic ${Buffer.from(expected).toString('base64')}`)
    })
  }

  it('rejects a user of raw HTTP Basic that contains a colon', async () => {
    const provider = withToken({ basic: ['{id}', '{secret}'], basicStyle: 'raw' })
    expect((await refused(provider, { id: 'us:er', secret: 's' })).message)
      .to.include('colon')
      .and.not.to.include('us:er')
  })

  it('accepts JSON unless the provider sets Accept', async () => {
    expect((await sent(plain, 'g', {})).headers['accept']).to.equal('application/json')
    expect((await sent(withToken({ headers: { Accept: '*/*' } }), 'g', {})).headers['accept']).to.equal('*/*')
  })

  it('omits a header whose optional placeholder is empty', async () => {
    expect((await sent(withToken({ headers: { 'X-Key': '{key?}' } }), 'g', {})).headers).not.to.have.property('x-key')
  })

  for (const key of ['a\r\nX: y', 'a\0', 'a\nb', '☃']) {
    it(`rejects ${JSON.stringify(key)} in a header`, async () => {
      const { message } = await refused(withToken({ headers: { 'X-Key': '{key}' } }), { key })
      expect(message).to.include('x-key').and.not.to.include(key)
    })
  }
})

describe('buildTokenRequest: URLs', () => {
  for (const [url, api, values, expected] of [
    ['/token', 'https://api.example/v1/', {}, 'https://api.example/v1/token'],
    ['https://{tenant}.example/t', undefined, { tenant: 'acme' }, 'https://acme.example/t'],
    ['https://{host}/t', undefined, { host: '10.0.0.1:8443' }, 'https://10.0.0.1:8443/t'],
    ['https://{host}/t', undefined, { host: '[::1]:8443' }, 'https://[::1]:8443/t'],
    ['https://{host=a.example}/t', undefined, {}, 'https://a.example/t'],
    ['/{realm}/t', undefined, { realm: 'a/b?c#d e' }, 'https://api.example/v1/a%2Fb%3Fc%23d%20e/t'],
    ['/t/{view?}', undefined, {}, 'https://api.example/v1/t'],
    ['/t/{view?}/x', undefined, {}, 'https://api.example/v1/t/x'],
    ['/t?v={v?}&w={w?}', undefined, { w: 'x&y' }, 'https://api.example/v1/t?w=x%26y'],
    ['/t?v={v?}', undefined, {}, 'https://api.example/v1/t'],
    ['/t', '{instance}', { instance: 'https://eu.example/base/' }, 'https://eu.example/base/t'],
    ['/t', '{instance}', { instance: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080/t'],
  ] as const) {
    it(`resolves ${url} to ${expected}`, async () => {
      const request = await sent({ ...withUrl(url, api), grants: { g: {} } }, 'g', values)
      expect(request.url).to.equal(expected)
    })
  }

  for (const host of [
    'evil.example/',
    'evil.example/?',
    'user@evil.example',
    'evil.example#',
    'evil.example\\',
    'a b',
    'a:x',
    'evil。example',
    'a:99999',
    '[::g]',
  ]) {
    it(`rejects the host ${host}`, async () => {
      const { message } = await refused(withUrl('https://{host}/t'), { host })
      expect(message)
        .to.match(/^plain: the credential host is not /)
        .and.not.to.include(host)
    })
  }

  for (const instance of [
    'http://eu.example',
    'ftp://eu.example',
    'eu.example',
    'https://u:p@eu.example',
    'javascript:1',
  ]) {
    it(`rejects the URL ${instance}`, async () => {
      const { message } = await refused(withUrl('/t', '{instance}'), { instance })
      expect(message).to.include('instance').and.not.to.include('eu.example')
    })
  }

  for (const realm of ['.', '..']) {
    it(`rejects ${realm} as a path segment`, async () => {
      await refused(withUrl('/{realm}/t'), { realm })
    })
  }
})

describe('buildTokenRequest: credentials', () => {
  const provider = withToken({ params: { a: '{one}', b: '{one}', c: '{two}' } })

  it('calls a function once per request', async () => {
    let calls = 0
    const one = (): string => `v${String(++calls)}`
    const two = (): Promise<string> => Promise.resolve('async')
    expect(form(await sent(provider, 'g', { one, two }))).to.deep.include({ a: 'v1', b: 'v1', c: 'async' })
    expect(form(await sent(provider, 'g', { one, two }))).to.deep.include({ a: 'v2', b: 'v2' })
  })

  for (const [name, one] of [
    ['absent', undefined],
    ['empty', ''],
    ['a function that returns an empty text', () => ''],
  ] as const) {
    it(`names a credential that is ${name}`, async () => {
      const { message } = await refused(provider, { one, two: 'x' })
      expect(message).to.equal('plain: the credential one is missing')
    })
  }

  it('names a function that throws, without its error', async () => {
    const one = (): string => {
      throw new Error('vault token hunter2 is wrong')
    }
    const error = await refused(provider, { one, two: 'x' })
    expect(error.message).to.equal('plain: the credential one could not be read: its function threw')
    expect(error.cause).to.equal(undefined)
  })

  it('rejects a function that rejects or returns no text', async () => {
    await refused(provider, { one: () => Promise.reject(new Error('x')), two: 'x' })
    const number = (() => 5) as unknown as () => string
    expect((await refused(provider, { one: number, two: 'x' })).message).to.include('one is not text')
  })

  it('reads no value from a prototype', async () => {
    const { message } = await refused(withToken({ params: { a: '{constructor}' } }), {})
    expect(message).to.equal('plain: the credential constructor is missing')
  })

  it('lists every value but the scope and the client id as secret, plain and encoded', async () => {
    const signed = withToken({
      basic: ['{clientId}', '{secret}'],
      params: { scope: '{scope}', user: '{id}', refresh: '{refreshToken}', assertion: '{assertion}' },
    })
    const { secrets } = await buildTokenRequest(signed, 'g', {
      clientId: 'client',
      id: 'ann',
      secret: 's3cret+/',
      scope: 'read',
      refreshToken: 'r3fresh',
      assertion: () => 'a.b.c',
    })
    const basic = Buffer.from('client:s3cret%2B%2F').toString('base64')
    expect(secrets).to.include.members(['ann', 's3cret+/', 's3cret%2B%2F', 'r3fresh', 'a.b.c', basic])
    expect(secrets).to.not.include.oneOf(['read', 'client'])
  })
})

describe('buildTokenRequest: custom.request', () => {
  it('gets the complete request, to sign it', async () => {
    const provider: ProviderDefinition = {
      ...plain,
      custom: {
        request: (request) =>
          Promise.resolve({ ...request, headers: { ...request.headers, 'x-sign': String(request.body?.length) } }),
      },
    }
    expect((await sent(provider, 'g', {})).headers['x-sign']).to.equal('12')
  })

  it('is reported when it throws, without its error', async () => {
    const request = (): never => {
      throw new Error('the key is hunter2')
    }
    expect((await refused({ ...plain, custom: { request } }, {})).message).not.to.include('hunter2')
  })

  it('cannot set an invalid header', async () => {
    const provider: ProviderDefinition = {
      ...plain,
      custom: { request: (request) => ({ ...request, headers: { x: 'a\r\nb: c' } }) },
    }
    await refused(provider, {})
  })
})
