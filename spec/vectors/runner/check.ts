// Whether what happened is what a step expects: all of it, nothing else, and at that moment.
import type { Happening } from './format.ts'
import type { Entry } from './log.ts'

export class VectorFailure extends Error {
  override readonly name = 'VectorFailure'
}

/** Throws for anything missing, anything more, and anything at another moment; order within a moment is free. */
export function compare(at: number, expected: readonly Happening[], entries: readonly Entry[]): void {
  const open = tally(expected.map((what) => ({ at, what })))
  const surplus: string[] = []
  for (const [key, times] of tally(entries)) {
    const left = (open.get(key) ?? 0) - times
    if (left < 0) surplus.push(`${String(-left)} x ${key}`)
    if (left > 0) open.set(key, left)
    else open.delete(key)
  }
  const missing = [...open].map(([key, times]) => `${String(times)} x ${key}`)
  if (missing.length + surplus.length === 0) return
  const lines = [...missing.map((each) => `- expected: ${each}`), ...surplus.map((each) => `+ happened: ${each}`)]
  throw new VectorFailure(`at ${String(at)}:\n${lines.join('\n')}`)
}

export function isEqual(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other)
}

export function equal(what: string, expected: unknown, actual: unknown): void {
  if (isEqual(expected, actual)) return
  throw new VectorFailure(`${what}: expected ${canonical(expected)}, got ${canonical(actual)}`)
}

function tally(entries: readonly Entry[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { at, what } of entries) {
    const { times = 1, ...rest } = what
    const key = `${canonical(rest)} at ${String(at)}`
    counts.set(key, (counts.get(key) ?? 0) + times)
  }
  return counts
}

/** JSON with its names in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
