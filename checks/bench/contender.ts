// The interface of a contender, and helpers for contenders.
import type { AxiosAdapter, CreateAxiosDefaults } from 'axios'

/** The endpoints and the transport for a contender. */
export interface Environment {
  readonly tokenEndpoint: string
  readonly api: string
  /** Replaces the client's transport for API requests. Token requests always use the network. */
  readonly transport?: { readonly adapter: AxiosAdapter; readonly fetch: typeof fetch }
  /** Further defaults of the axios instance, such as its agent. */
  readonly axios?: CreateAxiosDefaults
}

export interface Answer {
  readonly status: number
  /** fetch only: the body must be read to free the connection. */
  readonly arrayBuffer?: () => Promise<unknown>
  readonly bodyUsed?: boolean
}

export interface Running {
  /** `url` is relative to the API with axios, absolute with fetch. */
  readonly request: (url: string) => Promise<Answer>
  readonly close?: () => void
}

export interface Contender {
  readonly name: string
  readonly client: 'axios' | 'fetch'
  /** The installed package. */
  readonly package?: string
  /** Sends a static header: the baseline of the other contenders. */
  readonly floor?: true
  /** Shows the cost of one part of the job; not a library. */
  readonly yardstick?: true
  /** tokenflight. */
  readonly ours?: true
  /** Features missing by design. */
  readonly cannot: readonly string[]
  readonly make: (environment: Environment) => Running | Promise<Running>
}

export interface IssuedToken {
  readonly access_token: string
  readonly expires_in: number
}

export const CLIENT = { clientId: 'bench', clientSecret: 'sesame' }

/** Sends one token request. With most contenders, users write this themselves. */
export async function requestToken({ tokenEndpoint }: Environment): Promise<IssuedToken> {
  const response = await fetch(tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT.clientId}:${CLIENT.clientSecret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  if (!response.ok) {
    await response.arrayBuffer()
    throw new Error(`token endpoint: ${String(response.status)}`)
  }
  return (await response.json()) as IssuedToken
}

/** Imports a peer. Peers are installed for the bench only, so their types are declared where they are used. */
export async function load<T>(name: string): Promise<T> {
  return (await import(name)) as T
}

export function axiosDefaults({ api, transport, axios }: Environment): CreateAxiosDefaults {
  return { baseURL: api, ...axios, ...(transport && { adapter: transport.adapter }) }
}

export function fetchOf({ transport }: Environment): typeof fetch {
  return transport?.fetch ?? globalThis.fetch
}
