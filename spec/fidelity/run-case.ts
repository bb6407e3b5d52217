// Runs one call by a bare client and by attached ones, each against servers of its own.
import { getEventListeners } from 'node:events'
import axios, { type AxiosRequestConfig } from 'axios'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { type ApplicationTokenManager, createTokenManager } from '../../lib/index.ts'
import { deferred } from '../support/deferred.ts'
import { flush } from '../support/clock.ts'
import { wireAnswer } from './answers.ts'
import { AXIOS_OPTIONS } from './axios-options.ts'
import { BODIES } from './bodies.ts'
import type { Case } from './cases.ts'
import { describeAnswer, type DescribeContext, describeError, type Plain, shown, stateOf } from './describe.ts'
import { FETCH_OPTIONS } from './fetch-options.ts'
import { fieldsOf } from './headers.ts'
import { mutated } from './mutations.ts'
import { headerIn, type RawServer, startRawServer, type WireAnswer, type WireRequest } from './raw-server.ts'

/** The state of the token of the call; `bare`: the client has none. */
export const ROLES = ['bare', 'fresh', 'waiting', 'revoked'] as const
export type Role = (typeof ROLES)[number]

/** Milliseconds after which a call times out that is to time out, and after which one is taken for pending forever. */
const TIMEOUT_MS = 12
const BODY_MS = 4
const PENDING_MS = 1_000
const MAX_PENDING_MS = 8_000

export const FIRST_TOKEN = 'first-token-of-the-case'
export const SECOND_TOKEN = 'second-token-of-the-case'

export interface Observation {
  readonly answer: Plain
  /** The calls of the functions that the call was given. */
  readonly notes: readonly string[]
  readonly listeners: number
  readonly body: Plain
  /** The sendings of the call, each with its redirects, without the token. */
  readonly sendings: readonly (readonly Plain[])[]
  /** How often the first token was refused. */
  readonly refused: number
  /** Of the token on the wire: where it should not be, and where it is missing. */
  readonly faults: readonly string[]
}

interface Servers {
  readonly api: RawServer
  readonly other: RawServer
}

export class Lab {
  readonly #servers: ReadonlyMap<Role, Servers>
  #count = 0

  private constructor(servers: ReadonlyMap<Role, Servers>) {
    this.#servers = servers
  }

  static async start(): Promise<Lab> {
    const servers = ROLES.map(async (role): Promise<[Role, Servers]> => [
      role,
      { api: await startRawServer(), other: await startRawServer() },
    ])
    return new Lab(new Map(await Promise.all(servers)))
  }

  async close(): Promise<void> {
    for (const { api, other } of this.#servers.values()) await Promise.all([api.close(), other.close()])
  }

  /** All observations of one case. */
  async run(given: Case, patience = 1): Promise<Readonly<Record<Role, Observation>>> {
    this.#count += 1
    const entries = [...this.#servers].map(async ([role, servers]): Promise<[Role, Observation]> => [
      role,
      await new Performance(given, role, servers, { count: this.#count, patience }).run(),
    ])
    return Object.fromEntries(await Promise.all(entries)) as Record<Role, Observation>
  }
}

class Performance {
  readonly #case: Case
  readonly #role: Role
  readonly #servers: Servers
  /** The path of this case: what is left over from the one before is not of it. */
  readonly #path: string
  readonly #sendings: WireRequest[][] = []
  readonly #faults: string[] = []
  readonly #notes: string[] = []
  readonly #given = new Map<unknown, string>()
  readonly #controller = new AbortController()
  readonly #cancel = axios.CancelToken.source()
  #refused = 0
  readonly #patience: number

  constructor(
    given: Case,
    role: Role,
    servers: Servers,
    { count, patience }: { readonly count: number; readonly patience: number },
  ) {
    this.#patience = patience
    this.#case = given
    this.#role = role
    this.#servers = servers
    this.#path = `/api/${String(count)}`
    for (const server of [servers.api, servers.other]) {
      server.onHead = (request) => {
        this.#record(server, request)
      }
      server.handler = (request) => this.#answer(request)
    }
  }

  get #context(): DescribeContext {
    return { normalize: this.#normalize, given: this.#given }
  }

  readonly #normalize = (text: string): string => {
    const { api, other } = this.#servers
    return text
      .replaceAll(`timeout of ${String(TIMEOUT_MS * this.#patience)}ms`, 'timeout of nms')
      .replaceAll(api.url, 'http://api')
      .replaceAll(api.url.slice(7), 'api')
      .replaceAll(other.url, 'http://other')
      .replaceAll(other.url.slice(7), 'other')
      .replaceAll(`${this.#path}/`, '/api/n/')
      .replace(/(boundary[-=](?:\S*boundary-)?)([\w-]{16,})/g, '$1…')
      .replace(/(--\S*boundary-)([\w-]{16,})/g, '$1…')
      .replace(/(-{20,})([\da-f]{20,}|\d{20,})/g, '$1…')
      .replace(/(formdata-undici-)\d+/g, '$1…')
      .replace(/axios-[\da-f]{30,}/g, 'axios-…')
  }

  // The server.

  #record(server: RawServer, request: WireRequest): void {
    if (!request.target.startsWith(`${this.#path}/`)) return
    const isStart = server === this.#servers.api && request.target.startsWith(`${this.#path}/start`)
    if (isStart || this.#sendings.length === 0) this.#sendings.push([])
    const authorization = headerIn(request, 'authorization')
    const isToken = authorization?.startsWith('Bearer ') === true
    const isOurs = isToken && this.#isAllowed(server)
    if (isToken && !isOurs) this.#faults.push(`a token at ${this.#normalize(`${server.url}${request.target}`)}`)
    if (isToken && !authorization.endsWith(this.#expectedToken())) this.#faults.push(`another token: ${authorization}`)
    if (this.#role !== 'bare' && this.#isAllowed(server) && !isToken && !this.#hasOwn) this.#faults.push('no token')
    this.#sendings.at(-1)?.push(request)
  }

  #isAllowed(server: RawServer): boolean {
    return server === this.#servers.api
  }

  #expectedToken(): string {
    return this.#role === 'revoked' && this.#sendings.length > 1 ? SECOND_TOKEN : ''
  }

  #answer(request: WireRequest): WireAnswer | undefined {
    const { target, method } = request
    if (!target.startsWith(`${this.#path}/`)) return undefined
    const { redirect, refusal, ending, answer } = this.#case
    const isStart = target.startsWith(`${this.#path}/start`)
    const isRefusing = !redirect || redirect.isRefusedThere === !isStart
    if (isRefusing && headerIn(request, 'authorization')?.endsWith(FIRST_TOKEN) && this.#role === 'revoked') {
      this.#refused += 1
      return this.#hostile(wireAnswer(refusal, method), 'refusal')
    }
    if (redirect && (isStart || redirect.to === 'itself')) {
      const location = this.#locationOf(redirect)
      const fields = location === undefined ? [] : [`Location: ${location}`]
      return wireAnswer({ ...answer, fault: 'none', body: 'text', status: redirect.status }, method, fields)
    }
    if (ending === 'aborted when received' || (ending === 'aborted in the wait' && !this.#waits)) {
      setImmediate(this.#abort)
      return undefined
    }
    if (ending === 'timeout' || ending === 'timeout in the wait') return undefined
    if (ending === 'aborted in the body' || ending === 'timeout in the body') {
      // A call of axios that reads the whole body is aborted when the first part has surely arrived.
      if (ending === 'aborted in the body' && this.#readsAtOnce) setTimeout(this.#abort, BODY_MS * this.#patience)
      return wireAnswer({ ...answer, fault: 'stalled' }, method)
    }
    return this.#hostile(wireAnswer(answer, method), 'answer')
  }

  #hostile(answer: WireAnswer | undefined, which: 'answer' | 'refusal'): WireAnswer | undefined {
    const { hostile } = this.#case
    if (!hostile || !answer || hostile[which].length === 0) return answer
    return { bytes: mutated(answer.bytes, hostile[which]), after: hostile.after }
  }

  #locationOf({ to }: NonNullable<Case['redirect']>): string | undefined {
    const { api, other } = this.#servers
    switch (to) {
      case 'the API':
        return `${api.url}${this.#path}/target`
      case 'another path':
        return `target?a=1`
      case 'another origin':
        return `${other.url}${this.#path}/target`
      case 'itself':
        return `${this.#path}/target`
      case 'a bad URL':
        return 'http://:nonsense'
      case 'nowhere':
        return undefined
    }
  }

  // The call.

  get #waits(): boolean {
    return this.#role === 'revoked' ? this.#refused > 0 : this.#role === 'waiting' && !this.#hasOwn
  }

  /** Whether the caller has given credentials: the call has no token then. */
  get #hasOwn(): boolean {
    const { headers, headersAs, options, client, input } = this.#case
    // Headers and a Request make a text of undefined.
    const isText =
      client === 'fetch' && (headersAs === 'Headers' || input === 'a Request') && headers.includes('no authorization')
    const isHeard = client !== 'fetch' || !options.includes('headers: null')
    return (isHeard && (isText || headers.some((name) => /^own auth/i.test(name)))) || options.includes('auth')
  }

  /** Whether the client reads the body before the caller has the answer. */
  get #readsAtOnce(): boolean {
    return this.#case.client !== 'fetch'
  }

  readonly #abort = (): void => {
    const { reason } = this.#case
    if (reason === 'a cancel token') this.#cancel.cancel('cancelled')
    if (reason === 'an error') {
      const error = new Error('the reason')
      this.#given.set(error, 'reason')
      this.#controller.abort(error)
    } else this.#controller.abort(reason === 'text' ? 'the reason' : undefined)
  }

  async #tokens(): Promise<{ readonly tokens: ApplicationTokenManager; readonly begin: () => void }> {
    const { ending } = this.#case
    const gate = deferred()
    let calls = 0
    const tokens = createTokenManager({
      resources: [`${this.#servers.api.url}/api`],
      getToken: async () => {
        calls += 1
        const isWaitedFor = this.#role === 'waiting' || calls > 1
        if (isWaitedFor) {
          if (ending === 'aborted in the wait') {
            setImmediate(this.#abort)
            await new Promise(() => undefined)
          }
          if (ending === 'timeout in the wait') await new Promise(() => undefined)
          await gate.promise
        }
        return calls === 1 ? FIRST_TOKEN : SECOND_TOKEN
      },
    })
    if (this.#role !== 'waiting') await tokens.token()
    return {
      tokens,
      begin: () => {
        setImmediate(() => {
          gate.resolve()
        })
      },
    }
  }

  #url(): string {
    return `${this.#servers.api.url}${this.#path}/start${this.#case.query}`
  }

  get #hasSignal(): boolean {
    const { ending, reason, client } = this.#case
    return ending.startsWith('aborted') && (client === 'fetch' || reason !== 'a cancel token')
  }

  async run(): Promise<Observation> {
    const { body: name, ending, client, isBodyMade, text } = this.#case
    const ours = this.#role === 'bare' ? undefined : await this.#tokens()
    const { make } = BODIES[name]
    const body = make(text)
    if (typeof body === 'object' && body !== null) this.#given.set(body, 'body')
    // Without a listener, an error before the first read of a stream ends the process.
    const { on } = (body ?? {}) as { on?: (event: string, listener: () => void) => void }
    if (typeof on === 'function') on.call(body, 'error', () => undefined)
    if (ending === 'aborted before') this.#abort()
    const option = isBodyMade ? { tokenflight: { body: () => make(text) } } : {}
    const call = client === 'fetch' ? this.#fetch(body, option, ours?.tokens) : this.#axios(body, option, ours?.tokens)
    ours?.begin()
    const answer = await this.#settled(call)
    for (let turn = 0; turn < 3; turn += 1) await flush()
    return {
      answer,
      notes: this.#notes.map(this.#normalize),
      listeners: getEventListeners(this.#controller.signal, 'abort').length,
      // When a body fails by itself is not known.
      body: /fails|not there/.test(name) ? undefined : stateOf(body),
      sendings: this.#sendings.map((requests) => requests.map((each) => this.#described(each))),
      refused: this.#refused,
      faults: this.#faults,
    }
  }

  #described({ method, target, headers, body, isComplete }: WireRequest): Plain {
    const clean = this.#normalize
    return {
      method,
      target: clean(target),
      headers: headers
        .filter(([name, value]) => !(name.toLowerCase() === 'authorization' && value.startsWith('Bearer ')))
        .map(([name, value]) => [name, clean(value)]),
      body: shown(body, { normalize: clean }),
      isComplete,
    }
  }

  async #settled(call: () => Promise<unknown>): Promise<Plain> {
    const { ending, client } = this.#case
    let timer: NodeJS.Timeout | undefined
    const pending = new Promise<Plain>((resolve) => {
      timer = setTimeout(
        () => {
          resolve('pending')
        },
        Math.min(PENDING_MS * this.#patience, MAX_PENDING_MS),
      )
    })
    const settled = async (): Promise<Plain> => {
      let answer: unknown
      try {
        answer = await call()
      } catch (error) {
        return { error: await describeError(error, this.#context) }
      }
      const described = describeAnswer(answer, this.#case, this.#context)
      if (ending === 'aborted in the body' && client === 'fetch') setImmediate(this.#abort)
      return described
    }
    const outcome = await Promise.race([settled(), pending])
    clearTimeout(timer)
    return outcome
  }

  #fetch(body: unknown, option: object, tokens: ApplicationTokenManager | undefined): () => Promise<unknown> {
    const { method, headers: names, headersAs, input, options, ending, isBodyMade } = this.#case
    const fields = fieldsOf(names)
    const init: Record<string, unknown> = { method, duplex: 'half' }
    if (body !== undefined) init['body'] = body
    if (fields.length > 0) init['headers'] = headersOf(fields, headersAs)
    if (this.#hasSignal) init['signal'] = this.#controller.signal
    if (ending.startsWith('timeout')) init['signal'] = AbortSignal.timeout(TIMEOUT_MS * this.#patience)
    Object.assign(init, ...options.map((name) => FETCH_OPTIONS[name]))
    if (this.#hasSignal) init['signal'] = this.#controller.signal
    if (ending.startsWith('timeout')) init['signal'] = AbortSignal.timeout(TIMEOUT_MS * this.#patience)
    const bound = tokens ? wrapFetch(undefined, tokens) : fetch
    return () => {
      // The constructor of a Request may throw: so may the call.
      const call = (): [unknown, object?] => {
        const url = this.#url()
        if (input === 'text') return [url, { ...init, ...option }]
        if (input === 'a URL') return [new URL(url), { ...init, ...option }]
        if (input === 'a Request')
          return this.#role === 'bare' || !isBodyMade ? [new Request(url, init)] : [new Request(url, init), option]
        const { signal, method: own, ...rest } = init
        return [
          new Request(url, { method: own } as RequestInit),
          { ...rest, ...(signal !== undefined && { signal }), ...option },
        ]
      }
      return bound(...(call() as Parameters<typeof fetch>))
    }
  }

  #axios(body: unknown, option: object, tokens: ApplicationTokenManager | undefined): () => Promise<unknown> {
    const { client, method, headers: names, options, ending, reason, input } = this.#case
    const note = (text: string): void => {
      this.#notes.push(text)
    }
    const adapter = client === 'axios over http' ? 'http' : 'fetch'
    const instance = axios.create({ adapter })
    const config: AxiosRequestConfig = {
      method,
      url: (input === 'a URL' ? new URL(this.#url()) : this.#url()) as string,
      ...(body !== undefined && { data: body }),
      ...(names.length > 0 && { headers: Object.fromEntries(fieldsOf(names)) as Record<string, string> }),
      ...(this.#hasSignal && { signal: this.#controller.signal }),
    }
    if (ending.startsWith('aborted') && reason === 'a cancel token') config.cancelToken = this.#cancel.token
    Object.assign(config, ...options.map((name) => AXIOS_OPTIONS[name]?.(note)))
    if (ending.startsWith('timeout')) config.timeout = TIMEOUT_MS * this.#patience
    this.#given.set(config.signal, 'signal')
    this.#given.set(config.cancelToken, 'cancel token')
    this.#given.delete(undefined)
    if (tokens) attachBearer(instance, tokens)
    return () => instance.request({ ...config, ...option })
  }
}

function headersOf(fields: readonly (readonly [string, unknown])[], as: Case['headersAs']): unknown {
  if (as === 'an object') return Object.fromEntries(fields)
  if (as === 'a list') return fields.map((field) => [...field])
  const headers = new Headers()
  for (const [name, value] of fields) {
    try {
      headers.append(name, value as string)
    } catch {
      // Not a field that Headers may have.
    }
  }
  return headers
}
