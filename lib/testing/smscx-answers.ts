// How SMS.CX answers: its one shape of refusal, and the headers that everything carries.

import type { Answer } from './answer.ts'
import { secretHex } from './secret-text.ts'

const CODE = 1_600
const LIMIT = 100

/** Every refusal has the code 1600; the `type` is what tells them apart. */
export function refuse(status: number, type: string, message: string): Answer {
  return { status, body: { error: { type, message, uri: `https://sms.cx/docs/api/#${type}`, code: CODE } } }
}

/** Makes a handler answer as this system does: with its headers, and with 429 while that is switched on. */
export type Label = <Args extends unknown[]>(handle: (...args: Args) => Answer) => (...args: Args) => Answer

/** `wait` gives the seconds until the limit ends, while there is one. */
export function labelled(now: () => number, wait: () => number | undefined): Label {
  return (handle) =>
    (...args) => {
      const seconds = wait()
      const answer = seconds === undefined ? handle(...args) : tooMany(now() / 1_000 + seconds)
      const headers = { 'X-Request-Id': secretHex(32), 'X-Response-Time': '1', ...answer.headers }
      return { ...answer, headers }
    }
}

function tooMany(until: number): Answer {
  return {
    ...refuse(429, 'rate_limit', 'Too many requests'),
    headers: {
      'X-Rate-Limit-Limit': String(LIMIT),
      'X-Rate-Limit-Remaining': '0',
      'X-Rate-Limit-Reset': String(Math.ceil(until)),
    },
  }
}
