import { expect } from 'chai'
import { phonecom } from '../../lib/providers.ts'
import { buildEndpointRequest } from '../../lib/token-endpoint/other-endpoints.ts'
import { answer, authorizationUrl, failureOf, json, sent, tokenOf } from '../support/answers.ts'

const client = { clientId: 'c', clientSecret: 's' }
const mason = (status: number, more: object = {}, beside: object = {}): object => ({
  '@error': { '@message': 'Forbidden', '@httpStatusCode': status, '@time': '2020-09-28T18:15:01.643Z', ...more },
  ...beside,
})

describe('phonecom', () => {
  for (const [grant, values, expected] of [
    ['client_credentials', { scope: 'account-owner' }, { grant_type: 'client_credentials', scope: 'account-owner' }],
    ['client_credentials', {}, { grant_type: 'client_credentials' }],
    ['password', { username: 'u', password: 'p' }, { grant_type: 'password', username: 'u', password: 'p' }],
    [
      'authorization_code',
      { code: 'x', redirectUri: 'https://me.example/cb' },
      { grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://me.example/cb' },
    ],
    ['refresh_token', { refreshToken: 'r' }, { grant_type: 'refresh_token', refresh_token: 'r' }],
  ] as const) {
    it(`sends ${JSON.stringify(expected)} as JSON`, async () => {
      const request = await sent(phonecom, grant, { ...client, ...values })
      expect(request.url).to.equal('https://api.phone.com/v4/oauth/access-token')
      expect(json(request)).to.deep.equal({ client_id: 'c', client_secret: 's', ...expected })
    })
  }

  it('sends the query string instead in a definition extended by spreading', async () => {
    const phonecomQuery = { ...phonecom, token: { ...phonecom.token, encoding: 'query' } } as const
    const request = await sent(phonecomQuery, 'client_credentials', { ...client, scope: 'a b' })
    expect(request).to.deep.equal({
      method: 'POST',
      url: 'https://api.phone.com/v4/oauth/access-token?client_id=c&client_secret=s&grant_type=client_credentials&scope=a+b',
      headers: { accept: 'application/json' },
    })
  })

  it('accepts status 201', async () => {
    const body = {
      access_token: 'R3dh~6',
      token_type: 'Bearer',
      scope: 'account-owner',
      refresh_token: 'r',
      expires_in: 86400,
    }
    expect(await tokenOf(phonecom, 'password', answer(201, body))).to.deep.equal({
      accessToken: 'R3dh~6',
      scheme: 'Bearer',
      scope: 'account-owner',
      refreshToken: 'r',
      expiresIn: 86_400_000,
    })
  })

  it('reads no expiry for a permanent token', async () => {
    const issued = await tokenOf(phonecom, 'password', answer(201, { access_token: 't', expires_in: null }))
    expect(issued).to.deep.equal({ accessToken: 't', scheme: 'Bearer' })
  })

  for (const [status, body, kind, code, retry] of [
    [401, mason(401, { '@code': 'oauth2.x' }, { error: 'invalid_client' }), 'configuration', 'invalid_client', false],
    [401, mason(401, {}, { error: 'invalid_grant', error_description: 'used' }), 'denied', 'invalid_grant', false],
    [401, mason(401, { '@code': 'oauth2.access_denied' }), 'configuration', 'oauth2.access_denied', false],
    [403, mason(403, { '@proxy': true }), 'configuration', '403', false],
    [404, mason(404), 'configuration', '404', false],
    [409, mason(409, { '@messages': [] }), 'configuration', '409', false],
    [422, mason(422, { '@messages': ['code: missing'] }), 'configuration', '422', false],
    [429, mason(429), 'transient', '429', true],
    [500, mason(500), 'transient', '500', true],
  ] as const) {
    it(`classifies ${String(status)} with ${code} as ${kind}`, async () => {
      const failure = await failureOf(phonecom, 'password', answer(status, body))
      expect(failure).to.deep.include({ kind, retry })
      expect(failure.error).to.deep.include({ error: code, status })
    })
  }

  it('classifies access_denied for a refresh as denied', async () => {
    const body = mason(401, { '@code': 'oauth2.access_denied' })
    expect((await failureOf(phonecom, 'refresh_token', answer(401, body))).kind).to.equal('denied')
  })

  it('reads the pause from the body of a 429', async () => {
    const body = mason(429, { '@rateLimit': { 'RateLimit-Limit': 5, 'RateLimit-Reset': 7, 'Retry-After': 7 } })
    const failure = await failureOf(phonecom, 'client_credentials', answer(429, body))
    expect(failure.retryAfter).to.equal(7_000)
  })

  it('builds the authorization URL', async () => {
    const url = await authorizationUrl(phonecom, {
      ...client,
      scope: 'account-owner openid',
      redirectUri: 'https://me.example/cb?x=1',
      state: 'xyz',
    })
    expect(url).to.equal(
      'https://api.phone.com/v4/oauth/authorization?client_id=c&response_type=code&scope=account-owner+openid' +
        '&redirect_uri=https%3A%2F%2Fme.example%2Fcb%3Fx%3D1&state=xyz',
    )
  })

  it('builds the authorization URL of the implicit grant', async () => {
    const values = { clientId: 'c', scope: 'openid', redirectUri: 'https://me.example/cb', responseType: 'token' }
    expect(await authorizationUrl(phonecom, values))
      .to.include('response_type=token')
      .and.not.to.include('state')
  })

  for (const [name, values, method, url] of [
    ['inspect', {}, 'GET', 'https://api.phone.com/v4/oauth/access-token'],
    ['inspect', { view: 'details' }, 'GET', 'https://api.phone.com/v4/oauth/access-token/details'],
    ['revoke', {}, 'DELETE', 'https://api.phone.com/v4/oauth/access-token'],
  ] as const) {
    it(`sends ${method} ${url} with the token to ${name}`, async () => {
      const filled = await buildEndpointRequest(phonecom, name, { ...client, ...values, token: 't0ken' })
      expect(filled.request).to.deep.equal({
        method,
        url,
        headers: { accept: 'application/json', authorization: 'Bearer t0ken' },
      })
      expect(filled.secrets).to.include('t0ken')
    })
  }
})
