// The clients that the faults are put to: axios over both of its adapters, and fetch.
import { Agent } from 'node:http'
import axios, { type AxiosRequestConfig, isAxiosError } from 'axios'
import { attachBearer, axiosTransport } from '../../lib/axios.ts'
import { fetchTransport, wrapFetch } from '../../lib/fetch.ts'
import type { TokenTransport } from '../../lib/token-endpoint/transport.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { dispatcherOf } from '../support/dispatcher.ts'
import { leakDetector } from '../support/leak-detector.ts'

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Sending {
  readonly method?: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Send = (url: string, sending?: Sending) => Promise<Answer>

/** A pool of so many connections, and what travels over it. */
export interface Pooled {
  readonly transport: TokenTransport
  readonly bind: (tokens: TokenSource) => Send
}

export interface PooledClient {
  readonly name: string
  readonly over: (sockets: number) => Promise<Pooled>
}

export interface Client {
  readonly name: string
  readonly bind: (tokens: TokenSource) => Send
}

function axiosClient(tokens: TokenSource, config: AxiosRequestConfig): Send {
  const instance = axios.create({ responseType: 'text', ...config })
  attachBearer(instance, tokens)
  return async (url, { method = 'GET', body, headers = {} } = {}) => {
    try {
      const response = await instance.request<string>({ url, method, data: body, headers })
      // An agent of the caller's shows the requests that stand in its line.
      if (!config.httpAgent) leakDetector().inspect('a response', response)
      return { status: response.status, text: response.data }
    } catch (error) {
      leakDetector().inspect('a rejection', error)
      if (!isAxiosError<string>(error) || !error.response) throw error
      return { status: error.response.status, text: error.response.data }
    }
  }
}

function fetchClient(tokens: TokenSource, init: object): Send {
  const wrapped = wrapFetch(fetch, tokens)
  return async (url, { method = 'GET', body, headers = {} } = {}) => {
    try {
      const response = await wrapped(url, { method, headers, ...(body !== undefined && { body }), ...init })
      leakDetector().inspect('a response', response)
      return { status: response.status, text: await response.text() }
    } catch (error) {
      leakDetector().inspect('a rejection', error)
      throw error
    }
  }
}

export const CLIENTS: readonly Client[] = [
  { name: 'axios over http', bind: (tokens) => axiosClient(tokens, { adapter: 'http' }) },
  { name: 'axios over fetch', bind: (tokens) => axiosClient(tokens, { adapter: 'fetch' }) },
  { name: 'fetch', bind: (tokens) => fetchClient(tokens, {}) },
]

/** Requests and token requests over the same few sockets. */
export const POOLED: readonly PooledClient[] = [
  {
    name: 'axios over http',
    over: (maxSockets: number): Promise<Pooled> => {
      const httpAgent = new Agent({ keepAlive: true, maxSockets })
      return Promise.resolve({
        transport: axiosTransport({ adapter: 'http', httpAgent }),
        bind: (tokens) => axiosClient(tokens, { adapter: 'http', httpAgent }),
      })
    },
  },
  {
    name: 'fetch',
    over: async (connections: number): Promise<Pooled> => {
      const init = { dispatcher: await dispatcherOf({ connections, pipelining: 1 }) }
      const pooled: typeof fetch = (input, given) => fetch(input, { ...given, ...init })
      return { transport: fetchTransport({ fetch: pooled }), bind: (tokens) => fetchClient(tokens, init) }
    },
  },
]
