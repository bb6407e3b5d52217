// Helpers of the system specs: clients bound to a manager, and readers of an emulator's log.
import axios from 'axios'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import type { TokenEvents, TokenManager, TokenSource } from '../../lib/index.ts'
import type { Emulator, LoggedRequest, System } from '../../lib/testing.ts'
import type { Timer } from '../../lib/util/clock.ts'
import { VirtualClock } from '../support/clock.ts'

export interface ReceivedResponse {
  readonly status: number
  readonly body: unknown
}

export interface Sending {
  readonly method?: string
  readonly body?: unknown
}

/** Sends a request below the API root; JSON, if it has a body. */
export type Client = (path: string, sending?: Sending) => Promise<ReceivedResponse>

type AnyEmulator = Pick<Emulator<System>, 'api' | 'log'>

export function byAxios({ api }: AnyEmulator, tokens: TokenSource): Client {
  const instance = axios.create({ baseURL: api, validateStatus: null })
  attachBearer(instance, tokens)
  return async (url, { method = 'GET', body } = {}) => {
    const { status, data } = await instance.request<unknown>({ url, method, data: body })
    return { status, body: data }
  }
}

export function byFetch({ api }: AnyEmulator, tokens: TokenSource): Client {
  const apiFetch = wrapFetch(fetch, tokens)
  return async (path, { method = 'GET', body } = {}) => {
    const json = body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }
    const response = await apiFetch(api + path, { method, ...json })
    const text = await response.text()
    return { status: response.status, body: text === '' ? '' : (JSON.parse(text) as unknown) }
  }
}

/** Both, by name. */
export const CLIENTS = { axios: byAxios, fetch: byFetch } as const

/** The token requests that arrived. */
export function tokenRequestsOf({ log }: AnyEmulator): readonly LoggedRequest[] {
  return log.filter(({ kind }) => kind === 'token')
}

/** Their grants. */
export function grantsOf(emulator: AnyEmulator): readonly (string | undefined)[] {
  return tokenRequestsOf(emulator).map(({ grant }) => grant)
}

/** The fields of a request, in the order in which they were sent: of its JSON, its form, or its query. */
export function fieldsOf(entry: LoggedRequest | undefined): Record<string, unknown> {
  if (!entry) throw new Error('no such request arrived')
  const { body, headers, query } = entry
  if (body === '') return Object.fromEntries(query)
  return headers['content-type'] === 'application/json'
    ? (JSON.parse(body) as Record<string, unknown>)
    : Object.fromEntries(new URLSearchParams(body))
}

/** Runs an action `count` times at once. */
export function atOnce<T>(count: number, act: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, act))
}

/** The next event of this name. */
export function nextEvent<Name extends keyof TokenEvents>(
  tokens: TokenManager,
  name: Name,
): Promise<TokenEvents[Name]> {
  return new Promise((resolve) => {
    const stop = tokens.on(name, (event) => {
      stop()
      resolve(event)
    })
  })
}

/** All text of an error and its causes. */
export function textOf(error: unknown): string {
  const { stack = '', cause } = error as Error
  const seen = [String(error), JSON.stringify(error), stack].join('\n')
  return cause === undefined ? seen : `${seen}\n${textOf(cause)}`
}

/** A virtual clock that reports when a timer of a given length is set. */
export class WatchedClock extends VirtualClock {
  readonly #watched = new Map<number, () => void>()

  override after(ms: number, act: () => void): Timer {
    const timer = super.after(ms, act)
    this.#watched.get(ms)?.()
    return timer
  }

  /** Resolves once a timer of exactly so many milliseconds is set. */
  waitOf(ms: number): Promise<void> {
    return this.asked.includes(ms)
      ? Promise.resolve()
      : new Promise((resolve) => {
          this.#watched.set(ms, resolve)
        })
  }
}
