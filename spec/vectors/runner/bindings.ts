// Both bindings over the API of a vector: each sends a request and tells what came of it in the same words.
import { Readable } from 'node:stream'
import axios, { AxiosError, isAxiosError, type AxiosAdapter, type AxiosResponse } from 'axios'
import { attachBearer } from '../../../lib/axios.ts'
import { wrapFetch } from '../../../lib/fetch.ts'
import type { TokenSource } from '../../../lib/token/token-source.ts'
import type { Api, ApiAnswer } from './api.ts'

export interface Sending {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | { readonly stream: string } | undefined
  readonly signal: AbortSignal
}

export interface Outcome {
  readonly status: number
  readonly text: string
  /** Why no token could be had, beside an answer that was handed back. */
  readonly cause: unknown
}

/** Rejects with whatever the binding rejects with, but for an answer: that is an outcome whatever its status. */
export type Send = (sending: Sending) => Promise<Outcome>

export interface Binding {
  readonly name: string
  readonly bind: (tokens: TokenSource, api: Api) => Send
}

export const BINDINGS: readonly Binding[] = [
  { name: 'fetch', bind: overFetch },
  { name: 'axios', bind: overAxios },
]

function overFetch(tokens: TokenSource, api: Api): Send {
  const wire: typeof fetch = async (input, { method = 'GET', headers, body, signal } = {}) => {
    const { status, text, ...answer } = await api.receive({
      url: input instanceof Request ? input.url : String(input),
      method,
      headers: new Headers(headers),
      body: body == null ? undefined : typeof body === 'string' ? body : await new Response(body).text(),
      signal: signal ?? undefined,
    })
    return new Response(text === '' ? null : text, { status, headers: answer.headers })
  }
  const wrapped = wrapFetch(wire, tokens)
  return async ({ url, body, ...rest }) => {
    const sent =
      typeof body === 'object' ? { body: new Blob([body.stream]).stream(), duplex: 'half' as const } : { body }
    const response = await wrapped(url, { ...rest, ...(body !== undefined && sent) } as RequestInit)
    return { status: response.status, text: await response.text(), cause: (response as { cause?: unknown }).cause }
  }
}

function overAxios(tokens: TokenSource, api: Api): Send {
  const instance = axios.create({ adapter: wireOf(api), responseType: 'text' })
  attachBearer(instance, tokens)
  return async ({ body, ...rest }) => {
    const data = typeof body === 'object' ? Readable.from([body.stream]) : body
    try {
      const { status, data: text } = await instance.request<string>({ ...rest, data })
      return { status, text, cause: undefined }
    } catch (error) {
      if (!isAxiosError<string>(error) || !error.response) throw error
      return { status: error.response.status, text: error.response.data, cause: error.cause }
    }
  }
}

function wireOf(api: Api): AxiosAdapter {
  return async (config) => {
    const { url = '', method = 'get', signal, validateStatus } = config
    const data: unknown = config.data
    const headers = new Headers(config.headers.toJSON(true))
    const body: unknown = data instanceof Readable ? (await data.toArray()).join('') : data
    const answer: ApiAnswer = await api.receive({
      url,
      method: method.toUpperCase(),
      headers,
      body: body as string | undefined,
      signal: signal as AbortSignal | undefined,
    })
    const response: AxiosResponse = {
      config,
      status: answer.status,
      statusText: '',
      headers: answer.headers,
      data: answer.text,
    }
    if (validateStatus?.(answer.status) ?? true) return response
    throw new AxiosError(`status ${String(answer.status)}`, AxiosError.ERR_BAD_REQUEST, config, undefined, response)
  }
}
