import { expect } from 'chai'
import { telstra, telstraV3 } from '../../lib/providers.ts'
import { answer, failureOf, form, sent, tokenOf } from '../support/answers.ts'

const credentials = { clientId: 'key', clientSecret: 'secret' }
const grant = 'client_credentials'

describe('telstra', () => {
  it('sends a form, accepts any media type and requests the scope NSMS', async () => {
    const request = await sent(telstra, grant, credentials)
    expect(request).to.deep.include({ method: 'POST', url: 'https://tapi.telstra.com/v2/oauth/token' })
    expect(request.headers).to.deep.equal({
      accept: '*/*',
      'content-type': 'application/x-www-form-urlencoded',
    })
    expect(form(request)).to.deep.equal({
      client_id: 'key',
      client_secret: 'secret',
      grant_type: 'client_credentials',
      scope: 'NSMS',
    })
  })

  it('requests another scope where one is given', async () => {
    expect(form(await sent(telstra, grant, { ...credentials, scope: 'OTHER' }))['scope']).to.equal('OTHER')
  })

  for (const [name, body, expiresIn] of [
    ['text', { access_token: 't', token_type: 'Bearer', expires_in: '3599' }, 3_599_000],
    ['text of ten hours', { access_token: 't', expires_in: '35999' }, 35_999_000],
    ['a response without expires_in', { access_token: 't' }, 3_600_000],
  ] as const) {
    it(`reads a lifetime from ${name}`, async () => {
      expect(await tokenOf(telstra, grant, answer(200, body))).to.deep.equal({
        accessToken: 't',
        scheme: 'Bearer',
        expiresIn,
      })
    })
  }

  for (const [status, error, kind, retry, help] of [
    [400, 'unsupported_grant_type', 'configuration', false, ''],
    [401, 'invalid_client', 'configuration', false, '; check the credentials of the client, and how they are sent'],
  ] as const) {
    it(`classifies ${error} as ${kind}`, async () => {
      const failure = await failureOf(telstra, grant, answer(status, { error, error_description: 'no' }))
      expect(failure).to.deep.include({ kind, retry })
      expect(failure.error).to.deep.include({ name: 'OAuthError', error, errorDescription: 'no', status })
      expect(failure.error.message).to.equal(
        `telstra-messaging: the client_credentials grant was refused: ${error} (no), status ${String(status)}${help}`,
      )
    })
  }

  for (const [status, reason, retry] of [
    [404, 'blocked', false],
    [503, 'unavailable', true],
  ] as const) {
    it(`reports a ${String(status)} without an error code as temporary`, async () => {
      const failure = await failureOf(telstra, grant, answer(status, ''))
      expect(failure).to.deep.include({ kind: 'transient', retry })
      expect(failure.error).to.deep.include({ name: 'TokenRequestError', reason, status })
    })
  }

  it('reads code and message of an API error from the token endpoint', async () => {
    const failure = await failureOf(
      telstra,
      grant,
      answer(403, { status: '403', code: 'SpikeArrest', message: 'slow' }),
    )
    expect(failure.kind).to.equal('configuration')
    expect(failure.error).to.deep.include({ error: 'SpikeArrest', errorDescription: 'slow' })
  })
})

describe('telstraV3', () => {
  it('requests all scopes at a token endpoint outside the API path', async () => {
    const request = await sent(telstraV3, grant, credentials)
    expect(request.url).to.equal('https://products.api.telstra.com/v2/oauth/token')
    expect(request.headers['accept']).to.equal('*/*')
    expect(form(request)['scope']?.split(' ')).to.have.lengthOf(8).and.to.include('messages:write')
  })

  it('has its own API URL and the headers that each API request needs', () => {
    expect(telstraV3.api).to.equal('https://products.api.telstra.com/messaging/v3')
    expect(telstraV3.headers['Telstra-api-version']).to.equal('3.x')
    expect(telstraV3.publicPaths).to.deep.equal([])
  })
})
