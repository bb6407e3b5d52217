// Where a random program is played: a scheduler that picks what happens next, fates that say how it goes, a clock that stands still,
// and everything that was promised. What is due is done one thing at a time; after each the invariants are looked at.
import fc from 'fast-check'
import { flush, VirtualClock } from '../support/clock.ts'

/** Chance, drawn before the program starts, so that it can be shrunk and played again. */
export type Chance = readonly [scheduler: fc.Scheduler, fates: readonly number[]]

/** A program over chance. */
export function withChance<Act>(acts: fc.Arbitrary<Act[]>): fc.Arbitrary<[...Chance, Act[]]> {
  return fc.tuple(fc.scheduler(), fc.array(fc.nat({ max: 59 }), { maxLength: 30 }), acts)
}

/** An invariant that does not hold. */
export class Broken extends Error {}

/** Rounds of `ROUND` milliseconds in which everybody answers well: longer than any deadline and any pause of the engine. */
const ROUNDS = 80
const ROUND = 5_000
/** Shorter than any deadline of the engine. */
const LONGEST_STEP = 4_000
/** More than any program sets. */
const MOST_TIMERS = 200

export class Stage {
  readonly clock = new VirtualClock()
  readonly #scheduler: fc.Scheduler
  readonly #fates: number[]
  readonly #unsettled = new Set<Promise<unknown>>()
  #broken: Broken | undefined
  #soon = 0

  constructor(scheduler: fc.Scheduler, fates: readonly number[]) {
    this.#scheduler = scheduler
    this.#fates = [...fates]
  }

  /** Done when the scheduler picks it. */
  later<T>(label: string, act: () => T | Promise<T>): Promise<T> {
    return this.#scheduler.schedule(Promise.resolve(), label).then(act)
  }

  /** The same, for what takes no time worth the name. */
  soon<T>(label: string, act: () => T): Promise<T> {
    this.#soon += 1
    return this.later(label, () => {
      this.#soon -= 1
      return act()
    })
  }

  /** Time passes, but not while something is under way that takes none. */
  async pass(ms: number): Promise<void> {
    const until = this.clock.now() + ms
    while (this.#soon === 0 && this.clock.now() < until)
      await this.clock.advance(Math.min(LONGEST_STEP, until - this.clock.now()))
  }

  /** One of the choices; the first, which is to be the harmless one, when the fates are used up. */
  fate<const T>(choices: readonly [T, ...T[]]): T {
    return choices[(this.#fates.shift() ?? 0) % choices.length] ?? choices[0]
  }

  /** Told here and not thrown: the engine would take it for a failure of the wire. */
  broken(what: string): void {
    this.#broken ??= new Broken(what)
  }

  /** It must settle, well or not. */
  promised(promise: Promise<unknown>): void {
    this.#unsettled.add(promise)
    const settled = (): void => {
      this.#unsettled.delete(promise)
    }
    promise.then(settled, settled)
  }

  /** Does the acts in their order, and between them whatever they set off in any order. */
  async play<Act>(acts: readonly Act[], take: (act: Act) => unknown, look: () => void): Promise<void> {
    this.#scheduler.scheduleSequence(
      acts.map((act) => ({
        label: JSON.stringify(act),
        builder: async () => {
          await take(act)
        },
      })),
    )
    await this.#settle(look)
    for (let round = 0; round < ROUNDS && this.#unsettled.size > 0; round += 1) {
      this.#fates.length = 0
      await this.pass(ROUND)
      await this.#settle(look)
    }
    if (this.#unsettled.size > 0) throw new Broken(`${String(this.#unsettled.size)} promises never settled`)
  }

  /** Everybody answers well until nothing is left to do, in the background either. */
  async rest(look: () => void): Promise<void> {
    this.#fates.length = 0
    await this.#settle(look)
    for (let turn = 0; this.clock.timers > 0; turn += 1) {
      if (turn > MOST_TIMERS) throw new Broken('timers without end')
      await this.clock.advanceToNext()
      await this.#settle(look)
    }
  }

  async #settle(look: () => void): Promise<void> {
    await flush()
    while (this.#scheduler.count() > 0) {
      await this.#scheduler.waitNext(1)
      await flush()
      look()
      if (this.#broken) throw this.#broken
    }
    if (this.#broken) throw this.#broken
  }
}
