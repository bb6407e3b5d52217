// How long a token lives, out of what servers write: numbers, text, nothing, nonsense. What is not a time to come is unknown.

import type { Lifetime } from '../providers/definition.ts'
import { jwtClaims } from './jwt-claims.ts'
import { first } from './lookup.ts'

export interface Expiry {
  /** Milliseconds from the moment the request was sent. */
  readonly expiresIn?: number
  /** Epoch milliseconds. */
  readonly expiresAt?: number
}

const UNITS = { s: 1000, ms: 1, min: 60_000 }

// A hundred years: beyond, dates end.
const LONGEST = 100 * 365.25 * 86_400_000

// Characters: beyond it is no date, and would keep us busy.
const LONGEST_DATE = 64

/** Milliseconds, out of a positive number or its text. */
export function durationOf(value: unknown, unit: keyof typeof UNITS = 's'): number | undefined {
  const number = numberOf(value) * UNITS[unit]
  return number > 0 ? Math.min(Math.round(number), LONGEST) : undefined
}

/** The first of the lifetimes that applies. */
export async function expiryOf(
  body: unknown,
  token: string,
  lifetimes: readonly Lifetime[],
  now: number,
): Promise<Expiry> {
  for (const lifetime of lifetimes) {
    if ('in' in lifetime || 'fixed' in lifetime) {
      const expiresIn =
        'in' in lifetime ? durationOf(first(body, lifetime.in), lifetime.unit) : durationOf(lifetime.fixed)
      if (expiresIn !== undefined) return { expiresIn }
    } else {
      const moment =
        'jwt' in lifetime
          ? momentOf((await jwtClaims(token))?.['exp'])
          : momentOf(first(body, lifetime.at), lifetime.unit)
      if (moment > now) return { expiresAt: Math.min(moment, now + LONGEST) }
    }
  }
  return {}
}

function momentOf(value: unknown, unit: 's' | 'ms' | 'iso' = 's'): number {
  if (unit !== 'iso') return Math.round(numberOf(value) * UNITS[unit])
  if (typeof value !== 'string' || value.length > LONGEST_DATE || !/^\d{4}-\d\d-\d\d/.test(value)) return NaN
  // Without a zone, the zone is not ours.
  return Date.parse(/T[^Zz+-]*$/.test(value) ? `${value}Z` : value)
}

/** NaN for what is neither a number nor the plain text of one. */
function numberOf(value: unknown): number {
  if (typeof value === 'string') return /^\d{1,40}(?:\.\d{1,40})?$/.test(value.trim()) ? Number(value) : NaN
  return typeof value === 'number' && Number.isFinite(value) ? value : NaN
}
