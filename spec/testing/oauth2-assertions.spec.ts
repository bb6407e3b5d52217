// The emulator refuses assertions with one fault each, signed here by jose. RFC 7521, section 4.2; RFC 7523, section 3.
import { expect } from 'chai'
import { SignJWT, UnsecuredJWT } from 'jose'
import { oauth2Emulator, startEmulator } from 'tokenflight/testing'
import { ec, rsa } from '../support/signing-keys.ts'
import { postForm, type ReceivedResponse } from './send.ts'

const NOW = 1_700_000_000
const KEYS = [ec('P-256'), rsa(), ec('P-384')] as const
const [P256, RSA, P384] = KEYS
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

type Claims = Readonly<Record<string, unknown>>
type Sign = (claims: Claims, url: string) => Promise<string>

const good = (url: string): Claims => ({
  iss: 'client',
  sub: 'client',
  aud: `${url}/token`,
  iat: NOW,
  exp: NOW + 60,
  jti: 'one',
})
const signed =
  (change: Claims = {}, header: Claims = {}, key = P256): Sign =>
  (claims) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'ES256', ...header }).sign(key.privateKey)

describe('oauth2Emulator({ clientAuthentication: "private_key_jwt" })', () => {
  const start = (): ReturnType<typeof startEmulator> =>
    startEmulator(
      oauth2Emulator({
        clientAuthentication: 'private_key_jwt',
        keys: [{ ...P256.publicJwk, kid: 'p256' }, RSA.publicJwk],
      }),
      { clock: { now: () => NOW * 1_000 } },
    )
  const post = async (url: string, sign: Sign, change: Record<string, string> = {}): Promise<ReceivedResponse> =>
    postForm(`${url}/token`, {
      grant_type: 'client_credentials',
      client_assertion_type: TYPE,
      client_assertion: await sign(good(url), url),
      ...change,
    })

  for (const [title, sign] of Object.entries<Sign>({
    'with all claims': signed(),
    'for the issuer, in a list': (claims, url) => signed({ aud: ['https://other.example', url] })(claims, url),
    'with the kid of its key': signed({}, { kid: 'p256' }),
    'signed with RSA-PSS': signed({}, { alg: 'PS512' }, RSA),
  })) {
    it(`accepts an assertion ${title}`, async () => {
      await using emulator = await start()
      expect((await post(emulator.url, sign)).status).to.equal(200)
    })
  }

  for (const [title, sign] of Object.entries<Sign>({
    'signed with a key that is not registered': signed({}, { alg: 'ES384' }, P384),
    'with the kid of another key': signed({}, { kid: 'p257' }),
    'that is not signed': (claims) => Promise.resolve(new UnsecuredJWT(claims).encode()),
    'signed with a shared secret': (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(P256.pem)),
    'whose claims were changed': async (claims, url) => {
      const [header, , signature] = (await signed()(claims, url)).split('.')
      const other = Buffer.from(JSON.stringify({ ...claims, jti: 'two' })).toString('base64url')
      return [header, other, signature].join('.')
    },
    'for another server': signed({ aud: 'https://other.example/token' }),
    'without an audience': signed({ aud: undefined }),
    'that has expired': signed({ exp: NOW }),
    'without exp': signed({ exp: undefined }),
    'that is valid for a day': signed({ exp: NOW + 86_400 }),
    'issued tomorrow': signed({ iat: NOW + 86_400 }),
    'that is not valid yet': signed({ nbf: NOW + 600 }),
    'without jti': signed({ jti: undefined }),
    'of another issuer': signed({ iss: 'other' }),
    'for another subject': signed({ sub: 'other' }),
    'with a critical parameter': (claims) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'ES256', crit: ['b64'], b64: true }).sign(P256.privateKey),
    'that is no JWT': () => Promise.resolve('a.b'),
  })) {
    it(`rejects an assertion ${title}`, async () => {
      await using emulator = await start()
      const { status, body } = await post(emulator.url, sign)
      expect([status, body['error']]).to.deep.equal([401, 'invalid_client'])
    })
  }

  it('rejects an assertion that was used before', async () => {
    await using emulator = await start()
    expect((await post(emulator.url, signed())).status).to.equal(200)
    expect((await post(emulator.url, signed())).status).to.equal(401)
    expect((await post(emulator.url, signed({ jti: 'two' }))).status).to.equal(200)
  })

  for (const [title, change, error] of [
    [
      'of another type',
      { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' },
      'request',
    ],
    ['with the client_id of another client', { client_id: 'other' }, 'client'],
    ['with a client secret', { client_secret: 'sesame' }, 'client'],
  ] as const) {
    it(`rejects an assertion ${title}`, async () => {
      await using emulator = await start()
      expect((await post(emulator.url, signed(), change)).body['error']).to.equal(`invalid_${error}`)
    })
  }

  it('requires an assertion at revocation and introspection too', async () => {
    await using emulator = await start()
    for (const path of ['/revoke', '/introspect']) {
      const without = await postForm(emulator.url + path, { token: 'x', client_id: 'client' })
      expect([path, without.status]).to.deep.equal([path, 401])
      const assertion = await signed({ jti: path })(good(emulator.url), emulator.url)
      const fields = { token: 'x', client_assertion_type: TYPE, client_assertion: assertion }
      expect((await postForm(emulator.url + path, fields)).status).to.equal(200)
    }
  })
})

describe('oauth2Emulator(): the JWT bearer grant', () => {
  for (const [title, change, error] of [
    ['accepts an assertion for an account', { sub: 'ann' }, undefined],
    ['accepts an assertion for the client itself', {}, undefined],
    ['accepts an assertion without jti', { jti: undefined }, undefined],
    ['rejects an unknown subject', { sub: 'eve' }, 'invalid_grant'],
    ['rejects another issuer', { iss: 'other' }, 'invalid_grant'],
    ['rejects an assertion without a subject', { sub: undefined }, 'invalid_grant'],
    ['rejects an assertion for another server', { aud: 'https://other.example' }, 'invalid_grant'],
  ] as const) {
    it(title, async () => {
      const options = { clientAuthentication: 'none', keys: [P256.publicJwk] } as const
      await using emulator = await startEmulator(oauth2Emulator(options), { clock: { now: () => NOW * 1_000 } })
      const assertion = await signed(change)(good(emulator.url), emulator.url)
      const { body } = await postForm(`${emulator.url}/token`, { grant_type: BEARER, assertion })
      expect(body['error']).to.equal(error)
    })
  }

  it('describes a token to its client, and reports a revoked one as inactive', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
    const { accessToken } = emulator.issue({ account: 'ann' })
    const ask = (): Promise<ReceivedResponse> =>
      postForm(`${emulator.url}/introspect`, { token: accessToken, client_id: 'client' })
    expect((await ask()).body).to.include({ active: true, username: 'ann', scope: 'read write', token_type: 'Bearer' })
    emulator.revokeAll()
    expect((await ask()).body).to.deep.equal({ active: false })
  })
})
