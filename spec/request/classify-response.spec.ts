import { expect } from 'chai'
import type { Placement } from '../../lib/definitions/definition.ts'
import { type ResponseReader, ResponseClassifier, type Rejection } from '../../lib/request/classify-response.ts'
import { createToken } from '../../lib/token/token.ts'

interface Answer {
  readonly status: number
  readonly challenge?: string
  /** Where it came from, after redirects. */
  readonly from?: string
  /** The provider means "refused" by its body. */
  readonly refused?: boolean
}

const API = 'https://api.example.com'
const AWAY = 'https://evil.test'

function classify(
  answer: Answer,
  placement?: Placement,
  isAuthFailure?: ResponseReader<Answer>['isAuthFailure'],
): Promise<Rejection> {
  const client: ResponseReader<Answer> = {
    isAuthFailure,
    hasRuleForSuccess: false,
    isRejectedBody: ({ refused = false }) => Promise.resolve(refused),
    challenges: ({ challenge = null }) => challenge,
    responseIn: () => undefined,
    redirectedElsewhere: ({ from = API }, origin) => from !== origin,
    drain: () => undefined,
    discard: () => undefined,
    attachCause: () => undefined,
  }
  const fields = { accessToken: 'secret', scheme: 'Bearer', obtainedAt: 0, generation: 1 }
  return createToken(fields).then((token) =>
    new ResponseClassifier(client, placement).classify({ token, response: answer, status: answer.status }, API),
  )
}

describe('ResponseClassifier', () => {
  const renew = undefined
  const cases: [name: string, answer: Answer, expected: Rejection][] = [
    ['renews after a 401 without a challenge', { status: 401 }, renew],
    ['renews where rejectedWhen of the provider matches the body', { status: 403, refused: true }, renew],
    ['renews after a 403 with invalid_token', { status: 403, challenge: 'Bearer error="invalid_token"' }, renew],
    ['does not count a 404 as a rejection', { status: 404 }, 'not-rejected'],
    ['classifies a 403 as forbidden', { status: 403 }, 'forbidden'],
    [
      'classifies a 403 with insufficient_scope',
      { status: 403, challenge: 'Bearer error="insufficient_scope"' },
      'insufficient_scope',
    ],
    ['classifies a 401 for another scheme', { status: 401, challenge: 'Basic realm="x"' }, 'other_scheme'],
    ['classifies a 401 of another origin after a redirect', { status: 401, from: AWAY }, 'other_origin'],
    ['does not count a 404 of another origin as a rejection', { status: 404, from: AWAY }, 'not-rejected'],
  ]
  for (const [name, answer, expected] of cases)
    it(name, async () => {
      expect(await classify(answer)).to.equal(expected)
    })

  it('compares challenges with the scheme that placement uses', async () => {
    const challenge = 'Token realm="x"'
    const placement = { header: 'Authorization', value: 'Token {token}' }
    expect(await classify({ status: 401, challenge }, placement)).to.equal(renew)
    expect(await classify({ status: 401, challenge })).to.equal('other_scheme')
    expect(await classify({ status: 401, challenge: 'Basic' }, { basic: ['{token}', ''] })).to.equal(renew)
  })

  it('applies isAuthFailure of the application, except to responses from another origin', async () => {
    const odd = ({ status }: Answer): boolean => status === 418
    expect(await classify({ status: 418 }, undefined, odd)).to.equal(renew)
    expect(await classify({ status: 401 }, undefined, odd)).to.equal('not-rejected')
    expect(await classify({ status: 418, from: AWAY }, undefined, odd)).to.equal('other_origin')
  })
})
