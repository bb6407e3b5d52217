// Gives a script its clients, bare or wrapped; the script cannot tell which.
import axios, { type AxiosInstance, type CreateAxiosDefaults } from 'axios'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { staticTokens } from '../../spec/support/static-tokens.ts'
import type { Server } from './server.ts'
import { normalise, describe } from './describe.ts'

/** `bare`: without tokenflight. `ready`: a token is available. `waiting`: requests wait for a token. `refused`: tokens are refused. */
export const MODES = ['bare', 'ready', 'waiting', 'refused'] as const
export type Mode = (typeof MODES)[number]

export type AdapterName = 'http' | 'fetch' | 'custom'

export interface Kit {
  readonly url: string
  /** Returns an instance on `url`, attached; `later` leaves attaching it to `attach()`. */
  readonly instance: (config?: CreateAxiosDefaults) => AxiosInstance
  readonly later: (config?: CreateAxiosDefaults) => { instance: AxiosInstance; attach: () => void }
  readonly fetch: (underlying?: typeof fetch) => typeof fetch
  /** Adds an event to the transcript. */
  readonly note: (what: string) => void
  /** Adds the result of a call to the transcript, and whether the request was sent in the same tick. */
  readonly call: (name: string, start: () => Promise<unknown>) => Promise<unknown>
  readonly load: (name: string) => Promise<unknown>
}

export async function makeKit(mode: Mode, adapter: AdapterName, server: Server, lines: unknown[]): Promise<Kit> {
  const gate = mode === 'waiting' ? new Promise((resolve) => setTimeout(resolve, 5)) : undefined
  const tokens = await staticTokens({ site: { resources: [server.url] }, ...(gate && { until: gate }) })
  server.strict = mode === 'refused'
  let sent = 0
  const counted: typeof fetch = (...args) => {
    sent += 1
    return fetch(...args)
  }
  const http = axios.getAdapter(adapter === 'fetch' ? 'fetch' : 'http')
  const later = (config: CreateAxiosDefaults = {}): { instance: AxiosInstance; attach: () => void } => {
    const chosen = adapter === 'custom' ? customAdapter : adapter
    const instance = axios.create({ baseURL: server.url, adapter: chosen, ...config })
    return {
      instance,
      attach: () => {
        if (mode !== 'bare') attachBearer(instance, tokens)
      },
    }
  }
  const customAdapter: typeof http = (config) => {
    sent += 1
    return http(config)
  }
  return {
    url: server.url,
    later,
    instance: (config) => {
      const { instance, attach } = later(config)
      attach()
      return instance
    },
    fetch: (underlying = counted) => (mode === 'bare' ? underlying : wrapFetch(underlying, tokens)),
    note: (what) => lines.push(normalise(what)),
    call: async (name, start) => {
      const before = sent
      let seen: unknown
      try {
        const started = start()
        // A call that waits for a token is sent later.
        if (adapter === 'custom' && mode !== 'waiting') lines.push({ call: name, sentInSameTick: sent > before })
        const value = await started
        seen = { resolved: describe(value), request: kindOf((value as { request?: object } | undefined)?.request) }
        lines.push([name, seen])
        return value
      } catch (error) {
        lines.push([name, { rejected: describe(error) }])
        return undefined
      }
    },
    load: (name) => import(name) as Promise<unknown>,
  }
}

function kindOf(value: object | undefined): string | undefined {
  return value && (Object.getPrototypeOf(value) as object).constructor.name
}
