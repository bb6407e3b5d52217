import { expect } from 'chai'
import { netsapiens, netsapiensJwt, netsapiensLegacy } from '../../lib/providers.ts'
import { answer, failureOf, form, json, jwt, meaning, NOW, sent, tokenOf } from '../support/answers.ts'

const credentials = {
  server: 'h.example',
  clientId: 'client',
  clientSecret: 'secret',
  username: '1001@example.com',
  password: 'pa55word',
}
const second = { ...credentials, passcode: '110124', partialToken: '2711618e' }

describe('netsapiens', () => {
  it('sends exactly the five fields of the password grant, as JSON', async () => {
    const request = await sent(netsapiens, 'password', credentials)
    expect(request).to.deep.include({ method: 'POST', url: 'https://h.example/ns-api/v2/tokens' })
    expect(request.headers).to.deep.equal({ accept: 'application/json', 'content-type': 'application/json' })
    expect(json(request)).to.deep.equal({
      grant_type: 'password',
      client_id: 'client',
      client_secret: 'secret',
      username: '1001@example.com',
      password: 'pa55word',
    })
  })

  it('sends username and password again with a passcode; mfa_vendor defaults to google', async () => {
    expect(json(await sent(netsapiens, 'mfa', second))).to.deep.equal({
      grant_type: 'mfa',
      client_id: 'client',
      client_secret: 'secret',
      username: '1001@example.com',
      password: 'pa55word',
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
      ns_id_type: 'subscriber',
      passcode: '110124',
      access_token: '2711618e',
    })
    const other = await sent(netsapiens, 'mfa', { ...second, mfaVendor: 'duo', nsIdType: 'level1' })
    expect(json(other)).to.deep.include({ mfa_vendor: 'duo', ns_id_type: 'level1' })
  })

  it('renews with four fields, without username', async () => {
    const request = await sent(netsapiens, 'refresh_token', { ...credentials, refreshToken: '9b1c' })
    expect(json(request)).to.deep.equal({
      grant_type: 'refresh_token',
      client_id: 'client',
      client_secret: 'secret',
      refresh_token: '9b1c',
    })
  })

  it('reads a token and keeps the fields of the user', async () => {
    const body = {
      username: '1001@example.com',
      user: '1001',
      territory: 'Example Reseller',
      domain: 'example.com',
      site: '',
      uid: '1001@example.com',
      scope: 'Basic User',
      access_token: '2711618e692064e183e9596a26e8eb10',
      expires_in: 3600,
      token_type: 'Bearer',
      refresh_token: '9b1c',
      apiversion: 'Version: 44.0.4',
    }
    expect(await tokenOf(netsapiens, 'password', answer(200, body))).to.deep.equal({
      accessToken: '2711618e692064e183e9596a26e8eb10',
      scheme: 'Bearer',
      expiresIn: 3_600_000,
      refreshToken: '9b1c',
      scope: 'Basic User',
      kept: {
        apiVersion: 'Version: 44.0.4',
        domain: 'example.com',
        territory: 'Example Reseller',
        uid: '1001@example.com',
        user: '1001',
      },
    })
  })

  it('finds the prompt in a response with a partial token', async () => {
    const body = {
      access_token: '2711',
      mfa_type: 'authenticator',
      mfa_vendor: 'google',
      ns_id_type: 'subscriber',
      scope: 'mfa_required',
    }
    expect(await meaning(netsapiens, 'password', answer(200, body))).to.deep.equal({
      kind: 'prompt',
      grant: 'mfa',
      carried: { partialToken: '2711', mfaType: 'authenticator', mfaVendor: 'google', nsIdType: 'subscriber' },
    })
  })

  for (const [name, body] of [
    ['the scope mfa_required alone', { access_token: 'p', scope: 'mfa_required' }],
    ['the scope MFA of another operator', { access_token: 'p', scope: 'MFA' }],
    ['a vendor alone', { access_token: 'p', mfa_vendor: 'google' }],
  ] as const) {
    it(`recognises a prompt by ${name}`, async () => {
      const outcome = await meaning(netsapiens, 'password', answer(200, body))
      expect(outcome).to.deep.include({ kind: 'prompt', grant: 'mfa' })
      expect(outcome).to.have.nested.property('carried.partialToken', 'p')
    })
  }

  it('advises to check the client credentials for a 401, although the server has no code for that', async () => {
    const hint = '; check the credentials of the client, and how they are sent'
    const messageOf = async (status: number): Promise<string> =>
      (await failureOf(netsapiens, 'password', answer(status, { code: status, message: 'no' }))).error.message
    expect(await messageOf(401)).to.contain(hint)
    for (const status of [400, 403, 404]) expect(await messageOf(status)).to.not.contain(hint)
  })

  for (const [grant, status, body, kind, code, said] of [
    ['password', 403, { code: 403, message: 'Invalid User Login' }, 'denied', '403', 'Invalid User Login'],
    ['password', 401, { code: 401, message: 'Invalid client' }, 'configuration', '401', 'Invalid client'],
    ['password', 400, { code: 400, message: 'Missing field' }, 'configuration', '400', 'Missing field'],
    ['password', 404, { code: 404, message: 'Not Found' }, 'configuration', '404', 'Not Found'],
    ['mfa', 403, { code: 403, message: 'Permission Denied' }, 'denied', '403', 'Permission Denied'],
    ['refresh_token', 400, { code: 400, message: 'Bad token' }, 'denied', '400', 'Bad token'],
    ['refresh_token', 401, { code: 401, message: 'Bad token' }, 'denied', '401', 'Bad token'],
    ['refresh_token', 404, { code: 404, message: 'No such token' }, 'denied', '404', 'No such token'],
    ['password', 200, { code: 401, message: 'no' }, 'configuration', '401', 'no'],
  ] as const) {
    it(`classifies ${String(status)} "${said}" for ${grant} as ${kind}`, async () => {
      const failure = await failureOf(netsapiens, grant, answer(status, body))
      expect(failure.kind).to.equal(kind)
      expect(failure.retry).to.equal(false)
      expect(failure.error).to.deep.include({ name: 'OAuthError', error: code, errorDescription: said, status })
    })
  }

  for (const [name, given, reason] of [
    ['a page of an old server', answer(404, '<html>not here</html>', { 'content-type': 'text/html' }), 'blocked'],
    ['a 403 with an HTML page', answer(403, '<html>blocked</html>'), 'blocked'],
    ["a proxy's message with 403", answer(403, { message: 'Forbidden' }), 'blocked'],
    ["a proxy's message", answer(401, { message: 'Unauthorized' }), 'blocked'],
    ['a page with 200', answer(200, '<html>'), 'unreadable'],
    ['a 200 without a token', answer(200, { username: 'x' }), 'no_token'],
  ] as const) {
    it(`does not classify ${name} as denied`, async () => {
      const failure = await failureOf(netsapiens, 'mfa', given)
      expect(failure.kind).to.equal('transient')
      expect(failure.error).to.have.property('reason', reason)
    })
  }

  for (const body of [{ message: 'Invalid passcode' }, { code: 401, message: 'Invalid passcode' }]) {
    it(`classifies ${JSON.stringify(body)} as a rejected passcode`, async () => {
      const failure = await failureOf(netsapiens, 'mfa', answer(401, body))
      expect(failure.kind).to.equal('denied')
      expect(failure.error).to.deep.include({ name: 'OAuthError', errorDescription: 'Invalid passcode', status: 401 })
    })
  }

  it('does not use a passcode again', () => {
    expect(netsapiens.grants.mfa.repeatable).to.equal(false)
    expect(netsapiens.renewal).to.deep.include({ refreshToken: 'rotates', accessToken: 'dies' })
  })
})

describe('netsapiensJwt', () => {
  const exp = NOW / 1000 + 86_400

  it('uses its own path with the same fields', async () => {
    const request = await sent(netsapiensJwt, 'password', credentials)
    expect(request.url).to.equal('https://h.example/ns-api/v2/jwt')
    expect(json(request)).to.deep.include({ grant_type: 'password', client_secret: 'secret' })
  })

  it('renews with the refresh token and no other field', async () => {
    const request = await sent(netsapiensJwt, 'refresh_token', { ...credentials, refreshToken: 'R' })
    expect(request.body).to.equal('{"refresh":"R"}')
  })

  it('reads the expiry from exp of the token', async () => {
    const token = jwt({ sub: 'x', exp })
    expect(await tokenOf(netsapiensJwt, 'password', answer(200, { token, refresh: 'r' }))).to.deep.equal({
      accessToken: token,
      scheme: 'Bearer',
      expiresIn: exp * 1000 - NOW,
      refreshToken: 'r',
    })
  })

  it('has no expiry when the token is no JWT', async () => {
    const issued = await tokenOf(netsapiensJwt, 'password', answer(200, { token: 'opaque' }))
    expect(issued).to.deep.equal({ accessToken: 'opaque', scheme: 'Bearer' })
  })

  it('finds the prompt in the claims of the partial token', async () => {
    const token = jwt({ user_scope: 'mfa_required', mfa_vendor: 'google', mfa_type: 'authenticator', exp })
    expect(await meaning(netsapiensJwt, 'password', answer(200, { token }))).to.deep.equal({
      kind: 'prompt',
      grant: 'mfa',
      carried: { partialToken: token, mfaType: 'authenticator', mfaVendor: 'google' },
    })
  })

  it('ignores claims outside the token', async () => {
    const token = jwt({ user_scope: 'Basic User', exp })
    const body = { token, '#': { user_scope: 'mfa_required' } }
    expect((await meaning(netsapiensJwt, 'password', answer(200, body))).kind).to.equal('token')
  })
})

describe('netsapiensLegacy', () => {
  it('sends a form to the older endpoint with a trailing slash; the API stays the same', async () => {
    const request = await sent(netsapiensLegacy, 'password', credentials)
    expect(request.url).to.equal('https://h.example/ns-api/oauth2/token/')
    expect(request.headers['content-type']).to.equal('application/x-www-form-urlencoded')
    expect(form(request)).to.deep.include({ grant_type: 'password', username: '1001@example.com' })
    expect(netsapiensLegacy.api).to.equal('https://{server}/ns-api/v2')
  })

  it('reads JSON labelled text/html', async () => {
    const given = answer(200, { access_token: 't', expires_in: '3600' }, { 'content-type': 'text/html' })
    expect(await tokenOf(netsapiensLegacy, 'password', given)).to.include({ accessToken: 't', expiresIn: 3_600_000 })
  })
})
