import { expect } from 'chai'
import { knetikcloud } from '../../lib/providers.ts'
import { answer, failureOf, form, sent, tokenOf } from '../support/answers.ts'

const host = 'app.knetikcloud.com'
const user = { host, username: 'jdoe', password: 'a b&c' }

describe('knetikcloud', () => {
  it('sends the password grant as a form, for the client knetik without a secret', async () => {
    const request = await sent(knetikcloud, 'password', user)
    expect(request.url).to.equal('https://app.knetikcloud.com/oauth/token')
    expect(request.body).to.equal('client_id=knetik&grant_type=password&username=jdoe&password=a+b%26c')
  })

  for (const [grant, values, expected] of [
    [
      'client_credentials',
      { host, clientId: 'server', clientSecret: 's' },
      { client_id: 'server', client_secret: 's', grant_type: 'client_credentials' },
    ],
    [
      'password',
      { ...user, clientSecret: 's' },
      { client_id: 'knetik', grant_type: 'password', username: 'jdoe', password: 'a b&c', client_secret: 's' },
    ],
    ['facebook', { host, socialToken: 'fb' }, { client_id: 'knetik', grant_type: 'facebook', token: 'fb' }],
    ['google', { host, socialToken: 'g' }, { client_id: 'knetik', grant_type: 'google', token: 'g' }],
    [
      'refresh_token',
      { host, refreshToken: 'r' },
      { client_id: 'knetik', grant_type: 'refresh_token', refresh_token: 'r' },
    ],
  ] as const) {
    it(`sends the documented parameters for ${grant}`, async () => {
      expect(form(await sent(knetikcloud, grant, values))).to.deep.equal(expected)
    })
  }

  it('does not use a social token again', () => {
    expect(knetikcloud.grants.facebook.repeatable).to.equal(false)
    expect(knetikcloud.grants.google.repeatable).to.equal(false)
  })

  for (const [written, expiresIn] of [
    [3600, 3_600_000],
    ['3600', 3_600_000],
    [2_145_660_769, 2_145_660_769_000],
  ] as const) {
    it(`reads a lifetime of ${JSON.stringify(written)} seconds`, async () => {
      const body = { access_token: 't', token_type: 'bearer', expires_in: written, scope: 'write read' }
      expect(await tokenOf(knetikcloud, 'password', answer(200, body))).to.deep.equal({
        accessToken: 't',
        scheme: 'Bearer',
        expiresIn,
        scope: 'write read',
      })
    })
  }

  for (const [grant, status, error, said, kind] of [
    ['password', 400, 'invalid_grant', 'Bad credentials', 'denied'],
    ['password', 401, 'invalid_client', 'Bad client credentials', 'configuration'],
    ['password', 401, 'invalid_token', 'expired', 'configuration'],
    ['refresh_token', 401, 'invalid_token', 'expired', 'denied'],
  ] as const) {
    it(`classifies ${error} for ${grant} as ${kind}`, async () => {
      const failure = await failureOf(knetikcloud, grant, answer(status, { error, error_description: said }))
      expect(failure.kind).to.equal(kind)
      expect(failure.error).to.deep.include({ error, errorDescription: said, status })
    })
  }

  it('reads an error in the JSAPI format', async () => {
    const body = { code: 14, request_id: 'x', result: [{ message: 'Not allowed', field: null }] }
    const failure = await failureOf(knetikcloud, 'password', answer(403, body))
    expect(failure.error).to.deep.include({ error: '14', errorDescription: 'Not allowed' })
  })
})
