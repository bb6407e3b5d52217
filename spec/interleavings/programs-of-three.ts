// All programs of three operations on one session, begun in any order and answered in any order.
import { AsyncLocalStorage } from 'node:async_hooks'
import { flush, VirtualClock } from '../support/clock.ts'
import { type Deferred, deferred } from '../support/deferred.ts'
import {
  Logins,
  MAX_PAUSE_MS,
  type Operation,
  OPERATIONS,
  type StoreFate,
  type Surroundings,
} from './logins-program.ts'
import { InvariantViolation, withDigests } from './scheduler.ts'

/**
 * Where the session is kept. `slow`: the store answers an operation with all else that it waits for. `late`: after the store's deadline.
 * `failing`, `forgetful`: the first read and the first swap of each operation fail, or their answers are lost.
 */
export const PLACES = ['memory', 'slow', 'late', 'failing', 'forgetful'] as const
export type Place = (typeof PLACES)[number]

/** `at once`: the operations begin in one tick. `in turn`: each has done what it can when the next begins. */
export const BEGINNINGS = ['at once', 'in turn'] as const
export type Beginning = (typeof BEGINNINGS)[number]

/** Under these conditions the programs are run. */
export const CONDITIONS: readonly (readonly [Place, Beginning])[] = [
  ['memory', 'at once'],
  ['memory', 'in turn'],
  ['slow', 'in turn'],
  ['failing', 'at once'],
]

export interface ProgramOfThree {
  readonly operations: readonly Operation[]
  /** The order in which they are answered. */
  readonly answers: readonly number[]
}

/** The number of the operation in whose context something waits. One for all programs: every instance slows down every promise. */
const asking = new AsyncLocalStorage<number>()

/** Longer than the deadline of the store. */
const LATE_MS = 6_000
/** More than any program sets. */
const MAX_TIMERS = 200

const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

export function programsOfThree(): ProgramOfThree[] {
  return OPERATIONS.flatMap((first) =>
    OPERATIONS.flatMap((second) =>
      OPERATIONS.flatMap((third) => ORDERS.map((answers) => ({ operations: [first, second, third], answers }))),
    ),
  )
}

/** A third of all programs, a share for each condition: any three operations are in two shares, answered in another order in each. */
export function shareOf(condition: number): ProgramOfThree[] {
  const shares = 3 * CONDITIONS.length
  return programsOfThree().filter((_, index) => (Math.floor(index / ORDERS.length) + index) % shares === 3 * condition)
}

/** Runs a program; throws at the first invariant that does not hold. */
export async function runProgramOfThree(program: ProgramOfThree, place: Place, beginning: Beginning): Promise<void> {
  const gates = new Gates(program.operations.length, place)
  await withDigests(
    (digest) => gates.task('a digest', digest),
    () => gates.run(program, beginning),
  ).catch((error: unknown) => {
    const { operations, answers } = program
    throw new Error(`${operations.join(', ')}, answered ${answers.join(', ')}`, { cause: error })
  })
}

/** Holds back what each operation waits for, until the operation is answered. */
class Gates implements Surroundings {
  readonly clock = new VirtualClock()
  readonly #place: Place
  readonly #gates: readonly Deferred<undefined>[]
  readonly #failed = new Set<string>()
  readonly #unsettled = new Set<Promise<unknown>>()
  #violation: InvariantViolation | undefined

  constructor(operations: number, place: Place) {
    this.#place = place
    this.#gates = Array.from({ length: operations }, () => deferred<undefined>())
  }

  async run({ operations, answers }: ProgramOfThree, beginning: Beginning): Promise<void> {
    const logins = new Logins(this, this.#place !== 'memory')
    logins.begin()
    await this.#settle(logins)
    for (const [index, operation] of operations.entries()) {
      asking.run(index, () => {
        logins.perform(operation)
      })
      if (beginning === 'in turn') await this.#settle(logins)
    }
    await this.#settle(logins)
    for (const index of answers) {
      if (this.#place === 'late') await this.clock.advance(LATE_MS)
      this.#gates[index]?.resolve(undefined)
      await this.#settle(logins)
    }
    await this.#untilIdle(logins)
    if (this.#unsettled.size > 0) throw new InvariantViolation(`${String(this.#unsettled.size)} promises never settled`)
    // A pause in the store counts from when it is first seen.
    await this.clock.advance(MAX_PAUSE_MS)
    logins.perform('get')
    await this.#untilIdle(logins)
    await this.clock.advance(MAX_PAUSE_MS)
    const end = logins.checkEnd()
    this.mustSettle(end)
    await this.#untilIdle(logins)
    if (this.#unsettled.size > 0) throw new InvariantViolation('the session is stuck')
    await end
    if (this.#violation) throw this.#violation
  }

  async task<T>(_label: string, run: () => T | Promise<T>): Promise<T> {
    await this.#gates[asking.getStore() ?? -1]?.promise
    return run()
  }

  requestFate(): 'token' {
    return 'token'
  }

  storeFate(operation: 'read' | 'swap'): StoreFate {
    if (this.#place !== 'failing' && this.#place !== 'forgetful') return 'done'
    const index = asking.getStore()
    const once = `${operation} ${String(index)}`
    if (index === undefined || this.#failed.has(once)) return 'done'
    this.#failed.add(once)
    return this.#place === 'failing' ? 'failed' : 'lost'
  }

  mustSettle(promise: Promise<unknown>): void {
    this.#unsettled.add(promise)
    const settled = (): void => {
      this.#unsettled.delete(promise)
    }
    promise.then(settled, settled)
  }

  violated(message: string): void {
    this.#violation ??= new InvariantViolation(message)
  }

  async #settle(logins: Logins): Promise<void> {
    await flush()
    logins.check()
    if (this.#violation) throw this.#violation
  }

  /** Time passes until no timer is left. */
  async #untilIdle(logins: Logins): Promise<void> {
    await this.#settle(logins)
    for (let turn = 0; this.clock.timers > 0; turn += 1) {
      if (turn > MAX_TIMERS) throw new InvariantViolation('timers without end')
      await this.clock.advanceToNext()
      await this.#settle(logins)
    }
  }
}
