import { expect } from 'chai'
import { TokenRequestError } from '../../lib/errors.ts'
import { retryIn, type RetryLimits, type FailedAttempts } from '../../lib/token-endpoint/request-token.ts'

const error = new TokenRequestError('example', 'unavailable', { reason: 'unavailable', status: 503 })
const later = { kind: 'transient', error, retry: true } as const
const setback: FailedAttempts = { failure: later, made: 1, lost: false }
const terms: RetryLimits = { attempts: 3, spendable: false, left: 30_000, random: 0.5 }
const waitOf = (so: Partial<FailedAttempts>, given: Partial<RetryLimits> = {}): number | undefined =>
  retryIn({ ...setback, ...so }, { ...terms, ...given })

describe('retryIn(attempts, limits)', () => {
  describe('the pause', () => {
    const cases = [
      { made: 1, random: 0.5, wait: 1000 },
      { made: 1, random: 0, wait: 900 },
      { made: 1, random: 1, wait: 1100 },
      { made: 2, random: 0.5, wait: 2000 },
      { made: 2, random: 0, wait: 1800 },
      { made: 2, random: 1, wait: 2200 },
      { made: 3, random: 0.5, wait: 4000 },
    ]
    for (const { made, random, wait } of cases) {
      it(`is ${String(wait)} ms after attempt ${String(made)} for the random number ${String(random)}`, () => {
        expect(waitOf({ made }, { attempts: 9, random })).to.be.closeTo(wait, 1e-6)
      })
    }

    it('is Retry-After, to the millisecond', () => {
      expect(waitOf({ failure: { ...later, retryAfter: 7000 } }, { random: 1 })).to.equal(7000)
    })
  })

  describe('another attempt', () => {
    it('does not follow a failure where it cannot help', () => {
      expect(waitOf({ failure: { ...later, retry: false } })).to.equal(undefined)
    })

    it('does not follow the last attempt', () => {
      expect(waitOf({ made: 2 }, { attempts: 3 })).to.be.a('number')
      expect(waitOf({ made: 3 }, { attempts: 3 })).to.equal(undefined)
      expect(waitOf({ made: 1 }, { attempts: 1 })).to.equal(undefined)
    })

    it('does not follow when Retry-After exceeds the time left', () => {
      const failure = { ...later, retryAfter: 5000 }
      expect(waitOf({ failure }, { left: 5001 })).to.equal(5000)
      expect(waitOf({ failure }, { left: 5000 })).to.equal(undefined)
    })

    it('does not follow when its pause exceeds the time left', () => {
      expect(waitOf({}, { left: 1000 })).to.equal(undefined)
      expect(waitOf({}, { left: -1 })).to.equal(undefined)
    })
  })

  describe('after a lost response', () => {
    const cases = [
      { what: 'the first loss of a refresh', made: 1, spendable: true, again: false },
      { what: 'a loss of a refresh that was not sent before', made: 2, spendable: true, again: false },
      { what: 'the second loss of another grant', made: 2, spendable: false, again: true },
    ] as const
    for (const { what, made, spendable, again } of cases) {
      it(`${again ? 'another attempt follows' : 'no attempt follows'} ${what}`, () => {
        expect(waitOf({ made, lost: true }, { spendable }) !== undefined).to.equal(again)
      })
    }

    it('a request that was not sent is retried, also a refresh', () => {
      expect(waitOf({ made: 2, lost: false }, { spendable: true })).to.be.a('number')
    })
  })
})
