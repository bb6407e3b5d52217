// Random calls, as data: a failing one can be printed, and made smaller by fast-check.
import fc from 'fast-check'
import { type Answer, ANSWER_BODY_NAMES, FAULTS, HEAD_NAMES } from './answers.ts'
import { BODIES, BODY_NAMES, type BodyName } from './bodies.ts'
import { AXIOS_OPTION_NAMES, type AxiosOptionName } from './axios-options.ts'
import { FETCH_OPTION_NAMES, type FetchOptionName } from './fetch-options.ts'
import { type Mutation, mutations } from './mutations.ts'
import type { After } from './raw-server.ts'
import { HEADER_NAMES, type HeaderName } from './headers.ts'

export const CLIENTS = ['fetch', 'axios over http', 'axios over fetch'] as const
export type Client = (typeof CLIENTS)[number]

/** How a call ends, if not by its answer. Where it is aborted in flight or times out, the server is silent or stalls: nothing races. */
const ENDINGS = [
  'none',
  'aborted before',
  'aborted when received',
  'aborted in the wait',
  'aborted in the body',
  'timeout',
  'timeout in the wait',
  'timeout in the body',
] as const
export type Ending = (typeof ENDINGS)[number]

export const REASONS = ['none', 'an error', 'text', 'a cancel token'] as const

export interface Redirect {
  readonly status: number
  readonly to: 'the API' | 'another path' | 'another origin' | 'itself' | 'nowhere' | 'a bad URL'
  /** Whether it is the target that refuses a revoked token. */
  readonly isRefusedThere: boolean
}

export interface Case {
  readonly client: Client
  readonly method: string
  readonly text: string
  readonly query: string
  readonly input: 'text' | 'a URL' | 'a Request' | 'a Request and an init'
  readonly headers: readonly HeaderName[]
  readonly headersAs: 'an object' | 'a list' | 'Headers'
  readonly body: BodyName
  readonly options: readonly (AxiosOptionName | FetchOptionName)[]
  /** How the body of a Response is read. */
  readonly read: 'text' | 'json' | 'bytes' | 'stream' | 'form' | 'clone'
  readonly ending: Ending
  readonly reason: (typeof REASONS)[number]
  readonly redirect: Redirect | undefined
  readonly answer: Answer
  /** The answer to a revoked token. */
  readonly refusal: Answer
  /** Whether a body can be made again, by the option of the request. */
  readonly isBodyMade: boolean
  /** Changes to the bytes of the answer, and to those of the refusal. */
  readonly hostile?: {
    readonly answer: readonly Mutation[]
    readonly refusal: readonly Mutation[]
    readonly after: After
  }
}

const mostly = <T>(first: T, others: fc.Arbitrary<T>, weight = 4): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(first), weight }, { arbitrary: others, weight: 1 })

const few = <T>(values: readonly T[], maxLength: number): fc.Arbitrary<T[]> =>
  fc.uniqueArray(fc.constantFrom(...values), { maxLength })

const statuses = mostly(
  200,
  fc.constantFrom(201, 202, 204, 205, 206, 299, 304, 400, 401, 403, 404, 407, 409, 418, 429, 500, 502, 503, 599),
  2,
)

/** Those after which a call does not end by itself are chosen by the ending. */
const ENDED_FAULTS = FAULTS.filter((fault) => fault !== 'silent' && fault !== 'stalled')

const shares = fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100)

const answers: fc.Arbitrary<Answer> = fc
  .record({
    status: statuses,
    head: few(HEAD_NAMES, 3),
    body: fc.constantFrom(...ANSWER_BODY_NAMES),
    framing: fc.constantFrom('length', 'chunks', 'close'),
    fault: mostly('none', fc.constantFrom(...ENDED_FAULTS), 3),
    at: shares,
  })
  .map((answer) => {
    const { body, framing, fault } = answer
    if (!UNREADABLE.includes(body)) return answer
    return { ...answer, framing: framing === 'close' ? 'length' : framing, fault: ENDING.test(fault) ? 'none' : fault }
  })

/** Faults of a connection that ends in the body. */
const ENDING = /in the answer|a length too long/

/**
 * Bodies that cannot be decompressed. Where the connection ends too, a call of Node's fetch may never settle, and which of the two failures
 * axios sees first is left to chance.
 */
const UNREADABLE: readonly string[] = ['gzip that is none', 'gzip that is cut']

/** Answers to a revoked token that every client can read. */
const refusals: fc.Arbitrary<Answer> = fc.record({
  status: fc.constant(401),
  head: few(['x-a', 'two cookies', 'a field in latin1', 'connection: close', 'a challenge', 'a long field'], 3),
  body: fc.constantFrom('none', 'text', 'json', 'a number', 'a bad charset', 'form', 'long'),
  framing: fc.constantFrom('length', 'chunks', 'close'),
  fault: mostly('none', fc.constantFrom('split', 'information first'), 3),
  at: shares,
})

const redirects: fc.Arbitrary<Redirect | undefined> = mostly(
  undefined,
  fc.record({
    status: fc.constantFrom(301, 302, 303, 307, 308, 300),
    to: fc.constantFrom('the API', 'another path', 'another origin', 'itself', 'nowhere', 'a bad URL'),
    isRefusedThere: fc.boolean(),
  }),
  5,
)

const methods = mostly(
  'POST',
  fc.constantFrom(
    'GET',
    'get',
    'HEAD',
    'DELETE',
    'PUT',
    'put',
    'PATCH',
    'OPTIONS',
    'PROPFIND',
    'QUERY',
    'bad method',
    'TRACE',
    '',
  ),
  1,
)

const texts = fc.oneof(
  fc.constantFrom('text', '', 'ü', '{"a":1}'),
  fc.string({ maxLength: 12 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
)

function casesOf(client: Client): fc.Arbitrary<Case> {
  const options = client === 'fetch' ? FETCH_OPTION_NAMES : AXIOS_OPTION_NAMES
  return fc.record<Case>({
    client: fc.constant(client),
    method: methods,
    text: texts,
    query: fc.constantFrom('', '?a=1', '?', '?a=%C3%BC&a=b+c', '?ü=[]#part'),
    input: fc.constantFrom('text', 'a URL', 'a Request', 'a Request and an init'),
    headers: few(HEADER_NAMES, 4),
    headersAs: fc.constantFrom('an object', 'a list', 'Headers'),
    body: fc.oneof(
      fc.constantFrom<BodyName>('none', 'text', 'an object'),
      // It ends the process with a bare axios, too.
      fc.constantFrom(...BODY_NAMES.filter((name) => client === 'fetch' || name !== 'a stream of objects')),
    ),
    options: few<AxiosOptionName | FetchOptionName>(options, 3),
    read: fc.constantFrom('text', 'json', 'bytes', 'stream', 'form', 'clone'),
    ending: mostly('none', fc.constantFrom(...ENDINGS), 3),
    reason: fc.constantFrom(...REASONS),
    redirect: redirects,
    answer: answers,
    refusal: refusals,
    isBodyMade: mostly(false, fc.boolean(), 2),
  })
}

/** Node sends a stream without a frame with these methods: what follows it on the connection cannot be read. */
const UNFRAMED = ['GET', 'get', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', '']

/** Without what clients leave to chance. */
function certain(given: Case): Case {
  const { client, body, method, ending, redirect, headers } = given
  const isHttp = client === 'axios over http'
  return {
    ...given,
    method: isHttp && BODIES[body].isStream && UNFRAMED.includes(method) ? 'POST' : method,
    // The encoding of a head depends on what Node sends with it in one packet.
    headers: isHttp ? headers.filter((name) => name !== 'latin1') : headers,
    // Which limit is reached first?
    redirect: ending.startsWith('timeout') && redirect?.to === 'itself' ? undefined : redirect,
  }
}

/** Calls of one of the clients. */
export const cases: fc.Arbitrary<Case> = fc.oneof(...CLIENTS.map(casesOf)).map(certain)

/** Calls whose answers are no good HTTP. */
export const hostileCalls: fc.Arbitrary<Case> = fc
  .record({
    given: cases,
    changes: mutations,
    isRefusal: fc.boolean(),
    after: fc.constantFrom<After>('end', 'end', 'reset'),
    body: fc.constantFrom<BodyName>('none', 'text', 'bytes', 'an object'),
    options: few<AxiosOptionName>(['responseType: arraybuffer', 'all statuses valid', 'validateStatus'], 1),
  })
  .map(({ given, changes, isRefusal, after, body, options }) => ({
    ...given,
    body,
    options: given.client === 'fetch' ? [] : options,
    headers: [],
    method: 'POST',
    ending: 'none',
    redirect: undefined,
    answer: { ...given.answer, fault: 'none' },
    hostile: { answer: isRefusal ? [] : changes, refusal: isRefusal ? changes : [], after },
  }))
