// Both clients, over connections that lead to the loopback server whatever the host.
import axios, { type AxiosAdapter } from 'axios'
import { attachBearer, axiosTransport } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import type { TokenManager } from '../../lib/index.ts'
import type { Options } from './table.ts'
import { ORIGIN } from './server.ts'

/** A client with a token, and its manager. */
export interface Attached {
  readonly tokens: TokenManager
  /** Sends a request; gives the status. */
  readonly send: (method: string, url: string) => Promise<number>
}

export type Client = (options: Options, server: string) => Attached

function onFetch(options: Options, server: string): Attached {
  const mapped: typeof fetch = (input, init) => {
    const { origin, pathname, search } = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init?.headers)
    headers.set(ORIGIN, origin)
    return fetch(server + pathname + search, { ...init, headers })
  }
  const bearerFetch = wrapFetch(mapped, options)
  return {
    tokens: bearerFetch.tokens,
    send: async (method, url) => (await bearerFetch(url, { method })).status,
  }
}

function onAxios(options: Options, server: string): Attached {
  const send = axios.getAdapter('http')
  const adapter: AxiosAdapter = async (config) => {
    const { href, origin, pathname, search } = new URL(config.url ?? '')
    config.headers.set(ORIGIN, origin)
    const response = await send({ ...config, url: server + pathname + search })
    // As after no redirect.
    const { res } = response.request as { readonly res: { responseUrl: string } }
    res.responseUrl = href
    return response
  }
  const instance = axios.create({ adapter, validateStatus: null })
  const { tokens } = attachBearer(instance, { transport: axiosTransport({ adapter }), ...options })
  return { tokens, send: async (method, url) => (await instance.request({ method, url })).status }
}

export const CLIENTS: Readonly<Record<string, Client>> = { wrapFetch: onFetch, attachBearer: onAxios }
