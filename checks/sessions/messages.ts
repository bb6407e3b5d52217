import type { Kind } from './stores.ts'

/** The options that a member is started with. */
export interface MemberOptions {
  readonly name: string
  readonly url: string
  readonly kind: Kind
  readonly place: string
  readonly isCoordinated: boolean
  /** The offset of its clock in milliseconds. */
  readonly skew: number
  /** Uses the default deadlines instead of shorter ones, and sends a request per second. */
  readonly isSlow: boolean
  /** The refresh token that this member starts with. */
  readonly seed?: string
  /** Ends after its login. */
  readonly leaves?: boolean
}

/** Counts since the last message. */
export interface Counts {
  readonly kind: 'counts'
  ok: number
  /** Requests without a 200, by reason. */
  failed: Record<string, number>
  /** The durations of requests with a 200, in milliseconds. */
  latencies: number[]
}

/** `signed-out`: the session has ended, a login is required. */
export type Message = Counts | { readonly kind: 'ready' } | { readonly kind: 'signed-out' }

/** The refresh token of a login. Without one: another member has logged in, for members without a shared session. */
export interface Login {
  readonly refreshToken?: string
}
