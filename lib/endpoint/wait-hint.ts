// How long a server asks to be left alone.

import type { Wait } from '../providers/definition.ts'
import { first } from './lookup.ts'
import type { WireAnswer } from './wire.ts'

const LONGEST = 3_600_000

// RFC 9110, 10.2.3: either form, whatever the provider's own places say.
const RETRY_AFTER: readonly Wait[] = [
  { header: 'retry-after', as: 'seconds' },
  { header: 'retry-after', as: 'date' },
]

/** Milliseconds from now, an hour at most; undefined when nothing readable was said. */
export function waitHint(answer: WireAnswer, waits: readonly Wait[] = [], now: number): number | undefined {
  for (const wait of [...waits, ...RETRY_AFTER]) {
    const said = 'header' in wait ? answer.headers[wait.header.toLowerCase()] : first(answer.body, wait.at)
    const ms = READERS[wait.as](typeof said === 'number' || typeof said === 'string' ? String(said).trim() : '', now)
    if (ms > 0) return Math.min(ms, LONGEST)
  }
  return undefined
}

const READERS: Readonly<Record<Wait['as'], (said: string, now: number) => number>> = {
  seconds: (said) => secondsOf(said) * 1000,
  epoch: (said, now) => secondsOf(said) * 1000 - now,
  // Date.parse makes a date of nearly anything.
  date: (said, now) => (/^[A-Z][a-z]+, .{1,40} GMT$/.test(said) ? Date.parse(said) : NaN) - now,
}

function secondsOf(said: string): number {
  return /^\d{1,20}(?:\.\d{1,9})?$/.test(said) ? Number(said) : NaN
}
