// The differences between a bare client and an attached one, and the rules that allow some of them. docs/differences.md lists the rules.
import type { Answer } from './answers.ts'
import { BODIES } from './bodies.ts'
import type { Case } from './cases.ts'
import { isObject, type Plain } from './describe.ts'
import type { Observation, Role } from './run-case.ts'

/** One place in which two observations differ. */
export interface Difference {
  readonly role: Exclude<Role, 'bare'>
  /** Keys joined by dots, e.g. `answer.error.message`. */
  readonly path: string
  readonly bare: Plain
  readonly attached: Plain
}

export type Observations = Readonly<Record<Role, Observation>>

type Found = (path: string, bare: Plain, attached: Plain) => void

function compare(bare: Plain, attached: Plain, path: string, found: Found): void {
  if (Object.is(bare, attached)) return
  if (!isObject(bare) || !isObject(attached) || Array.isArray(bare) !== Array.isArray(attached)) {
    found(path, bare, attached)
    return
  }
  for (const key of new Set([...Object.keys(bare), ...Object.keys(attached)]))
    compare(bare[key], attached[key], `${path}.${key}`, found)
}

const ATTACHED = ['fresh', 'waiting', 'revoked'] as const

/** All differences of one case. */
export function differencesOf(given: Case, seen: Observations): Difference[] {
  return ATTACHED.flatMap((role) => {
    const differences: Difference[] = []
    const found: Found = (path, bare, attached) => differences.push({ role, path, bare, attached })
    const [theirs, ours] = [seen.bare, seen[role]]
    for (const key of ['answer', 'notes', 'body'] as const) compare(theirs[key], ours[key], key, found)
    // A Request listens to its signal until it is collected.
    const mayListen =
      given.client === 'fetch' && (given.input.startsWith('a Request') || given.body.includes('FormData'))
    // Node's fetch leaves a listener where it fails after a redirect: a replay may leave another.
    const most = theirs.listeners * Math.max(1, ours.sendings.length)
    if (ours.listeners > most && !mayListen) found('listeners', theirs.listeners, ours.listeners)
    if (JSON.stringify(ours.answer).includes('-token-of-the-case')) found('token', undefined, 'in the answer')
    for (const fault of ours.faults) found('token', undefined, fault)
    // Whether the head is sent before the body fails is left to chance.
    if (failsByItself(given)) return differences
    const count = ours.sendings.length
    const expected = theirs.sendings.length + ours.refused
    if (count !== expected) found('sendings', expected, count)
    const last = ours.sendings.at(-1) ?? []
    compare(theirs.sendings.at(-1) ?? [], last, 'wire', found)
    // A replay sends the same as the first request.
    const first = ours.sendings[0] ?? []
    if (count > 1) compare(last.slice(0, first.length), first, 'first', found)
    return differences.filter((difference) => !isLeftToChance(difference, given))
  })
}

type Allows = (difference: Difference, given: Case, seen: Observations) => boolean

export interface Rule {
  /** The difference, in the words of a row of docs/differences.md. */
  readonly sentence: string
  readonly allows: Allows
}

const textOf = (value: Plain): string => (typeof value === 'string' ? value : '')

/** A part of an answer. */
function partOf(value: Plain, path: string): Plain {
  return path.split('.').reduce<Plain>((part, key) => (isObject(part) ? part[key] : undefined), value)
}

const isUnder = (path: string, ...places: readonly string[]): boolean =>
  places.some((place) => path === place || path.startsWith(`${place}.`))

/** Whether a signal or a timeout has ended the call. */
function isEnded({ answer }: Observation): boolean {
  const error = partOf(answer, 'error')
  return (
    /^(?:ERR_CANCELED|ECONNABORTED|ETIMEDOUT)$/.test(textOf(partOf(error, 'code'))) ||
    /^(?:AbortError|TimeoutError)$/.test(textOf(partOf(error, 'name'))) ||
    error === 'the given reason' ||
    partOf(error, 'thrown') === 'the reason'
  )
}

const failsByItself = ({ body }: Case): boolean => /fails|not there/.test(body)

/** Whether the body is one that is sent once only: a stream, or an object that is not known to be none. */
function isSentOnce({ body, client, headers, isBodyMade }: Case): boolean {
  const isForm = client === 'axios over fetch' && headers.some((name) => name.startsWith('multipart'))
  const isUnknown = /form-data|Date|String object|toString|function/.test(body)
  return !isBodyMade && (BODIES[body].isStream === true || isUnknown || isForm)
}

/** Whether a difference comes of the wait for a token: it is before all for which the client refuses or answers the call. */
const comesOfTheWait: Allows = ({ role, path }, given, seen) => {
  const ours = seen[role]
  const isBodyFailure = role === 'waiting' && failsByItself(given)
  if (!isBodyFailure && (role === 'fresh' || !given.ending.endsWith('in the wait'))) return false
  if (role === 'revoked' && ours.refused === 0) return false
  if (path.startsWith('answer') && (isBodyFailure || (!isEnded(seen.bare) && isEnded(ours)))) return true
  return isUnder(path, 'sendings', 'wire', 'body', 'notes', 'answer.error.request', 'answer.error.config.headers')
}

/** Whether an answer rejects any token. */
const isRejection = ({ status, head }: Answer): boolean => status === 401 || head.includes('a challenge')

/** Codes of a connection that the server has closed, or over which it sent more than an answer. */
const CLOSED = /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET|HPE_)/

const comesOfAClosedConnection: Allows = ({ role, path }, { hostile, client, answer }, seen) => {
  const error = partOf(seen[role].answer, 'error')
  const code = textOf(partOf(client === 'axios over http' ? error : partOf(error, 'cause'), 'code'))
  return hostile !== undefined && (role === 'revoked' || isRejection(answer)) && path !== 'token' && CLOSED.test(code)
}

export const RULES: readonly Rule[] = [
  {
    sentence: 'a call that needs a token waits for it before it is sent',
    allows: comesOfTheWait,
  },
  {
    sentence: 'after a 401 the API sees the request twice, and so does the history of a mock adapter',
    allows: ({ path, role }, { answer }, seen) =>
      path === 'sendings' && isRejection(answer) && seen[role].refused === 0 && seen[role].sendings.length === 2,
  },
  {
    sentence: 'a 401 to a request with a stream, or an object of an unknown kind, is returned as it is',
    allows: ({ role, path }, given, seen) =>
      isSentOnce(given) && seen[role].refused === 1 && seen[role].sendings.length === 1 && path !== 'token',
  },
  {
    sentence: 'a 401 with a body that `integrity` or `maxContentLength` refuses ends the call',
    allows: ({ role, path }, { options, refusal }, seen) =>
      (options.includes('a wrong integrity') || (options.includes('maxContentLength') && refusal.body === 'long')) &&
      seen[role].refused === 1 &&
      path !== 'token',
  },
  {
    sentence:
      'axios: `onDownloadProgress` tells of a refused answer too; `validateStatus`, `paramsSerializer`, `beforeRedirect` and `lookup` are called for it',
    allows: ({ role, path }, _given, seen) => path.startsWith('notes') && seen[role].sendings.length === 2,
  },
  {
    sentence: 'axios, http: the boundary of a `FormData` is spelled `axios-1-21-1-…`, not `axios-1.21.1-…`',
    allows: ({ bare, attached }, { client }) =>
      client === 'axios over http' &&
      textOf(bare).includes('boundary') &&
      textOf(bare).replaceAll('.', '-') === textOf(attached).replaceAll('.', '-'),
  },
  {
    sentence: 'a replay over a connection that the server closed after its 401 fails, e.g. with `ECONNRESET`',
    allows: comesOfAClosedConnection,
  },
  {
    sentence: 'axios: a request that waited, or is sent once more, is given what is left of `timeout`',
    // A stream fails after the call, and names what was left.
    allows: ({ role, path, attached }, { ending, options }) =>
      role !== 'fresh' &&
      ending === 'timeout in the body' &&
      options.includes('responseType: stream') &&
      isUnder(path, 'answer.data.data') &&
      /^timeout of \d+ms exceeded$/.test(textOf(attached)),
  },
  {
    sentence: 'fetch: a `Request` with a body is copied once before it is sent',
    allows: ({ path }, { client, input }) =>
      client === 'fetch' && input.startsWith('a Request') && isUnder(path, 'body'),
  },
  {
    sentence: 'fetch: `Authorization: undefined` is no header, where a bare one sends the word',
    allows: ({ path, bare, attached }, { client, headers }) =>
      client === 'fetch' &&
      headers.includes('no authorization') &&
      (isUnder(path, 'wire', 'first') ||
        (path === 'answer.error.message' && withoutIndices(bare) === withoutIndices(attached))),
  },
]

/** An error names the place of a header in its list. */
const withoutIndices = (message: Plain): string => textOf(message).replace(/\[\d+\]/, '')

/** Whether platforms differ from one time to the next: which of two failures of a body is seen first, and if a failure is seen at all. */
function isLeftToChance({ path, bare }: Difference, { hostile }: Case): boolean {
  return hostile !== undefined && (bare === 'pending' || /^answer\.(?:body|data\.data|error\.cause)\b/.test(path))
}

/** The rule that allows a difference; undefined for a fault. */
export function ruleFor(difference: Difference, given: Case, seen: Observations): Rule | undefined {
  return RULES.find(({ allows }) => allows(difference, given, seen))
}
