// Client assertions, assertions of the JWT bearer grant and self-signed tokens, against servers that verify them.
import { inspect } from 'node:util'
import { X509Certificate } from 'node:crypto'
import { expect } from 'chai'
import { createTokenManager, TokenRequestError } from '../../lib/index.ts'
import { clientSecretJwt, oauth2, privateKeyJwt, signedJwt } from '../../lib/providers.ts'
import type { CredentialRequest, SigningKey } from '../../lib/providers.ts'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from '../../lib/testing.ts'
import { CERTIFICATE, KEY } from '../support/certificates.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { failureOf } from '../support/failure.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { realNetwork } from '../support/real-network.ts'
import {
  ec,
  ed25519,
  encryptedPem,
  type KeyPair,
  readJwt,
  rsa,
  traditionalPem,
  x25519,
} from '../support/signing-keys.ts'
import { byAxios, byFetch, fieldsOf, grantsOf, tokenRequestsOf, WatchedClock } from '../systems/support.ts'

const RSA = rsa()
const [P256, P384, P521, ED25519] = [ec('P-256'), ec('P-384'), ec('P-521'), ed25519()]
const ALL = [RSA, P256, P384, P521, ED25519].map(({ publicJwk }) => publicJwk)

const cryptoKey = ({ jwk }: KeyPair, algorithm: object, usages: readonly string[] = ['sign']): Promise<CryptoKey> =>
  crypto.subtle.importKey('jwk', jwk, algorithm as EcKeyImportParams, false, usages as KeyUsage[])

function newServer(
  method: 'private_key_jwt' | 'client_secret_jwt' = 'private_key_jwt',
): Promise<Emulator<OAuth2System<typeof method>>> {
  return startEmulator(oauth2Emulator({ clientAuthentication: method, keys: ALL }))
}

const assertionOf = (body: string): ReturnType<typeof readJwt> =>
  readJwt(new URLSearchParams(body).get('client_assertion'))

describe('private_key_jwt', () => {
  realNetwork()

  const kinds: Readonly<Record<string, [key: () => SigningKey | Promise<SigningKey>, alg: string]>> = {
    'an RSA key, PEM': [() => RSA.pem, 'RS256'],
    'PEM with escaped line breaks': [() => RSA.pem.replaceAll('\n', '\\n'), 'RS256'],
    'an RSA key, JWK with alg PS384': [() => ({ ...RSA.jwk, alg: 'PS384' }), 'PS384'],
    'an RSA key, CryptoKey of PS512': [() => cryptoKey(RSA, { name: 'RSA-PSS', hash: 'SHA-512' }), 'PS512'],
    'an RSA key, CryptoKey of RS384': [() => cryptoKey(RSA, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384' }), 'RS384'],
    'a P-256 key, PEM': [() => P256.pem, 'ES256'],
    'a P-256 key, CryptoKey': [() => cryptoKey(P256, { name: 'ECDSA', namedCurve: 'P-256' }), 'ES256'],
    'a P-384 key, JWK': [() => P384.jwk, 'ES384'],
    'a P-521 key, PEM': [() => P521.pem, 'ES512'],
    'an Ed25519 key, PEM': [() => ED25519.pem, 'EdDSA'],
    'an Ed25519 key, JWK with alg Ed25519': [() => ({ ...ED25519.jwk, alg: 'Ed25519' }), 'Ed25519'],
    'an Ed25519 key, CryptoKey': [() => cryptoKey(ED25519, { name: 'Ed25519' }), 'EdDSA'],
  }
  for (const [title, [makeKey, alg]] of Object.entries(kinds)) {
    it(`signs with ${title}, with ${alg}`, async () => {
      await using emulator = await newServer()
      const { provider } = emulator
      const credentials = { clientId: 'client', clientAssertion: privateKeyJwt({ key: await makeKey() }) }
      const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
      expect((await byFetch(emulator, tokens)('/scoped/read')).status).to.equal(200)
      const [request] = tokenRequestsOf(emulator)
      expect(assertionOf(request?.body ?? '').header).to.deep.equal({ alg })
    })
  }

  it('sends an assertion of a minute with client and token endpoint, and no other client authentication', async () => {
    await using emulator = await newServer()
    const { provider, credentials } = emulator
    const before = Math.floor(Date.now() / 1_000)
    await createTokenManager({ provider, grant: 'client_credentials', credentials }).token()
    const [request] = tokenRequestsOf(emulator)
    const { client_assertion: assertion, ...fields } = fieldsOf(request)
    expect(request?.headers).not.to.have.property('authorization')
    expect(fields).to.deep.equal({
      client_id: 'client',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      grant_type: 'client_credentials',
    })
    const { iat, exp, jti, ...claims } = readJwt(assertion).claims
    expect(claims).to.deep.equal({ iss: 'client', sub: 'client', aud: `${emulator.url}/token` })
    expect(Number(iat)).to.be.within(before, before + 5)
    expect(Number(exp) - Number(iat)).to.equal(60)
    expect(jti).to.match(/^[\w-]{22}$/)
  })

  it('authenticates at every endpoint, with a new assertion each time', async () => {
    await using emulator = await newServer()
    emulator.switches.alwaysRefresh = true
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
    const get = byAxios(emulator, tokens)
    await get('/scoped/read')
    emulator.revokeAll()
    expect((await get('/scoped/read')).status).to.equal(200)
    expect(grantsOf(emulator)).to.deep.equal(['client_credentials', 'refresh_token'])
    expect(await tokens.inspect()).to.deep.include({ active: true, client_id: 'client' })
    const { accessToken } = await tokens.token()
    await tokens.revoke()
    expect(
      (await fetch(`${emulator.api}/echo`, { headers: { authorization: `Bearer ${accessToken}` } })).status,
    ).to.equal(401)
    const bodies = emulator.log.filter(({ method, path }) => method === 'POST' && !path.startsWith('/api'))
    expect(bodies.map(({ path }) => path)).to.deep.equal(['/token', '/token', '/introspect', '/revoke', '/revoke'])
    expect(new Set(bodies.map(({ body }) => assertionOf(body).claims['jti'])).size).to.equal(bodies.length)
  })

  it('signs again for a repeated request', async () => {
    await using emulator = await newServer()
    emulator.next('token', { status: 503 })
    const { provider, credentials } = emulator
    const clock = new WatchedClock(Date.now())
    const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, clock })
    const token = tokens.token()
    await clock.waitOf(1_000)
    await clock.advance(1_000)
    await token
    const [first, second] = tokenRequestsOf(emulator).map(({ body }) => assertionOf(body).claims)
    expect(first?.['jti']).not.to.equal(second?.['jti'])
  })

  it('accepts an audience, further claims, a lifetime, a kid and header parameters', async () => {
    await using emulator = await startEmulator(
      oauth2Emulator({ clientAuthentication: 'private_key_jwt', keys: [{ ...P256.publicJwk, kid: 'mine' }] }),
    )
    const clientAssertion = privateKeyJwt({
      key: { ...P256.jwk, kid: 'of the key' },
      kid: 'mine',
      audience: emulator.url,
      header: { typ: 'client-authentication+jwt' },
      claims: { tenant: 't', iat: undefined },
      expiresIn: 240,
    })
    const { provider } = emulator
    const credentials = { clientId: 'client', clientAssertion }
    await createTokenManager({ provider, grant: 'client_credentials', credentials }).token()
    const { header, claims } = assertionOf(tokenRequestsOf(emulator)[0]?.body ?? '')
    expect(header).to.deep.equal({ alg: 'ES256', kid: 'mine', typ: 'client-authentication+jwt' })
    expect(claims).to.include({ aud: emulator.url, tenant: 't' }).and.not.have.property('iat')
    expect(Number(claims['exp']) - Date.now() / 1_000).to.be.within(230, 241)
  })

  it('sets kid from the JSON Web Key and x5t#S256 from a certificate', async () => {
    const assertion = await privateKeyJwt({
      key: { ...P256.jwk, kid: 'k1' },
      certificate: CERTIFICATE,
    })({ clientId: 'c', tokenEndpoint: 'https://as.example/token' })
    const thumbprint = Buffer.from(new X509Certificate(CERTIFICATE).fingerprint256.replaceAll(':', ''), 'hex')
    expect(readJwt(assertion).header).to.deep.equal({
      alg: 'ES256',
      kid: 'k1',
      'x5t#S256': thumbprint.toString('base64url'),
    })
  })

  it('calls a key function for each signature, so that keys can be rotated', async () => {
    const keys = [P256, P384]
    const sign = privateKeyJwt({ key: () => Promise.resolve(keys.shift()?.pem ?? '') })
    const request = { clientId: 'c', tokenEndpoint: 'https://as.example/token' }
    const algorithms = [await sign(request), await sign(request)].map((jwt) => readJwt(jwt).header['alg'])
    expect(algorithms).to.deep.equal(['ES256', 'ES384'])
    const error = await failureOf(sign(request))
    expect(error).to.be.instanceOf(TokenRequestError).and.include({ reason: 'credentials' })
    expect(String(error)).to.contain('privateKeyJwt.key: expected a private key for signatures')
  })

  it('accepts an assertion from a function, which gets client and token endpoint', async () => {
    await using emulator = await newServer()
    const told: CredentialRequest[] = []
    const sign = privateKeyJwt({ key: P256.pem })
    const provider = oauth2({
      tokenEndpoint: `${emulator.url}/{path}`,
      clientAuthentication: 'private_key_jwt',
      api: emulator.api,
    })
    const credentials = {
      clientId: () => 'client',
      path: () => Promise.resolve('token'),
      clientAssertion: (request: CredentialRequest) => {
        told.push(request)
        return sign(request)
      },
    }
    expect((await byFetch(emulator, createTokenManager({ provider, credentials }))('/scoped/read')).status).to.equal(
      200,
    )
    const { host } = new URL(emulator.url)
    expect(told).to.deep.equal([{ provider: host, clientId: 'client', tokenEndpoint: `${emulator.url}/token` }])
  })

  const wrong: Readonly<Record<string, [option: string, options: object]>> = {
    'no key': ['key', {}],
    'a public key': ['key', { key: RSA.publicJwk }],
    'a shared secret': ['key', { key: { kty: 'oct', k: 'c2VjcmV0LXNlY3JldC1zZWNyZXQ' } }],
    'a key for encryption': ['key', { key: { ...RSA.jwk, use: 'enc' } }],
    'a key that may not sign': ['key', { key: { ...P256.jwk, key_ops: ['verify'] } }],
    'a key for key agreement': ['key', { key: x25519().jwk }],
    'a key for key agreement, PEM': ['key', { key: x25519().pem }],
    'an RSA key of 1024 bits': ['key', { key: rsa(1024).jwk }],
    'an RSA key of 1024 bits, PEM': ['key', { key: rsa(1024).pem }],
    'a key with an unsuitable alg': ['key', { key: { ...P256.jwk, alg: 'RS256' } }],
    'PEM of PKCS #1': ['key', { key: traditionalPem(RSA) }],
    'PEM of SEC 1': ['key', { key: traditionalPem(P256) }],
    'encrypted PEM': ['key', { key: encryptedPem(P256) }],
    'a certificate for a key': ['key', { key: CERTIFICATE }],
    'truncated PEM': ['key', { key: RSA.pem.slice(0, 400) }],
    'the name of a file': ['key', { key: '/etc/keys/client.pem' }],
    'an algorithm of another kind of key': ['alg', { key: RSA.pem, alg: 'ES256' }],
    'an algorithm of another curve': ['alg', { key: P384.pem, alg: 'ES256' }],
    'no algorithm at all': ['alg', { key: RSA.pem, alg: 'none' }],
    'a key for a certificate': ['certificate', { key: KEY, certificate: KEY }],
    'a lifetime of 0': ['expiresIn', { key: KEY, expiresIn: 0 }],
    'a list for claims': ['claims', { key: KEY, claims: [] }],
    'an unknown option': ['issuer', { key: KEY, issuer: 'https://as.example' }],
  }
  for (const [title, [option, options]] of Object.entries(wrong)) {
    it(`throws for ${title} at construction, without showing it`, () => {
      const make = (): unknown => privateKeyJwt(options as never)
      expect(make).to.throw(TypeError, `tokenflight: privateKeyJwt.${option}: expected `)
      for (const { d, pem } of [
        { d: RSA.jwk['d'], pem: RSA.pem },
        { d: P256.jwk['d'], pem: P256.pem },
      ]) {
        leakDetector().learn(d)
        leakDetector().learn(pem.split('\n')[1])
      }
      try {
        make()
      } catch (error) {
        leakDetector().inspect('the error', error)
      }
    })
  }

  it('throws for a CryptoKey that cannot sign', async () => {
    const [publicKey, agreement] = await Promise.all([
      crypto.subtle.importKey('jwk', P256.publicJwk as JsonWebKey, { name: 'ECDSA', namedCurve: 'P-256' }, true, [
        'verify',
      ]),
      cryptoKey(P256, { name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']),
    ])
    for (const key of [publicKey, agreement])
      expect(() => privateKeyJwt({ key })).to.throw(TypeError, 'tokenflight: privateKeyJwt.key: expected ')
  })

  it('sends no request without a client identifier, and names what is missing', async () => {
    await using emulator = await newServer()
    const { provider } = emulator
    const sign = privateKeyJwt({ key: P256.pem })
    const credentials = { clientId: 'client', clientAssertion: () => sign({ tokenEndpoint: 'https://as.example' }) }
    const error = await failureOf(createTokenManager({ provider, grant: 'client_credentials', credentials }).token())
    expect(error).to.be.instanceOf(TokenRequestError).and.include({ reason: 'credentials' })
    expect((error as TokenRequestError).message).to.contain(
      'the credential clientAssertion could not be read: its function threw',
    )
    expect(String((error as Error).cause)).to.contain('privateKeyJwt: neither the provider nor claims.iss says iss')
    expect(emulator.log).to.have.length(0)
  })

  it('shows no key and no assertion, neither of the function nor of an error response that quotes it', async () => {
    const sign = privateKeyJwt({ key: P256.pem })
    leakDetector().learn(P256.pem.split('\n')[1])
    leakDetector().inspect('the function', sign)
    leakDetector().inspect('the function, in depth', inspect(sign, { depth: 9, showHidden: true }))
    const endpoint = new FakeEndpoint()
    endpoint.always((params) =>
      answer(401, { error: 'invalid_client', error_description: `no ${params.get('client_assertion') ?? ''}` }),
    )
    const provider = oauth2({ tokenEndpoint: 'https://as.example/token', clientAuthentication: 'private_key_jwt' })
    const { transport } = endpoint
    const tokens = createTokenManager({
      provider,
      credentials: { clientId: 'client', clientAssertion: sign },
      transport,
    })
    expect(await failureOf(tokens.token())).to.include({ error: 'invalid_client' })
    expect(endpoint.calls).to.equal(1)
  })
})

describe('client_secret_jwt', () => {
  realNetwork()

  it('signs with the secret, which is not sent', async () => {
    await using emulator = await newServer('client_secret_jwt')
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
    expect((await byAxios(emulator, tokens)('/scoped/read')).status).to.equal(200)
    const { header, claims } = assertionOf(tokenRequestsOf(emulator)[0]?.body ?? '')
    expect(header).to.deep.equal({ alg: 'HS256' })
    expect(claims).to.have.all.keys('iss', 'sub', 'aud', 'iat', 'exp', 'jti')
  })

  it('accepts an algorithm, and a function for the secret', async () => {
    const clientSecret = 'a secret of sixty-four bytes and more, as HS512 needs it: 64 bytes.'
    await using emulator = await startEmulator(
      oauth2Emulator({ clientAuthentication: 'client_secret_jwt', clientSecret }),
    )
    const { provider } = emulator
    const clientAssertion = clientSecretJwt({ alg: 'HS512', secret: () => Promise.resolve(clientSecret) })
    const credentials = { clientId: 'client', clientAssertion }
    await createTokenManager({ provider, grant: 'client_credentials', credentials }).token()
    expect(assertionOf(tokenRequestsOf(emulator)[0]?.body ?? '').header).to.deep.equal({ alg: 'HS512' })
    const short = clientSecretJwt({ secret: () => 'too short' })
    expect(await failureOf(short({ clientId: 'c', tokenEndpoint: 't' }))).to.be.instanceOf(TokenRequestError)
  })

  const secret = 'thirty-two bytes, and not many more'
  for (const [title, option, options] of [
    ['no secret', 'secret', {}],
    ['a secret of fewer than 32 bytes', 'secret', { secret: 'short' }],
    ['a secret of fewer than 64 bytes for HS512', 'secret', { secret, alg: 'HS512' }],
    ['an algorithm of keys', 'alg', { secret, alg: 'RS256' }],
    ['a key', 'key', { key: KEY }],
  ] as const) {
    it(`throws for ${title} at construction`, () => {
      expect(() => clientSecretJwt(options as never)).to.throw(TypeError, `tokenflight: clientSecretJwt.${option}: `)
    })
  }
})

describe('the JWT bearer grant', () => {
  realNetwork()

  it('exchanges an assertion signed by the client for a token, with or without client_id', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none', keys: ALL }))
    const provider = oauth2({
      tokenEndpoint: `${emulator.url}/token`,
      clientAuthentication: 'none',
      grants: ['jwt_bearer'],
      api: emulator.api,
    })
    const assertion = signedJwt({ key: RSA.pem, claims: { iss: 'client', sub: 'ann', scope: 'read' } })
    for (const credentials of [{ assertion }, { assertion, clientId: 'client' }]) {
      const get = byFetch(emulator, createTokenManager({ provider, credentials, scope: 'read' }))
      expect((await get('/scoped/read')).status).to.equal(200)
      emulator.revokeAll()
      expect((await get('/scoped/read')).status).to.equal(200)
    }
    const sent = tokenRequestsOf(emulator).map(fieldsOf)
    expect(sent.map(({ client_id: id }) => id)).to.deep.equal([undefined, undefined, 'client', 'client'])
    const { header, claims } = readJwt(sent[0]?.['assertion'])
    expect(header).to.deep.equal({ alg: 'RS256' })
    expect(claims).to.include({ iss: 'client', sub: 'ann', scope: 'read', aud: `${emulator.url}/token` })
    expect(Number(claims['exp']) - Number(claims['iat'])).to.equal(300)
    expect(new Set(sent.map(({ assertion }) => readJwt(assertion).claims['jti'])).size).to.equal(4)
  })

  it('is sent with client authentication where the server requires both', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'private_key_jwt' }))
    const { provider, grants } = emulator
    const tokens = createTokenManager({ provider, grant: 'jwt_bearer', credentials: grants.jwt_bearer })
    expect((await byAxios(emulator, tokens)('/scoped/read')).status).to.equal(200)
    expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.include.keys('assertion', 'client_assertion', 'client_id')
  })

  it('rejects with a typed error for invalid_grant', async () => {
    await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
    const { provider } = emulator
    const assertion = signedJwt({ key: P256.pem, claims: { iss: 'client', sub: 'ann' } })
    const credentials = { clientId: 'client', assertion }
    const error = await failureOf(createTokenManager({ provider, grant: 'jwt_bearer', credentials }).token())
    expect(error).to.include({ code: 'ERR_REAUTHENTICATION_REQUIRED' })
    expect((error as Error).cause).to.include({ error: 'invalid_grant' })
  })
})

describe('a self-signed JWT', () => {
  realNetwork()

  it('from getToken is renewed before it expires and after a 401', async () => {
    const seen: string[] = []
    const clock = new WatchedClock(Date.now())
    const getToken = signedJwt({
      key: P256.jwk,
      kid: 'K1',
      header: { typ: 'JWT' },
      claims: { iss: 'an issuer', aud: 'appstoreconnect-v1' },
      expiresIn: 1_200,
    })
    const tokens = createTokenManager({ getToken, clock, resources: ['https://api.example'] })
    const first = await tokens.token()
    seen.push(first.accessToken)
    expect(Number(first.expiresAt) - clock.now()).to.be.within(1_195_000, 1_200_000)
    expect((await tokens.token()).accessToken).to.equal(first.accessToken)
    seen.push((await tokens.renew(first)).accessToken)
    await clock.timersDone()
    await clock.advance(1_201_000)
    seen.push((await tokens.token()).accessToken)
    expect(new Set(seen).size).to.equal(3)
    const { header, claims } = readJwt(seen[0])
    expect(header).to.deep.equal({ alg: 'ES256', kid: 'K1', typ: 'JWT' })
    expect(claims).to.have.all.keys('iss', 'aud', 'iat', 'exp', 'jti')
  })

  it('can be the client secret', async () => {
    const provider = oauth2({ tokenEndpoint: 'https://as.example/token', clientAuthentication: 'client_secret_post' })
    let secret = ''
    const clientSecret = signedJwt({
      key: P256.pem,
      kid: 'K1',
      claims: { iss: 'TEAM', sub: 'com.example.app', aud: 'https://as.example' },
    })
    const tokens = createTokenManager({
      provider,
      credentials: { clientId: 'com.example.app', clientSecret },
      transport: async (call) => {
        secret = new URLSearchParams((await call.prepare()).body).get('client_secret') ?? ''
        return { status: 200, headers: {}, text: '{"access_token":"AT-1"}' }
      },
    })
    await tokens.token()
    expect(readJwt(secret).claims).to.include({ iss: 'TEAM', aud: 'https://as.example' })
  })
})
