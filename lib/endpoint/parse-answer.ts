// The text of an answer as a body: JSON whatever its content type says, form data only where it says so.

import type { RawAnswer, WireAnswer } from './wire.ts'

/** The answer; its body is undefined when it is neither. */
export function parseAnswer({ status, headers, text }: RawAnswer): WireAnswer {
  const form = headers['content-type']?.toLowerCase().startsWith('application/x-www-form-urlencoded')
  return { status, headers, body: form ? Object.fromEntries(new URLSearchParams(text)) : parseJson(text) }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch {
    return undefined
  }
}
