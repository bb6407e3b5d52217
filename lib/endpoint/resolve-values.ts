// Credentials as text: what is a function is called, anew for each attempt.

import { TokenRequestError } from '../errors.ts'
import type { Credential } from '../providers/definition.ts'
import type { Hole } from '../providers/template.ts'
import type { Texts } from './fill-template.ts'

/** Values by hole name, as an application and the engine give them. */
export type Values = Readonly<Record<string, Credential | undefined>>

/** The error of a request that cannot be made with the credentials at hand; it never shows a value. */
export function unusable(provider: string, hole: string, why: string): TokenRequestError {
  return new TokenRequestError(provider, `the credential ${hole} ${why}`, { reason: 'credentials' })
}

/** The text of each hole; an empty one counts as absent (RFC 6749, 3.2). Throws a `TokenRequestError` for one that is needed. */
export async function resolveValues(provider: string, holes: readonly Hole[], values: Values): Promise<Texts> {
  const texts = new Map<string, string>()
  const names = [...new Set(holes.map((hole) => hole.name))]
  const resolved = await Promise.all(names.map((name) => resolveValue(provider, name, values)))
  names.forEach((name, index) => {
    const text = resolved[index]
    if (text) texts.set(name, text)
  })
  const missing = holes.find((hole) => !hole.optional && hole.fallback === undefined && !texts.has(hole.name))
  if (missing) throw unusable(provider, missing.name, 'is missing')
  return texts
}

async function resolveValue(provider: string, name: string, values: Values): Promise<string | undefined> {
  const value = Object.hasOwn(values, name) ? values[name] : undefined
  if (typeof value !== 'function') return value
  let text: unknown
  try {
    text = await value()
  } catch {
    // What was thrown may hold the secret it was about.
    throw unusable(provider, name, 'could not be had: its function threw')
  }
  if (typeof text !== 'string') throw unusable(provider, name, 'is not text: its function gave something else')
  return text
}
