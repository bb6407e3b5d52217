// Expiry windows, states and decisions. Pure: no I/O, no timers, no memory.

/** The constants of the engine, all in milliseconds. */
export interface Timing {
  /** How long before its end a token is stale: at most this, and at most 20 % of its lifetime. @default 300_000 */
  readonly advisoryWindow: number
  /** How long before its end a token is critical: at most this, and at most 5 % of its lifetime. @default 30_000 */
  readonly mandatoryWindow: number
  /** Spreads renewals of many instances: at most this, and at most 20 % of the advisory window. @default 60_000 */
  readonly jitter: number
  /** After this a flight ends, whoever waits. @default 30_000 */
  readonly flightDeadline: number
  /** The wait after the first transient failure; doubles with each. @default 1_000 */
  readonly backoffBase: number
  /** The longest wait between flights. @default 60_000 */
  readonly backoffCap: number
  /** The shortest wait after a configuration error. @default 1_000 */
  readonly configurationPauseMin: number
  /** The longest wait after a configuration error. @default 5_000 */
  readonly configurationPauseMax: number
  /** After this a store's read or write is no longer waited for. @default 5_000 */
  readonly storeDeadline: number
  /** How long `onPrompt` may take. @default 300_000 */
  readonly promptDeadline: number
}

export const DEFAULT_TIMING: Timing = {
  advisoryWindow: 300_000,
  mandatoryWindow: 30_000,
  jitter: 60_000,
  flightDeadline: 30_000,
  backoffBase: 1_000,
  backoffCap: 60_000,
  configurationPauseMin: 1_000,
  configurationPauseMax: 5_000,
  storeDeadline: 5_000,
  promptDeadline: 300_000,
}

/** The turning points of a token's life, in epoch milliseconds; Infinity where the server named no end. */
export interface Schedule {
  readonly staleAt: number
  readonly criticalAt: number
  readonly expiresAt: number
}

/** Milliseconds after which a token is due, where it is renewed `within` the end of its lifetime. */
export function dueWithin(lifetime = 0, within = 0): number | undefined {
  return within > 0 && lifetime > within ? lifetime - within : undefined
}

/** Draws the turning points once, when the token comes. `random` is from 0 to 1. */
export function schedule(
  life: { readonly obtainedAt: number; readonly expiresAt?: number; readonly renewAt?: number },
  timing: Timing,
  random: number,
): Schedule {
  const { obtainedAt, expiresAt = Infinity, renewAt = Infinity } = life
  if (expiresAt === Infinity) return { staleAt: renewAt, criticalAt: Infinity, expiresAt }
  const lifetime = Math.max(0, expiresAt - obtainedAt)
  const advisory = Math.min(timing.advisoryWindow, 0.2 * lifetime)
  const jitter = random * Math.min(timing.jitter, 0.2 * advisory)
  const criticalAt = expiresAt - Math.min(timing.mandatoryWindow, 0.05 * lifetime)
  const due = renewAt < expiresAt ? renewAt : expiresAt - advisory - jitter
  return { staleAt: Math.min(criticalAt, Math.max(due, obtainedAt + lifetime / 2)), criticalAt, expiresAt }
}

/** The schedule of a token that the server gave again in answer to a renewal: not asked for soon, whatever is left of it. */
export function scheduleForSameToken({ expiresAt }: Schedule, now: number): Schedule {
  const remaining = Math.max(0, expiresAt - now)
  const pause = remaining === Infinity ? 30_000 : Math.max(30_000, remaining / 2)
  const next = Math.min(expiresAt, now + pause)
  return { staleAt: next, criticalAt: next, expiresAt }
}

export type State = 'EMPTY' | 'FRESH' | 'STALE' | 'CRITICAL' | 'EXPIRED'

export function stateAt(life: Schedule | undefined, now: number): State {
  if (life === undefined) return 'EMPTY'
  if (now >= life.expiresAt) return 'EXPIRED'
  if (now >= life.criticalAt) return 'CRITICAL'
  return now >= life.staleAt ? 'STALE' : 'FRESH'
}

/** Whether the token endpoint may be asked: not while backing off, and not once nothing is left to try. */
export type BreakerState = 'closed' | 'open' | 'dead'

/** `serve` the current token; `serve-and-renew` behind the caller's back; `wait` for a flight; `fail` at once. */
export type Decision = 'serve' | 'serve-and-renew' | 'wait' | 'fail'

const WHEN_CLOSED: Readonly<Record<State, Decision>> = {
  EMPTY: 'wait',
  FRESH: 'serve',
  STALE: 'serve-and-renew',
  CRITICAL: 'wait',
  EXPIRED: 'wait',
}

export function decide(state: State, breaker: BreakerState): Decision {
  if (breaker === 'closed') return WHEN_CLOSED[state]
  return state === 'EMPTY' || state === 'EXPIRED' ? 'fail' : 'serve'
}

/** The wait after the `failures`-th transient failure in a row, counted from 0: equal jitter. `random` is from 0 to 1. */
export function backoff(failures: number, timing: Timing, random: number): number {
  const delay = Math.min(timing.backoffCap, timing.backoffBase * 2 ** failures)
  return delay / 2 + (random * delay) / 2
}
