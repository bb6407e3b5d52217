// Error responses of Phone.com: Mason, with OAuth's own fields beside it where OAuth has some.
import type { EmulatedResponse } from '../../server/response.ts'

/** A refusal of the API. `more` goes under `@error`. */
export function mason(status: number, message: string, more: Readonly<Record<string, unknown>> = {}): EmulatedResponse {
  return { status, body: { '@error': { '@message': message, '@httpStatusCode': status, '@time': AT, ...more } } }
}

/** A refusal that has a code of OAuth's. */
export function refuse(status: number, error: string, description: string): EmulatedResponse {
  const { body } = mason(status, description, { '@code': `oauth2.${error}`, '@details': [] })
  return { status, body: { ...(body as object), error, error_description: description } }
}

/** A field that is missing or wrong. */
export function invalid(field: string, problem: string): EmulatedResponse {
  return mason(422, 'Invalid request', { '@messages': [`${field}: ${problem}`], '@fields': { [field]: [problem] } })
}

/** Too many requests: the wait is in the body, and nowhere else. */
export function tooMany(seconds: number): EmulatedResponse {
  const rateLimit = {
    'RateLimit-Limit': 60,
    'RateLimit-Remaining': 0,
    'RateLimit-Reset': seconds,
    'Retry-After': seconds,
  }
  return mason(429, 'Too many requests', { '@rateLimit': rateLimit })
}

const AT = '2020-09-28T18:15:01.643Z'
