// Messages between the run and its server process.
import type { RequestCounts } from '../../lib/testing.ts'

/** Probabilities from 0 to 1; durations in milliseconds. */
export interface FaultRates {
  /** API requests at which the server revokes their token. */
  readonly revoked: number
  /** Token requests that are processed and whose response is lost. */
  readonly lost: number
  /** Token requests answered after `stall`. */
  readonly stalled: number
  readonly stall: number
  /** The token endpoint answers 503 for this long, once in every `outageEvery`. */
  readonly outage: number
  readonly outageEvery: number
  /** A replayed request is refused with every token revoked since it was first sent. */
  readonly strict: boolean
}

/** `set`: replaces the fault rates and resets the counts. The reply is always the counts. */
export type Order = { readonly kind: 'set'; readonly rates: FaultRates | undefined } | { readonly kind: 'counts' }

/** Counts since the rates were last set. */
export type Report = RequestCounts & Faults

export interface Faults {
  readonly revoked: number
  readonly lost: number
  readonly stalled: number
  readonly unavailable: number
}
