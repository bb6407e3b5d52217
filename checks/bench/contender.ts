// What every contender is to the bench.
import type { AxiosAdapter, CreateAxiosDefaults } from 'axios'

/** Where a contender is to run. */
export interface Stage {
  readonly tokenEndpoint: string
  readonly api: string
  /** How requests reach the API, where it is not by the client's own way. Token requests are always real. */
  readonly transport?: { readonly adapter: AxiosAdapter; readonly fetch: typeof fetch }
  /** More of an axios instance: its agent. */
  readonly axios?: CreateAxiosDefaults
}

export interface Answer {
  readonly status: number
  /** Of a fetch answer: the body has to be read before the connection is free. */
  readonly arrayBuffer?: () => Promise<unknown>
  readonly bodyUsed?: boolean
}

export interface Running {
  /** With axios `url` is relative to the API, with fetch it is absolute. */
  readonly request: (url: string) => Promise<Answer>
  readonly close?: () => void
}

export interface Contender {
  readonly name: string
  readonly client: 'axios' | 'fetch'
  /** What is installed of it. */
  readonly package?: string
  /** Sends a header that was put there by hand, and knows nothing of tokens: what the others are measured by. */
  readonly floor?: true
  /** Shows what a part of the job costs, and is nobody's library. */
  readonly yardstick?: true
  /** Whether it is ours. */
  readonly ours?: true
  /** What it cannot do by design. */
  readonly cannot: readonly string[]
  readonly make: (stage: Stage) => Running | Promise<Running>
}

export interface Issued {
  readonly access_token: string
  readonly expires_in: number
}

export const CLIENT = { clientId: 'bench', clientSecret: 'sesame' }

/** One token request: what users of most contenders write themselves. */
export async function askToken({ tokenEndpoint }: Stage): Promise<Issued> {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT.clientId}:${CLIENT.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  if (!response.ok) {
    await response.arrayBuffer()
    throw new Error(`token endpoint: ${String(response.status)}`)
  }
  return (await response.json()) as Issued
}

/** Peers are installed for the bench only: what is used of them is typed where it is used. */
export async function load<T>(name: string): Promise<T> {
  return (await import(name)) as T
}

export function axiosDefaults({ api, transport, axios }: Stage): CreateAxiosDefaults {
  return { baseURL: api, ...axios, ...(transport && { adapter: transport.adapter }) }
}

export function fetchOf({ transport }: Stage): typeof fetch {
  return transport?.fetch ?? globalThis.fetch
}
