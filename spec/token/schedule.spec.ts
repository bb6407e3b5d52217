import { expect } from 'chai'
import fc from 'fast-check'
import {
  backoff,
  decide,
  type Decision,
  DEFAULT_TIMING,
  type BreakerState,
  schedule,
  scheduleForSameToken,
  type State,
  stateAt,
} from '../../lib/token/schedule.ts'

const second = 1_000
const hour = 3_600 * second

function drawn(
  lifetime: number,
  random = 0,
  renewIn?: number,
): { staleAt: number; criticalAt: number; expiresAt: number } {
  const renewAt = renewIn === undefined ? {} : { renewAt: renewIn }
  return schedule({ obtainedAt: 0, expiresAt: lifetime, ...renewAt }, DEFAULT_TIMING, random)
}

describe('schedule(life, timing, random)', () => {
  const cases = [
    { what: 'an hour', lifetime: hour, random: 0, staleAt: 3_300 * second, criticalAt: 3_570 * second },
    {
      what: 'an hour, jitter at its most',
      lifetime: hour,
      random: 1,
      staleAt: 3_240 * second,
      criticalAt: 3_570 * second,
    },
    { what: 'ten minutes', lifetime: 600 * second, random: 0, staleAt: 480 * second, criticalAt: 570 * second },
    { what: 'five seconds', lifetime: 5 * second, random: 0, staleAt: 4 * second, criticalAt: 4.75 * second },
    {
      what: 'five seconds, jitter at its most',
      lifetime: 5 * second,
      random: 1,
      staleAt: 3.8 * second,
      criticalAt: 4.75 * second,
    },
  ]
  for (const { what, lifetime, random, staleAt, criticalAt } of cases) {
    it(`makes a token of ${what} stale at ${String(staleAt)} ms and critical at ${String(criticalAt)} ms`, () => {
      expect(drawn(lifetime, random)).to.deep.equal({ staleAt, criticalAt, expiresAt: lifetime })
    })
  }

  it('uses refresh_in of the server instead of the window', () => {
    expect(drawn(hour, 1, 2_000 * second).staleAt).to.equal(2_000 * second)
  })

  it('never makes a token stale before half of its lifetime, for any `refresh_in`', () => {
    expect(drawn(hour, 0, 1).staleAt).to.equal(hour / 2)
  })

  it('never makes a token without a known expiry critical or stale', () => {
    expect(schedule({ obtainedAt: 0 }, DEFAULT_TIMING, 0)).to.deep.equal({
      staleAt: Infinity,
      criticalAt: Infinity,
      expiresAt: Infinity,
    })
  })

  // Fault 68
  it('keeps each window inside the lifetime; a larger window never makes a token usable for longer', () => {
    const ms = fc.integer({ min: 0, max: 10 * hour })
    fc.assert(
      fc.property(
        ms,
        ms,
        ms,
        ms,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (lifetime, advisory, mandatory, more, random) => {
          const timing = { ...DEFAULT_TIMING, advisoryWindow: advisory, mandatoryWindow: mandatory }
          const wider = { ...timing, advisoryWindow: advisory + more, mandatoryWindow: mandatory + more }
          const life = { obtainedAt: 0, expiresAt: lifetime }
          const drawnNow = schedule(life, timing, random)
          const drawnWider = schedule(life, wider, random)
          expect(drawnNow.staleAt).to.be.within(lifetime / 2, lifetime)
          expect(drawnNow.criticalAt).to.be.within(drawnNow.staleAt, lifetime)
          expect(drawnWider.staleAt).to.be.at.most(drawnNow.staleAt)
          expect(drawnWider.criticalAt).to.be.at.most(drawnNow.criticalAt)
          expect(drawnWider.expiresAt).to.equal(lifetime)
        },
      ),
    )
  })

  // Fault 69
  it('spreads the renewals of 1,000 instances: at most 4 % of them in any one second', () => {
    const perSecond = new Map<number, number>()
    for (let n = 0; n < 1_000; n++) {
      const at = Math.floor(drawn(hour, n / 1_000).staleAt / second)
      perSecond.set(at, (perSecond.get(at) ?? 0) + 1)
    }
    expect(Math.max(...perSecond.values())).to.be.at.most(40)
  })
})

describe('scheduleForSameToken(schedule, now)', () => {
  it('renews again after half of the remaining lifetime', () => {
    expect(scheduleForSameToken(drawn(hour), hour - 200 * second).staleAt).to.equal(hour - 100 * second)
  })

  it('waits at least 30 s, and until the expiry when less remains', () => {
    expect(scheduleForSameToken(drawn(hour), hour - 40 * second).staleAt).to.equal(hour - 10 * second)
    expect(scheduleForSameToken(drawn(hour), hour - 20 * second).staleAt).to.equal(hour)
  })

  it('moves the critical time too, so that callers do not wait for the same token again', () => {
    const { staleAt, criticalAt } = scheduleForSameToken(drawn(hour), hour - 200 * second)
    expect(criticalAt).to.equal(staleAt)
  })
})

describe('stateAt(schedule, now)', () => {
  const life = drawn(hour)
  const cases: readonly [number, State][] = [
    [0, 'FRESH'],
    [life.staleAt - 1, 'FRESH'],
    [life.staleAt, 'STALE'],
    [life.criticalAt - 1, 'STALE'],
    [life.criticalAt, 'CRITICAL'],
    [life.expiresAt - 1, 'CRITICAL'],
    [life.expiresAt, 'EXPIRED'],
    [Number.MAX_SAFE_INTEGER, 'EXPIRED'],
  ]
  for (const [now, state] of cases) {
    it(`is ${state} at ${String(now)} ms of an hour`, () => {
      expect(stateAt(life, now)).to.equal(state)
    })
  }

  it('is EMPTY without a token', () => {
    expect(stateAt(undefined, 0)).to.equal('EMPTY')
  })
})

describe('decide(state, breaker)', () => {
  const table: readonly [State, Record<BreakerState, Decision>][] = [
    ['EMPTY', { closed: 'wait', open: 'fail', dead: 'fail' }],
    ['FRESH', { closed: 'serve', open: 'serve', dead: 'serve' }],
    ['STALE', { closed: 'serve-and-renew', open: 'serve', dead: 'serve' }],
    ['CRITICAL', { closed: 'wait', open: 'serve', dead: 'serve' }],
    ['EXPIRED', { closed: 'wait', open: 'fail', dead: 'fail' }],
  ]
  for (const [state, row] of table) {
    for (const [gate, decision] of Object.entries(row)) {
      it(`is "${decision}" when ${state} and the breaker is ${gate}`, () => {
        expect(decide(state, gate as BreakerState)).to.equal(decision)
      })
    }
  }
})

describe('backoff(failures, timing, random)', () => {
  it('doubles from 1 s to 60 s; half of each pause is random', () => {
    const least = [0, 1, 2, 3, 4, 5, 6, 7].map((failures) => backoff(failures, DEFAULT_TIMING, 0))
    const most = [0, 1, 2, 3, 4, 5, 6, 7].map((failures) => backoff(failures, DEFAULT_TIMING, 1))
    expect(least).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
    expect(most).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })
})
