import { expect } from 'chai'
import { placeToken } from '../../lib/request/token-placement.ts'
import { createToken, type Token } from '../../lib/token/token.ts'

const token = (accessToken = 'secret'): Promise<Token> =>
  createToken({ accessToken, scheme: 'Bearer', obtainedAt: 0, generation: 1 })

describe('placeToken(token, resourceServer)', () => {
  for (const [what, site, header, query] of [
    ['the header Authorization by default', undefined, ['Authorization', 'Bearer secret'], undefined],
    [
      'another header',
      { placement: { header: 'X-Auth', value: '{type} {token}!' } },
      ['X-Auth', 'Bearer secret!'],
      undefined,
    ],
    ['the query', { placement: { query: 'key' } }, undefined, ['key', 'secret']],
    ['the query, with a template', { placement: { query: 'key', value: 't={token}' } }, undefined, ['key', 't=secret']],
    [
      'HTTP Basic, as UTF-8',
      { placement: { basic: ['ü€', '{token}'] } },
      ['Authorization', `Basic ${Buffer.from('ü€:secret').toString('base64')}`],
      undefined,
    ],
    [
      'HTTP Basic',
      { placement: { basic: ['api', '{token}'] } },
      ['Authorization', `Basic ${btoa('api:secret')}`],
      undefined,
    ],
  ] as const) {
    it(`puts the token into ${what}`, async () => {
      expect(placeToken(await token(), site && { resources: [], ...site })).to.deep.equal({
        header,
        query,
        fields: header ? [header] : [],
        secret: header ? [header] : [],
      })
    })
  }

  it('adds the headers of the provider', async () => {
    const { header, fields } = placeToken(await token(), { headers: { 'X-Version': '2' } })
    expect(fields).to.deep.equal([['X-Version', '2'], header])
  })

  it('counts a header of the provider that may be an API key as secret', async () => {
    const headers = {
      Accept: 'application/json',
      'Content-Language': 'en-australia',
      'User-Agent': 'an-application',
      'X-Version': '2026-01',
      'X-Api-Key': 'k3y-of-an-api',
    }
    const { header, secret } = placeToken(await token(), { headers })
    expect(secret).to.deep.equal([['X-Api-Key', 'k3y-of-an-api'], header])
    expect(placeToken(await token(), { headers, placement: { query: 'key' } }).secret).to.deep.equal([secret[0]])
  })

  it('inserts the token as plain text, without replacement patterns', async () => {
    const { header } = placeToken(await token('$&$1$`'), { placement: { header: 'X-Auth', value: '<{token}>' } })
    expect(header).to.deep.equal(['X-Auth', '<$&$1$`>'])
  })

  // Fault 71
  for (const bad of ['', ' secret', 'a b', 'a\r\nX: y', 'a\nb', 'a\0b', 'schlüssel', '\u{1f511}']) {
    it(`throws for ${JSON.stringify(bad)} without quoting it`, async () => {
      const wrong = await token(bad)
      const refuse = (): unknown => placeToken(wrong)
      expect(refuse).to.throw(TypeError, /visible ASCII/)
      if (bad) expect(refuse).to.not.throw(bad)
    })
  }

  // Fault 137
  for (const [what, given, message] of [
    ['null', null, /token source: expected a Token, got null/],
    ['text', 'secret-text', /token source: expected a Token, got a string/],
    ['a promise', Promise.resolve(), /accessToken: expected visible ASCII, up to 32 KiB, got undefined/],
    ['a number for an access token', { accessToken: 1234567, scheme: 'Bearer' }, /accessToken: .* got a number/],
    ['no scheme', { accessToken: 'secret-text' }, /scheme: expected the name of a scheme, .* got undefined/],
    [
      'a line break in the scheme',
      { accessToken: 'secret-text', scheme: 'Bearer\r\nX-Secret: secret-text' },
      /scheme: .* got a string/,
    ],
  ] as const)
    it(`throws for ${what} from a token source by name, without quoting it`, () => {
      const refuse = (): unknown => placeToken(given as unknown as Token)
      expect(refuse).to.throw(TypeError, message)
      expect(refuse).to.not.throw(/secret-text|1234567/)
    })
})
