// What passes between the engine and the transports: one request to the authorization server, one answer, no meaning yet.

import type { WireAnswer, WireRequest } from '../providers/definition.ts'

export type { WireAnswer, WireRequest }

/** An answer as it came, its text read up to 1 MiB. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * No usable answer. `unreachable`: the request was certainly not sent (refused, no such host). `lost`: it may have been acted on.
 * `too_large`: the body passed the limit.
 */
export interface WireFailure {
  readonly failure: 'unreachable' | 'lost' | 'too_large'
}

/** What became of one attempt: an answer, or none. */
export type WireResult = RawAnswer | WireFailure

/** What a transport is given: how to build each attempt, and whether there is to be another. */
export interface Conversation {
  /** Ends the conversation, at the flight's deadline. */
  readonly signal: AbortSignal
  /** Builds the next attempt anew: fresh credentials, a fresh assertion. */
  prepare(): Promise<WireRequest>
  /** True, after the wait that is due, when another attempt is to be made; rejects when `signal` aborts meanwhile. */
  again(result: WireResult): Promise<boolean>
}

/**
 * Carries a token request to the authorization server and brings back the last result. It follows no redirect, reads at most
 * 1 MiB, decoded, and rejects only when `signal` aborts or `prepare` fails.
 */
export type TokenTransport = (conversation: Conversation) => Promise<WireResult>

/** 1 MiB, decoded. */
export const MAX_ANSWER_BYTES = 1_048_576
