import { inspect } from 'node:util'
import { expect } from 'chai'
import fc from 'fast-check'
import type { ProviderDefinition, TokenAnswer } from '../../lib/definitions/definition.ts'
import { defineProvider } from '../../lib/providers/define-provider.ts'
import { readTokenResponse } from '../../lib/token-endpoint/token-response.ts'
import { answer, failureOf, jwt, meaning, NOW, tokenOf } from '../support/answers.ts'

const plain = defineProvider({
  id: 'plain',
  title: 'Plain',
  docs: 'https://docs.example',
  api: 'https://api.example/v1',
  token: { url: '/token' },
  grants: { g: { params: { grant_type: 'g' } } },
  renewal: {
    refreshToken: 'unknown',
    accessToken: 'extended',
    params: { refresh_token: '{refreshToken}' },
  },
})

const reading = (shape: TokenAnswer): ProviderDefinition => ({ ...plain, token: { ...plain.token, answer: shape } })
const refusing = (errors: ProviderDefinition['token']['errors']): ProviderDefinition => ({
  ...plain,
  token: { ...plain.token, ...(errors && { errors }) },
})
const token = (more: object = {}): object => ({ access_token: 'at', token_type: 'Bearer', ...more })

describe('readTokenResponse: a token', () => {
  it('reads every field of RFC 6749, section 5.1', async () => {
    const body = token({ expires_in: 3600, refresh_token: 'rt', scope: 'a b', refresh_in: 1800 })
    expect(await tokenOf(plain, 'g', answer(200, body))).to.deep.equal({
      accessToken: 'at',
      scheme: 'Bearer',
      expiresIn: 3_600_000,
      renewIn: 1_800_000,
      refreshToken: 'rt',
      scope: 'a b',
    })
  })

  for (const status of [200, 201, 203, 299]) {
    it(`accepts status ${String(status)}`, async () => {
      expect((await meaning(plain, 'g', answer(status, token()))).kind).to.equal('token')
    })
  }

  // Fault 32
  for (const [expires_in, expiresIn] of [
    [3600, 3_600_000],
    ['3600', 3_600_000],
    [' 3600 ', 3_600_000],
    [3600.7, 3_600_700],
    ['3600.7', 3_600_700],
    [2_145_660_769, 2_145_660_769_000],
    [2 ** 53, 3_155_760_000_000],
    ['9'.repeat(40), 3_155_760_000_000],
    [0, undefined],
    ['0', undefined],
    [-1, undefined],
    ['-1', undefined],
    [null, undefined],
    ['', undefined],
    ['never', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['Infinity', undefined],
    ['9'.repeat(400), undefined],
    [{}, undefined],
    [[], undefined],
    [[3600], undefined],
    [true, undefined],
  ] as const) {
    it(`reads expires_in ${JSON.stringify(expires_in).slice(0, 30)} as ${String(expiresIn)}`, async () => {
      expect((await tokenOf(plain, 'g', answer(200, token({ expires_in })))).expiresIn).to.equal(expiresIn)
    })
  }

  it('reads expires_in 1e400 as unknown', async () => {
    const issued = await tokenOf(plain, 'g', answer(200, '{"access_token":"at","expires_in":1e400}'))
    expect(issued).to.deep.equal({ accessToken: 'at', scheme: 'Bearer' })
  })

  // Fault 36
  for (const [written, refresh_token] of [
    ['missing', undefined],
    ['null', null],
    ['empty', ''],
  ] as const) {
    it(`reads no refresh token when it is ${written}`, async () => {
      expect(await tokenOf(plain, 'g', answer(200, token({ refresh_token })))).not.to.have.property('refreshToken')
    })
  }

  // Fault 35, 155
  for (const token_type of [
    ...['Bearer', 'bearer', 'BEARER', '', null, undefined],
    ...['Application Access Token', 'bot', 'BearerToken', 'jwt-bearer', 'N_A', 5, ['Bearer']],
  ]) {
    it(`reads token_type ${String(token_type)} as Bearer`, async () => {
      expect((await tokenOf(plain, 'g', answer(200, token({ token_type })))).scheme).to.equal('Bearer')
    })
  }

  for (const token_type of ['mac', 'MAC', 'DPoP', 'dpop']) {
    it(`rejects token_type ${JSON.stringify(token_type)}`, async () => {
      const failure = await failureOf(plain, 'g', answer(200, token({ token_type })))
      expect(failure).to.deep.include({ kind: 'configuration', retry: false })
      expect(failure.error).to.deep.include({ name: 'TokenResponseError', reason: 'token_type', status: 200 })
    })
  }

  // Fault 29
  for (const access_token of [undefined, null, '', 5, {}, ['at'], true]) {
    it(`reads no token from access_token ${inspect(access_token)}`, async () => {
      const failure = await failureOf(plain, 'g', answer(200, { access_token, expires_in: 3600 }))
      expect(failure).to.deep.include({ kind: 'transient', retry: false })
      expect(failure.error).to.deep.include({ name: 'TokenResponseError', reason: 'no_token' })
    })
  }

  // Fault 71
  for (const bad of ['qx\r\nX: y', 'qx\0b', 'qx b', ' qx', 'qx ', 'tökén', 'qx\tb', '\u2028', 'x'.repeat(32_769)]) {
    it(`rejects the access token ${JSON.stringify(bad).slice(0, 20)}`, async () => {
      const failure = await failureOf(plain, 'g', answer(200, token({ access_token: bad })))
      expect(failure.error).to.have.property('reason', 'bad_token')
      expect(failure.error.message).not.to.include(bad).and.not.to.include('qx')
    })
  }

  for (const bad of ['a\r\nb', 'a\0b', 'tökén', 5, {}, 'x'.repeat(32_769)]) {
    it(`rejects the refresh token ${JSON.stringify(bad).slice(0, 20)}`, async () => {
      const failure = await failureOf(plain, 'g', answer(200, token({ refresh_token: bad })))
      expect(failure.error).to.have.property('reason', 'bad_token')
    })
  }

  it('accepts 32 KiB of visible ASCII', async () => {
    const long = '!~'.repeat(16_384)
    const issued = await tokenOf(
      plain,
      'g',
      answer(200, token({ access_token: long, refresh_token: `${long.slice(1)} ` })),
    )
    expect(issued.accessToken).to.equal(long)
  })

  it('joins a list of scopes, and omits an invalid scope', async () => {
    expect((await tokenOf(plain, 'g', answer(200, token({ scope: ['a', 'b'] })))).scope).to.equal('a b')
    for (const scope of [{}, 5, 'a\nb', '', null]) {
      expect(await tokenOf(plain, 'g', answer(200, token({ scope })))).not.to.have.property('scope')
    }
  })

  it('keeps the access token when a renewal extends it without sending one', async () => {
    const outcome = await readTokenResponse(answer(200, { expires_in: 60 }), {
      provider: plain,
      grant: 'refresh_token',
      sentAt: NOW,
      now: NOW,
      secrets: [],
      accessToken: 'held',
    })
    expect(outcome).to.deep.include({
      kind: 'token',
      issued: { accessToken: 'held', scheme: 'Bearer', expiresIn: 60_000 },
    })
    expect((await failureOf(plain, 'g', answer(200, { expires_in: 60 }))).error).to.have.property('reason', 'no_token')
  })
})

describe('readTokenResponse: paths', () => {
  it('read each value from the first path with a value', async () => {
    const provider = reading({
      token: ['data.0.token', 'data.1.token'],
      type: 'data.1.kind',
      refresh: ['nope', 'data.1.again'],
      scope: 'data.1.may',
      renewIn: 'data.1.soon',
      lifetime: [{ in: 'data.1.ttl', unit: 'min' }],
      keep: { site: 'data.1.site', shard: 'data.1.shard', gone: 'data.1.gone', tree: 'data' },
    })
    const entry = { token: 't', kind: 'bearer', again: 'r', may: 'x', soon: '60', ttl: 2, site: 'https://s', shard: 7 }
    expect(await tokenOf(provider, 'g', answer(200, { data: [{ token: null }, entry] }))).to.deep.equal({
      accessToken: 't',
      scheme: 'Bearer',
      expiresIn: 120_000,
      renewIn: 60_000,
      refreshToken: 'r',
      scope: 'x',
      kept: { site: 'https://s', shard: '7' },
    })
  })

  it('use the whole body as token where the path is empty', async () => {
    expect((await tokenOf(reading({ token: '' }), 'g', answer(200, '"whole"'))).accessToken).to.equal('whole')
  })

  it('of a grant override shared ones', async () => {
    const provider: ProviderDefinition = {
      ...reading({ token: 'shared', scope: 'may' }),
      grants: { g: { answer: { token: 'own' } } },
    }
    expect(await tokenOf(provider, 'g', answer(200, { shared: 's', own: 'o', may: 'x' }))).to.deep.include({
      accessToken: 'o',
      scope: 'x',
    })
  })

  it('never read a prototype', async () => {
    for (const path of ['__proto__.polluted', 'constructor.name', 'toString', 'access_token.length']) {
      const failure = await failureOf(reading({ token: path }), 'g', answer(200, '{"access_token":"x"}'))
      expect(failure.error, path).to.have.property('reason', 'no_token')
    }
    const inherited = await failureOf(reading({ ok: [{ at: 'toString' }] }), 'g', answer(200, token()))
    expect(inherited.error).to.have.property('reason', 'not_ok')
    const own = answer(200, '{"__proto__":{"access_token":"x"}}')
    expect((await failureOf(plain, 'g', own)).error).to.have.property('reason', 'no_token')
    expect({}).not.to.have.property('access_token')
  })

  const claims = jwt({ exp: NOW / 1000 + 60 })
  for (const [name, lifetime, body, expected] of [
    ['a duration in ms', [{ in: 'ms', unit: 'ms' }], { ms: 5000 }, { expiresIn: 5_000 }],
    ['epoch seconds', [{ at: 'at' }], { at: NOW / 1000 + 60 }, { expiresIn: 60_000 }],
    ['epoch seconds, as text', [{ at: 'at' }], { at: String(NOW / 1000 + 60) }, { expiresIn: 60_000 }],
    ['epoch milliseconds', [{ at: 'at', unit: 'ms' }], { at: NOW + 60_000 }, { expiresIn: 60_000 }],
    ['an ISO date', [{ at: 'at', unit: 'iso' }], { at: '2023-11-14T22:14:20Z' }, { expiresIn: 60_000 }],
    [
      'an ISO date with an offset',
      [{ at: 'at', unit: 'iso' }],
      { at: '2023-11-15T00:14:20+02:00' },
      { expiresIn: 60_000 },
    ],
    [
      'an ISO date without a time zone',
      [{ at: 'at', unit: 'iso' }],
      { at: '2023-11-14T22:14:20' },
      { expiresIn: 60_000 },
    ],
    ['a date in the past', [{ at: 'at' }], { at: NOW / 1000 - 1 }, {}],
    ['an invalid date', [{ at: 'at', unit: 'iso' }], { at: 'tomorrow' }, {}],
    ['a date too far away', [{ at: 'at' }], { at: 9e15 }, { expiresIn: 3_155_760_000_000 }],
    ['the claim exp', [{ jwt: 'exp' }], { access_token: claims }, { expiresIn: 60_000 }],
    ['the claim exp of no JWT', [{ jwt: 'exp' }], { access_token: 'a.b.c' }, {}],
    ['a claim exp that is text', [{ jwt: 'exp' }], { access_token: jwt({ exp: 'x' }) }, {}],
    ['a fixed time', [{ in: 'expires_in' }, { fixed: 90 }], {}, { expiresIn: 90_000 }],
    ['the first entry that applies', [{ in: 'a' }, { in: 'b' }, { fixed: 1 }], { a: 0, b: '7' }, { expiresIn: 7_000 }],
    ['nothing', [], { expires_in: 60 }, {}],
  ] as const) {
    it(`read a lifetime from ${name}`, async () => {
      const issued = await tokenOf(reading({ lifetime }), 'g', answer(200, { access_token: 'at', ...body }))
      const { expiresIn } = issued
      expect(expiresIn === undefined ? {} : { expiresIn }).to.deep.equal(expected)
    })
  }

  // Fault 158
  for (const text of [
    '2023-11-14 22:14:20',
    '2023-11-14T22:14:20',
    '2023-11-14 22:14:20Z',
    '2023-11-14 17:14:20-05:00',
  ])
    it(`read the date ${text}, in UTC without a time zone, in a process of any time zone`, async () => {
      const zone = process.env['TZ']
      try {
        process.env['TZ'] = 'America/New_York'
        expect(new Date(NOW).getHours()).to.equal(17)
        const provider = reading({ lifetime: [{ at: 'expires_at', unit: 'iso' }] })
        const issued = await tokenOf(provider, 'g', answer(200, { access_token: 'at', expires_at: text }))
        expect(issued.expiresIn).to.equal(60_000)
      } finally {
        if (zone === undefined) delete process.env['TZ']
        else process.env['TZ'] = zone
      }
    })

  // Fault 153, 154
  for (const [what, lifetime, body, expected] of [
    ['epoch seconds', [{ at: 'at' }], { at: NOW / 1000 + 3660 }, 60_000],
    ['an ISO date', [{ at: 'at', unit: 'iso' }], { at: '2023-11-14T23:14:20Z' }, 60_000],
    ['exp without iat', [{ jwt: 'exp' }], { access_token: jwt({ exp: NOW / 1000 + 3660 }) }, 60_000],
    [
      'a JWT that was issued earlier',
      [{ jwt: 'exp' }],
      { access_token: jwt({ iat: NOW / 1000 + 3360, exp: NOW / 1000 + 3660 }) },
      60_000,
    ],
    [
      'a JWT that its Date would make expired',
      [{ jwt: 'exp' }],
      { access_token: jwt({ iat: NOW / 1000, exp: NOW / 1000 + 300 }) },
      300_000,
    ],
  ] as const)
    it(`measure ${what} against the Date of the response`, async () => {
      const date = new Date(NOW + 3_600_000).toUTCString()
      const given = answer(200, { access_token: 'at', ...body }, { date })
      expect((await tokenOf(reading({ lifetime }), 'g', given)).expiresIn).to.equal(expected)
    })

  // Fault 154
  it('use the full lifetime of a JWT where the response has no valid Date', async () => {
    const provider = reading({ lifetime: [{ jwt: 'exp' }] })
    for (const date of [undefined, 'today', '2023-11-14T22:13:20Z']) {
      const body = { access_token: jwt({ iat: NOW / 1000 - 3600, exp: NOW / 1000 - 3300 }) }
      const issued = await tokenOf(provider, 'g', answer(200, body, date === undefined ? {} : { date }))
      expect(issued.expiresIn).to.equal(300_000)
    }
  })

  it('do not read claims of a token unless the provider names them', async () => {
    const issued = await tokenOf(plain, 'g', answer(200, { access_token: claims }))
    expect(issued).to.deep.equal({ accessToken: claims, scheme: 'Bearer' })
  })

  it('are applied after custom.answer', async () => {
    const provider: ProviderDefinition = {
      ...plain,
      custom: { answer: ({ body, ...rest }) => ({ ...rest, body: { access_token: body } }) },
    }
    expect((await tokenOf(provider, 'g', answer(200, 'bare-token'))).accessToken).to.equal('bare-token')
  })

  for (const [name, custom] of [
    [
      'throws',
      (): never => {
        throw new Error('hunter2')
      },
    ],
    ['returns nothing', (): never => undefined as never],
  ] as const) {
    it(`are not applied where custom.answer ${name}: the response is unreadable`, async () => {
      const failure = await failureOf({ ...plain, custom: { answer: custom } }, 'g', answer(200, token()))
      expect(failure.error).to.have.property('reason', 'unreadable')
      expect(inspect(failure)).not.to.include('hunter2')
    })
  }
})

describe('readTokenResponse: a malformed response', () => {
  // Fault 30, 90
  for (const [name, given] of [
    ['HTML', answer(200, '<html><body>Log in</body></html>', { 'content-type': 'text/html' })],
    ['truncated JSON', answer(200, '{"access_token":"s3cret-tok')],
    ['nothing', answer(200, '')],
    ['204', answer(204, '')],
    ['form data not labelled so', answer(200, 'access_token=at&expires_in=60')],
  ] as const) {
    it(`is unreadable for ${name}, and not quoted`, async () => {
      const failure = await failureOf(plain, 'g', given)
      expect(failure).to.deep.include({ kind: 'transient', retry: false })
      expect(failure.error).to.deep.include({ name: 'TokenResponseError', reason: 'unreadable' })
      expect(failure.error.message).to.equal(
        `plain: the g grant was answered with status ${String(given.status)} and something that is not JSON`,
      )
    })
  }

  for (const [name, given] of [
    ['JSON labelled text/html', answer(200, token(), { 'content-type': 'text/html' })],
    ['JSON with a byte order mark', answer(200, `\uFEFF${JSON.stringify(token())}`)],
    [
      'form data labelled so',
      answer(200, 'access_token=at&token_type=bearer', {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      }),
    ],
  ] as const) {
    it(`is not assumed for ${name}`, async () => {
      expect((await tokenOf(plain, 'g', given)).accessToken).to.equal('at')
    })
  }

  it('gives an error that names the paths of the token', async () => {
    const messageOf = async (shape: TokenAnswer): Promise<string> =>
      (await failureOf(reading(shape), 'g', answer(200, { data: {} }))).error.message
    expect(await messageOf({})).to.match(/ and no access token at access_token$/)
    expect(await messageOf({ token: ['data.jwt', 'jwt'] })).to.match(/ and no access token at data\.jwt, jwt$/)
  })

  for (const text of ['null', '5', '[]', '"at"', 'true', `${'['.repeat(100_000)}${']'.repeat(100_000)}`]) {
    it(`has no token in ${text.slice(0, 10)}`, async () => {
      expect((await failureOf(plain, 'g', answer(200, text))).error.code).to.equal('ERR_TOKEN_RESPONSE')
    })
  }

  // Fault 38
  for (const status of [0, 301, 302, 303, 307, 308]) {
    it(`rejects the redirect ${String(status)}`, async () => {
      const failure = await failureOf(plain, 'g', answer(status, '', { location: 'https://evil.example' }))
      expect(failure).to.deep.include({ kind: 'configuration', retry: false })
      expect(failure.error).to.deep.include({ name: 'TokenRequestError', reason: 'redirect', status })
    })
  }

  it('never throws, for any response', async () => {
    const status = fc.integer({ min: 0, max: 599 })
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object().map((body) => JSON.stringify({ access_token: 'x', ...body })),
    )
    await fc.assert(
      fc.asyncProperty(status, text, async (code, body) => {
        expect((await meaning(plain, 'g', answer(code, body))).kind).to.be.oneOf(['token', 'failure'])
      }),
    )
  })
})

describe('readTokenResponse: an error response', () => {
  for (const [error, kind, retry] of [
    ['invalid_grant', 'denied', false],
    ['invalid_client', 'configuration', false],
    ['invalid_request', 'configuration', false],
    ['unauthorized_client', 'configuration', false],
    ['unsupported_grant_type', 'configuration', false],
    ['invalid_scope', 'configuration', false],
    ['invalid_target', 'configuration', false],
    ['server_error', 'transient', true],
    ['temporarily_unavailable', 'transient', true],
    ['something_else', 'configuration', false],
  ] as const) {
    // Fault 24, 27, 28, 91
    for (const status of [400, 401, 200]) {
      it(`classifies ${error} as ${kind}, with status ${String(status)}`, async () => {
        const body = { error: error.toUpperCase(), error_description: 'said so', extra: { a: 1 } }
        const failure = await failureOf(plain, 'g', answer(status, body))
        expect(failure).to.deep.include({ kind, retry })
        expect(failure.error).to.deep.include({
          name: 'OAuthError',
          error: error.toUpperCase(),
          errorDescription: 'said so',
          status,
        })
      })
    }
  }

  it('has a message with the operation, the provider and the response', async () => {
    const body = { error: 'invalid_grant', error_description: 'Token revoked', error_uri: 'https://docs.example/e' }
    const { error } = await failureOf(plain, 'refresh_token', answer(400, body))
    expect(error.message).to.equal('plain: the renewal was refused: invalid_grant (Token revoked), status 400')
    expect(error).to.have.property('errorUri', 'https://docs.example/e')
  })

  it('is recognised by an error code beside a token, not by a number', async () => {
    expect((await meaning(plain, 'g', answer(200, token({ error: 'invalid_grant' })))).kind).to.equal('failure')
    for (const error of [0, 200, null, '']) {
      expect((await meaning(plain, 'g', answer(200, token({ error })))).kind).to.equal('token')
    }
  })

  for (const [status, reason, retry] of [
    [400, 'blocked', false],
    [401, 'blocked', false],
    [403, 'blocked', false],
    [404, 'blocked', false],
    [408, 'unavailable', true],
    [429, 'unavailable', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
    [599, 'unavailable', true],
  ] as const) {
    it(`classifies status ${String(status)} without an error code as temporary`, async () => {
      for (const body of ['<html>No</html>', {}, { error: {} }, { error: null }]) {
        const failure = await failureOf(refusing({ denied: [{ status: 403 }] }), 'g', answer(status, body))
        expect(failure).to.deep.include({ kind: 'transient', retry })
        expect(failure).not.to.have.property('ambiguous')
        expect(failure.error).to.deep.include({ name: 'TokenRequestError', reason, status })
      }
    })
  }

  it('is marked as ambiguous for 400 without a code and for invalid_request', async () => {
    expect((await failureOf(plain, 'g', answer(400, ''))).ambiguous).to.equal(true)
    expect((await failureOf(plain, 'g', answer(400, { error: 'invalid_request' }))).ambiguous).to.equal(true)
    expect(await failureOf(plain, 'g', answer(401, ''))).not.to.have.property('ambiguous')
    expect(await failureOf(plain, 'g', answer(400, { error: 'invalid_scope' }))).not.to.have.property('ambiguous')
  })

  it('follows the lists of the provider, for one grant and for all', async () => {
    const provider: ProviderDefinition = {
      ...refusing({ code: 'code', denied: [{ status: 403 }, { at: 'code', is: ['E1', '17'] }] }),
      grants: { g: {}, h: { denied: [{ at: 'code', is: 'E2' }] } },
    }
    const kindOf = async (grant: string, status: number, code: unknown): Promise<string> =>
      (await failureOf(provider, grant, answer(status, { code }))).kind
    expect(await kindOf('g', 403, 'x')).to.equal('denied')
    expect(await kindOf('g', 400, 'E1')).to.equal('denied')
    expect(await kindOf('g', 400, 17)).to.equal('denied')
    expect(await kindOf('g', 400, 'E2')).to.equal('configuration')
    expect(await kindOf('h', 400, 'E2')).to.equal('denied')
    // RFC 6749's own codes, and "later", come first.
    expect(await kindOf('g', 403, 'invalid_client')).to.equal('configuration')
    expect(await kindOf('g', 503, 'E1')).to.equal('transient')
  })

  it('is assumed for a 200 that does not match `ok`', async () => {
    const provider = reading({
      ok: [
        { at: 'code', is: '0' },
        { at: 'ok', is: 'true' },
      ],
    })
    expect((await meaning(provider, 'g', answer(200, token({ code: 0 })))).kind).to.equal('token')
    expect((await meaning(provider, 'g', answer(200, token({ ok: true })))).kind).to.equal('token')
    const failure = await failureOf(provider, 'g', answer(200, token({ code: 5 })))
    expect(failure.error).to.have.property('reason', 'not_ok')
  })

  // Fault 159
  it('may have its code where the success is stated', async () => {
    const answered = {
      token: { url: '/t', answer: { ok: [{ at: 'status', is: 'SUCCESS' }] }, errors: { code: 'status' } },
    }
    const provider = { ...plain, ...answered }
    expect((await meaning(provider, 'g', answer(200, token({ status: 'SUCCESS' })))).kind).to.equal('token')
    const failure = await failureOf(provider, 'g', answer(200, token({ status: 'EXPIRED' })))
    expect(failure.error).to.have.property('error', 'EXPIRED')
  })

  // Fault 160
  it('gives the granted scopes separated by spaces, for any separator of the provider', async () => {
    for (const scope of ['read,write', ['read', 'write'], 'read write']) {
      const issued = await tokenOf({ ...plain, scopes: { separator: ',' } }, 'g', answer(200, token({ scope })))
      expect(issued.scope).to.equal('read write')
    }
  })

  // Fault 18, 19
  for (const [name, headers, retryAfter] of [
    ['seconds', { 'retry-after': '120' }, 120_000],
    ['a date', { 'retry-after': 'Tue, 14 Nov 2023 22:15:20 GMT' }, 120_000],
    ['the provider’s header first', { 'retry-after': '120', 'x-wait': '3' }, 3_000],
    ['the provider’s epoch', { 'x-reset': String(NOW / 1000 + 9) }, 9_000],
    ['ten years, capped', { 'retry-after': '315360000' }, 3_600_000],
    ['a date past', { 'retry-after': 'Tue, 14 Nov 2023 22:13:19 GMT' }, undefined],
    ['0', { 'retry-after': '0' }, undefined],
    ['garbage', { 'retry-after': 'soon' }, undefined],
    ['a number that Date.parse accepts', { 'retry-after': '-5' }, undefined],
    ['10 years', { 'retry-after': '10 years' }, undefined],
    ['nothing', {}, undefined],
  ] as const) {
    it(`reads the pause from ${name}`, async () => {
      const provider = refusing({
        wait: [
          { header: 'X-Wait', as: 'seconds' },
          { header: 'X-Reset', as: 'epoch' },
        ],
      })
      for (const body of ['', { error: 'temporarily_unavailable' }]) {
        expect((await failureOf(provider, 'g', answer(503, body, headers))).retryAfter).to.equal(retryAfter)
      }
    })
  }

  it('reads the pause from a number or a date in the body', async () => {
    const provider = refusing({
      wait: [
        { at: 'wait.s', as: 'seconds' },
        { at: 'wait.d', as: 'date' },
      ],
    })
    expect((await failureOf(provider, 'g', answer(429, { wait: { s: 2.5 } }))).retryAfter).to.equal(2_500)
    const date = { wait: { d: 'Tue, 14 Nov 2023 22:13:30 GMT' } }
    expect((await failureOf(provider, 'g', answer(429, date))).retryAfter).to.equal(10_000)
  })
})

describe('readTokenResponse: a prompt', () => {
  const provider = defineProvider({
    ...plain,
    grants: { g: {}, otp: { params: { id: '{id}', kind: '{kind?}' } } },
    prompt: {
      when: [
        { at: 'error', is: 'mfa_required' },
        { status: 200, at: 'challenge' },
      ],
      grant: 'otp',
      carry: { id: ['challenge.id', 'mfa_token'], kind: 'challenge.kind' },
    },
  })

  it('has precedence over a token and an error', async () => {
    const beside = answer(200, token({ challenge: { id: 5, kind: '' } }))
    expect(await meaning(provider, 'g', beside)).to.deep.equal({ kind: 'prompt', grant: 'otp', carried: { id: '5' } })
    const refused = answer(403, { error: 'mfa_required', mfa_token: 'm' })
    expect(await meaning(provider, 'g', refused)).to.deep.equal({ kind: 'prompt', grant: 'otp', carried: { id: 'm' } })
  })

  it('must match everything the provider names', async () => {
    expect((await meaning(provider, 'g', answer(403, { challenge: { id: 5 } }))).kind).to.equal('failure')
    expect((await meaning(provider, 'g', answer(403, { error: 'mfa' }))).kind).to.equal('failure')
  })
})

describe('readTokenResponse: secrets', () => {
  const secrets = ['hunter2', 'hunter2-long', 'a+b%26', 'x']
  const shown = async (body: object, status = 400): Promise<string> => {
    const failure = await failureOf(plain, 'g', answer(status, body), secrets)
    return `${inspect(failure, { depth: 10 })} ${JSON.stringify(failure)} ${String(failure.error)}`
  }

  it('do not appear in errors with texts of the server', async () => {
    const text = await shown({
      error: 'bad hunter2',
      error_description: 'hunter2-long is not hunter2 (a+b%26)',
      error_uri: 'https://x.example/?p=hunter2',
    })
    expect(text).to.include('[redacted] is not [redacted] ([redacted])')
    for (const secret of ['hunter2', 'a+b%26', '-long']) expect(text).not.to.include(secret)
  })

  it('are not cut in half by the limit', async () => {
    expect(await shown({ error: 'e', error_description: `${'.'.repeat(250)}hunter2-long` })).not.to.include('hunter')
  })

  it('of one or two characters are not redacted', async () => {
    expect(await shown({ error: 'expired', error_description: 'next' })).to.include('expired (next)')
  })

  it('do not change the standard error codes', async () => {
    const failure = await failureOf(plain, 'g', answer(400, { error: 'Invalid_Client', error_description: 'client' }), [
      'Client',
      'client',
    ])
    expect(failure.error).to.include({ error: 'Invalid_Client', errorDescription: '[redacted]' })
  })

  it('do not appear in errors of malformed responses', async () => {
    expect(await shown({ access_token: 'gr8 secret', note: 'hunter2' }, 200)).not.to.match(/hunter2|gr8/)
  })

  it('are removed together with control characters; a description has at most 256 characters', async () => {
    const said = `\u001B[31mred\u001B[0m\r\nSet-Cookie: a\u202E${'y'.repeat(500)}`
    const { error } = await failureOf(plain, 'g', answer(400, { error: 'e', error_description: said }))
    const description = 'errorDescription' in error ? String(error.errorDescription) : ''
    expect(description)
      .to.match(/^\[31mred \[0m Set-Cookie: a y+…$/)
      .and.to.have.lengthOf(256)
  })
})
