import type { Kind } from './stores.ts'

/** The options that a member is started with. */
export interface MemberOptions {
  readonly name: string
  readonly url: string
  readonly kind: Kind
  readonly place: string
  readonly isCoordinated: boolean
  /** Milliseconds that its clock is ahead. */
  readonly skew: number
  /** Its deadlines are those of the library, not shorter ones, and it sends a request in a second. */
  readonly isSlow: boolean
  /** The refresh token of a login that this member begins with. */
  readonly seed?: string
  /** It leaves as soon as it has logged in. */
  readonly leaves?: boolean
}

/** Counts since the last message. */
export interface Counts {
  readonly kind: 'counts'
  ok: number
  /** Requests that got something else than a 200, by reason. */
  failed: Record<string, number>
  /** Milliseconds of the requests that were served. */
  latencies: number[]
}

/** `signed-out`: the session has ended, somebody has to log in. */
export type Message = Counts | { readonly kind: 'ready' } | { readonly kind: 'signed-out' }

/** A login: its refresh token. Without one: somebody else has logged in, for members that share no session. */
export interface Login {
  readonly refreshToken?: string
}
