// What a refusal asks for, by WWW-Authenticate. Read in one pass, without a regular expression that a server's text could keep busy.
import type { SkipReason } from '../token/events.ts'

/** One challenge of a WWW-Authenticate header; names in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const LONGEST = 16_384

/**
 * Reads the challenges of a WWW-Authenticate header, of several joined by commas too. What is malformed is passed over, and so is
 * what lies beyond 16 KiB.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, LONGEST)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0
  // Right after a scheme a word of its own is no scheme but a token68.
  let named = false

  const take = (characters: string, among: boolean): string => {
    const from = at
    while (at < text.length && characters.includes(text.charAt(at)) === among) at += 1
    return text.slice(from, at)
  }
  const word = (): string => take(' \t,="', false)
  const quoted = (): string => {
    let value = ''
    for (at += 1; at < text.length && text.charAt(at) !== '"'; at += 1) {
      if (text.charAt(at) === '\\') at += 1
      value += text.charAt(at)
    }
    at += 1
    return value
  }

  while (at < text.length) {
    if (take(' \t,', true).includes(',')) named = false
    const name = word().toLowerCase()
    take(' \t', true)
    if (text.charAt(at) === '=') {
      // A parameter of the challenge before; of a token68, its padding.
      take('= \t', true)
      const value = text.charAt(at) === '"' ? quoted() : word()
      const parameters = challenges.at(-1)?.parameters
      if (parameters && !parameters.has(name)) parameters.set(name, value)
      named = false
    } else if (text.charAt(at) === '"' && name === '') {
      quoted()
    } else if (name !== '') {
      if (!named) challenges.push({ scheme: name, parameters: new Map() })
      named = !named
    }
  }
  return challenges
}

/** `renew`: a new token may help. `welcome`: the answer refuses no token. Else the reason why a new token would not help. */
export type Verdict = 'renew' | 'welcome' | SkipReason

const HOPELESS = ['insufficient_scope', 'insufficient_user_authentication'] as const

/**
 * What a status of 400 or above and its challenges say of the token: 401 refuses it, and whatever the status `invalid_token` does;
 * challenges of other schemes than the token's, in lower case, and questions of scope do not.
 * @see RFC 6750, section 3.1; RFC 9470, section 3
 */
export function verdict(status: number, header: string | null | undefined, scheme = 'bearer'): Verdict {
  const refused = status === 401
  const otherwise = status === 403 ? 'forbidden' : 'welcome'
  if (!header) return refused ? 'renew' : otherwise
  const challenges = parseChallenges(header)
  const ours = challenges.filter((challenge) => challenge.scheme === scheme)
  const errors = ours.map(({ parameters }) => parameters.get('error')?.toLowerCase())
  if (errors.includes('invalid_token')) return 'renew'
  const hopeless = HOPELESS.find((error) => errors.includes(error))
  if (hopeless) return hopeless
  if (!refused) return otherwise
  return challenges.length > 0 && ours.length === 0 ? 'other_scheme' : 'renew'
}
