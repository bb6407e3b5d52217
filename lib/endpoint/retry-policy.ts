// Whether the token endpoint is asked again within a flight, and after how long. Pure: it counts nothing and waits for nothing.
import type { Failure } from './read.ts'

const FIRST_WAIT = 1000
const JITTER = 0.1

/** What came of the attempts so far. */
export interface Setback {
  readonly failure: Failure
  /** How many attempts were made. */
  readonly made: number
  /** How many of them were lost: the server may have acted on each. */
  readonly lost: number
  /** Whether the last one was. */
  readonly ambiguous: boolean
}

/** What the flight allows. */
export interface RetryTerms {
  /** How many attempts may be made in all. */
  readonly attempts: number
  /** Whether what is sent may be spent by the sending, as a refresh token that rotates is. */
  readonly spendable: boolean
  readonly onAmbiguousRefresh: 'retry-once' | 'never'
  /** Milliseconds until the flight ends. */
  readonly left: number
  /** A number from 0 up to 1. */
  readonly random: number
}

/**
 * Milliseconds until the next attempt, or undefined when the last one was final: what the server asks for, else 1 s, 2 s, 4 s, each
 * up to a tenth shorter or longer. A wait that the flight would not outlive is not begun.
 */
export function retryIn(setback: Setback, terms: RetryTerms): number | undefined {
  const { failure, made, lost, ambiguous } = setback
  if (!failure.retry || made >= terms.attempts) return undefined
  if (ambiguous && terms.spendable && lost > (terms.onAmbiguousRefresh === 'never' ? 0 : 1)) return undefined
  const wait = failure.retryAfter ?? FIRST_WAIT * 2 ** (made - 1) * (1 - JITTER + 2 * JITTER * terms.random)
  return wait < terms.left ? wait : undefined
}
