// The harness of the random programs: a scheduler that picks the next task, seeded outcomes of tasks, a virtual clock, and the promises
// that must settle. Tasks run one at a time; after each the invariants are checked.
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { flush, VirtualClock } from '../support/clock.ts'

/** A program with its seed: the order of tasks and their outcomes are drawn first, so that a failure can be shrunk and repeated. */
export type Program<Step> = readonly [scheduler: fc.Scheduler, outcomes: readonly number[], steps: readonly Step[]]

/** Programs of these steps. `size` is the size of their lists: fast-check's own is small. */
export function programs<Step>(
  steps: fc.Arbitrary<readonly Step[]>,
  size: fc.SizeForArbitrary = 'small',
): fc.Arbitrary<Program<Step>> {
  return fc.tuple(fc.scheduler(), fc.array(fc.nat({ max: 59 }), { maxLength: 30, size }), steps)
}

/** Time passes, in milliseconds. */
export interface Advance {
  readonly do: 'advance'
  readonly ms: number
}

export function advanceBy(...ms: readonly number[]): fc.Arbitrary<Advance> {
  return fc.constantFrom(...ms).map((each) => ({ do: 'advance', ms: each }))
}

/** The library under test, its surroundings, and the invariants between them. */
export interface Model<Step> {
  run(steps: readonly Step[]): Promise<void>
}

/** Runs a program on a new model; throws at the first invariant that does not hold. */
export function runner<Step>(
  modelOf: (scheduler: Scheduler) => Model<Step>,
): (program: Program<Step>) => Promise<void> {
  return ([scheduler, outcomes, steps]) => {
    const tasks = new Scheduler(scheduler, outcomes)
    return withScheduledDigests(tasks, () => modelOf(tasks).run(steps))
  }
}

export class InvariantViolation extends Error {}

/** Rounds of `ROUND_MS` in which every task succeeds: longer than any deadline and any pause of the engine. */
const ROUNDS = 80
const ROUND_MS = 5_000
/** Shorter than any deadline of the engine. */
const MAX_ADVANCE_MS = 4_000
/** More than any program sets. */
const MAX_TIMERS = 200

export class Scheduler {
  readonly clock = new VirtualClock()
  /** Resolves digests at once instead of as tasks. */
  instantDigests = false
  readonly #scheduler: fc.Scheduler
  readonly #outcomes: number[]
  readonly #unsettled = new Set<Promise<unknown>>()
  #violation: InvariantViolation | undefined
  #shortTasks = 0

  constructor(scheduler: fc.Scheduler, outcomes: readonly number[]) {
    this.#scheduler = scheduler
    this.#outcomes = [...outcomes]
  }

  /** Runs a task when the scheduler picks it. */
  task<T>(label: string, run: () => T | Promise<T>): Promise<T> {
    return this.#scheduler.schedule(Promise.resolve(), label).then(run)
  }

  /** Runs a task that takes no time: the clock stands still until it is done. */
  shortTask<T>(label: string, run: () => T): Promise<T> {
    this.#shortTasks += 1
    return this.task(label, () => {
      this.#shortTasks -= 1
      return run()
    })
  }

  /** Advances the clock, except while a short task is pending. */
  async advance(ms: number): Promise<void> {
    const until = this.clock.now() + ms
    while (this.#shortTasks === 0 && this.clock.now() < until)
      await this.clock.advance(Math.min(MAX_ADVANCE_MS, until - this.clock.now()))
  }

  /** One of the choices; the first, the harmless one, after the last seeded outcome. */
  outcome<const T>(choices: readonly [T, ...T[]]): T {
    return choices[(this.#outcomes.shift() ?? 0) % choices.length] ?? choices[0]
  }

  /** Records a violation. Thrown here, it would look like a network failure to the engine. */
  violated(message: string): void {
    this.#violation ??= new InvariantViolation(message)
  }

  /** Requires that the promise settles, either way. */
  mustSettle(promise: Promise<unknown>): void {
    this.#unsettled.add(promise)
    const settled = (): void => {
      this.#unsettled.delete(promise)
    }
    promise.then(settled, settled)
  }

  /** Runs the steps in their order, and the tasks they start in any order, until all promises have settled. */
  async run<Step>(steps: readonly Step[], perform: (step: Step) => unknown, check: () => void): Promise<void> {
    this.#scheduler.scheduleSequence(
      steps.map((step) => ({
        label: JSON.stringify(step),
        builder: async () => {
          await perform(step)
        },
      })),
    )
    await this.#runTasks(check)
    for (let round = 0; round < ROUNDS && this.#unsettled.size > 0; round += 1) {
      this.#outcomes.length = 0
      await this.advance(ROUND_MS)
      await this.#runTasks(check)
    }
    if (this.#unsettled.size > 0) throw new InvariantViolation(`${String(this.#unsettled.size)} promises never settled`)
  }

  /** Runs tasks, all with the harmless outcome, until no task and no timer is left. */
  async runUntilIdle(check: () => void): Promise<void> {
    this.#outcomes.length = 0
    await this.#runTasks(check)
    for (let turn = 0; this.clock.timers > 0; turn += 1) {
      if (turn > MAX_TIMERS) throw new InvariantViolation('timers without end')
      await this.clock.advanceToNext()
      await this.#runTasks(check)
    }
  }

  async #runTasks(check: () => void): Promise<void> {
    await flush()
    while (this.#scheduler.count() > 0) {
      await this.#scheduler.waitNext(1)
      await flush()
      check()
      if (this.#violation) throw this.#violation
    }
    if (this.#violation) throw this.#violation
  }
}

/** WebCrypto resolves from a thread pool at any moment: during a program the scheduler picks that moment. */
function withScheduledDigests(scheduler: Scheduler, run: () => Promise<void>): Promise<void> {
  return withDigests(
    (digest) => (scheduler.instantDigests ? Promise.resolve(digest()) : scheduler.shortTask('a digest', digest)),
    run,
  )
}

/** During a program, digests resolve as `resolve` says. */
export async function withDigests(
  resolve: (digest: () => ArrayBuffer) => Promise<ArrayBuffer>,
  run: () => Promise<void>,
): Promise<void> {
  const before = Object.getOwnPropertyDescriptor(globalThis.crypto.subtle, 'digest')
  Object.defineProperty(globalThis.crypto.subtle, 'digest', {
    configurable: true,
    value: (_algorithm: 'SHA-256', data: Uint8Array): Promise<ArrayBuffer> =>
      resolve(() => new Uint8Array(createHash('sha256').update(data).digest()).buffer),
  })
  try {
    await run()
  } finally {
    if (before) Object.defineProperty(globalThis.crypto.subtle, 'digest', before)
    else Reflect.deleteProperty(globalThis.crypto.subtle, 'digest')
  }
}
