// What passes between the run and the server's process.
import type { RequestCounts } from '../../lib/testing.ts'

/** How often what goes wrong, from 0 to 1; durations in milliseconds. */
export interface Weather {
  /** API requests at which the server revokes the token they carry. */
  readonly revoked: number
  /** Answers of the token endpoint that are acted on and lost. */
  readonly lost: number
  /** Answers of the token endpoint that come late. */
  readonly stalled: number
  readonly stall: number
  /** The token endpoint says 503 for so long, again and again. */
  readonly spell: number
  readonly spellEvery: number
  /** A request sent once more is refused with every token that was revoked since it was sent first. */
  readonly strict: boolean
}

export interface Welcome {
  readonly url: string
}

export type Order = { readonly kind: 'weather'; readonly weather: Weather | undefined } | { readonly kind: 'counts' }

/** Counts since the weather was last set. */
export type Report = RequestCounts & {
  readonly revoked: number
  readonly lost: number
  readonly stalled: number
  readonly unavailable: number
}
