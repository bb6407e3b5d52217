import { expect } from 'chai'
import { smscx } from '../../lib/providers.ts'
import { answer, failureOf, form, NOW, sent, tokenOf } from '../support/answers.ts'

const grant = 'client_credentials'
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const refused = (type: string, code = 1600): object => ({
  error: { type, message: `It was ${type}`, uri: 'https://sms.cx/docs/errors', code },
})

describe('smscx', () => {
  for (const secret of ['s:/+', 'p%lus+ and/colon:', 'ünï']) {
    it(`sends the secret ${secret} unencoded in HTTP Basic`, async () => {
      const request = await sent(smscx, grant, { applicationId: 'a', applicationSecret: secret })
      expect(request.headers['authorization']).to.equal(`Basic ${base64(`a:${secret}`)}`)
    })
  }

  it('sends a form, with scope only where one is given', async () => {
    const credentials = { applicationId: 'a', applicationSecret: 's' }
    const request = await sent(smscx, grant, credentials)
    expect(request).to.deep.include({ method: 'POST', url: 'https://api.sms.cx/oauth/token' })
    expect(form(request)).to.deep.equal({ grant_type: 'client_credentials' })
    expect((await sent(smscx, grant, { ...credentials, scope: 'sms groups' })).body).to.equal(
      'grant_type=client_credentials&scope=sms+groups',
    )
  })

  for (const [name, expires_in, expiresIn] of [
    ['1 day', 86_400, 86_400_000],
    ['1 week', 604_800, 604_800_000],
    ['never, as 0', 0, undefined],
    ['never, as null', null, undefined],
    ['never, as a huge number', 1e15, 100 * 365.25 * 86_400_000],
  ] as const) {
    it(`reads a lifetime of ${name}`, async () => {
      const issued = await tokenOf(smscx, grant, answer(200, { access_token: 't', expires_in, scope: 'sms' }))
      expect(issued.expiresIn).to.equal(expiresIn)
    })
  }

  for (const [status, type, kind, retry] of [
    [400, 'invalid_request', 'configuration', false],
    [400, 'invalid_scope', 'configuration', false],
    [400, 'unsupported_grant_type', 'configuration', false],
    [401, 'invalid_client', 'configuration', false],
    [403, 'insufficient_scope', 'configuration', false],
    [405, 'invalid_method', 'configuration', false],
    [429, 'rate_limit', 'transient', true],
    [500, 'server_error', 'transient', true],
  ] as const) {
    it(`reads ${type} from the error object`, async () => {
      const failure = await failureOf(smscx, grant, answer(status, refused(type)))
      expect(failure).to.deep.include({ kind, retry })
      expect(failure.error).to.deep.include({
        error: type,
        errorDescription: `It was ${type}`,
        errorUri: 'https://sms.cx/docs/errors',
        status,
      })
      expect(String(failure.error)).not.to.include('[object')
    })
  }

  it('waits until the time in the reset header', async () => {
    const headers = { 'x-rate-limit-reset': String(NOW / 1000 + 42) }
    expect((await failureOf(smscx, grant, answer(429, refused('rate_limit'), headers))).retryAfter).to.equal(42_000)
  })

  it('does not wait for a time in the past', async () => {
    const headers = { 'x-rate-limit-reset': '1664103086' }
    expect(await failureOf(smscx, grant, answer(429, refused('rate_limit'), headers))).not.to.have.property(
      'retryAfter',
    )
  })
})
