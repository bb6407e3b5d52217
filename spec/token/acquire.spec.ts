import { expect } from 'chai'
import { ReauthenticationRequiredError, type TokenError, TokenRequestError } from '../../lib/errors.ts'
import { failureOf } from '../support/failure.ts'
import { answer, refusal } from '../support/fake-endpoint.ts'
import { setup } from '../support/managers.ts'

const HOUR = 3_600_000

describe('a grant whose input is good for one use', () => {
  for (const [what, result, code] of [
    ['an answer that was lost', { failure: 'lost' }, 'ERR_TOKEN_REQUEST'],
    ['a success that cannot be read', answer(200, '<html>'), 'ERR_TOKEN_RESPONSE'],
    ['a success without a token', answer(200, {}), 'ERR_TOKEN_RESPONSE'],
    ['a refusal', refusal('invalid_grant'), 'ERR_OAUTH'],
  ] as const) {
    it(`is never repeated after ${what}`, async () => {
      const { clock, endpoint, tokens } = setup({ once: true })
      endpoint.next(result)
      for (let hours = 0; hours < 3; hours += 1) {
        const error = (await failureOf(tokens.token())) as TokenError
        expect(error).to.be.instanceOf(ReauthenticationRequiredError)
        expect((error.cause as TokenError).code).to.equal(code)
        await clock.advance(HOUR)
      }
      expect(endpoint.calls).to.equal(1)
    })
  }

  it('is not repeated after clear() either, which says so', async () => {
    const { endpoint, tokens } = setup({ once: true })
    await tokens.token()
    await tokens.clear()
    expect(((await failureOf(tokens.token())) as Error).message).to.match(/used up.*adopt\(\)/)
    expect(endpoint.calls).to.equal(1)
  })

  for (const [what, result] of [
    ['what was certainly not sent', { failure: 'unreachable' }],
    ['a server that says later', answer(503, '')],
  ] as const) {
    it(`is tried again after ${what}`, async () => {
      const { clock, endpoint, tokens } = setup({ once: true })
      endpoint.next(result)
      const waiting = tokens.token()
      await clock.advance(2_000)
      expect((await waiting).accessToken).to.equal('AT-1')
      expect(endpoint.calls).to.equal(2)
    })
  }

  it('is tried again later, when somebody has mended the client', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    endpoint.next(refusal('invalid_client', 401))
    expect(await failureOf(tokens.token())).to.not.be.instanceOf(TokenRequestError)
    await clock.advance(5_000)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })
})
