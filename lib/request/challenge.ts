// What a refusal asks for, by WWW-Authenticate. Read in one pass, without a regular expression that a server's text could keep busy.
import type { SkipReason } from '../token/events.ts'

/** One challenge of a WWW-Authenticate header; names in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const LONGEST = 16_384

/**
 * Reads the challenges of a WWW-Authenticate header, of several joined by commas too. What is malformed is passed over.
 * @see RFC 9110, section 11.6.1
 */
export function parseChallenges(header: string): readonly Challenge[] {
  const text = header.slice(0, LONGEST)
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0

  const skip = (characters: string): void => {
    while (at < text.length && characters.includes(text.charAt(at))) at += 1
  }
  const word = (): string => {
    const from = at
    while (at < text.length && !' \t,="'.includes(text.charAt(at))) at += 1
    return text.slice(from, at)
  }
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
    skip(' \t,')
    const from = at
    const name = word().toLowerCase()
    skip(' \t')
    if (text.charAt(at) === '=') {
      // A parameter of the challenge before; of a token68, its padding.
      skip('= \t')
      const value = text.charAt(at) === '"' ? quoted() : word()
      const parameters = challenges.at(-1)?.parameters
      if (parameters && !parameters.has(name)) parameters.set(name, value)
    } else if (name !== '') {
      challenges.push({ scheme: name, parameters: new Map() })
    }
    if (at === from) at += 1
  }
  return challenges
}

/** `renew`: a new token may help. `welcome`: the answer refuses no token. Else the reason why a new token would not help. */
export type Verdict = 'renew' | 'welcome' | SkipReason

const HOPELESS: Readonly<Record<string, SkipReason>> = {
  insufficient_scope: 'insufficient_scope',
  insufficient_user_authentication: 'insufficient_user_authentication',
}

/**
 * What a status and its challenges say of the token: 401 refuses it, whatever the status `invalid_token` does, other schemes and
 * questions of scope do not.
 * @see RFC 6750, section 3.1; RFC 9470, section 3
 */
export function verdict(status: number, header: string | null | undefined): Verdict {
  if (!header) return status === 401 ? 'renew' : 'welcome'
  const challenges = parseChallenges(header)
  const ours = challenges.filter(({ scheme }) => scheme === 'bearer')
  const errors = ours.map(({ parameters }) => parameters.get('error')?.toLowerCase() ?? '')
  if (errors.includes('invalid_token')) return 'renew'
  const hopeless = errors.map((error) => HOPELESS[error]).find(Boolean)
  if (hopeless) return hopeless
  if (status !== 401) return 'welcome'
  return challenges.length > 0 && ours.length === 0 ? 'other_scheme' : 'renew'
}
