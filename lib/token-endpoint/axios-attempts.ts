// The attempts of one token request, by an axios instance of its own; axios-retry drives them.
import axios, { type AxiosAdapter, AxiosHeaders } from 'axios'
import axiosRetry from 'axios-retry'
import { isSecretHeader } from '../definitions/resource-server.ts'
import { raceAbort, throwIfAborted } from '../util/abort.ts'
import { redactSocket } from '../util/node-socket.ts'
import { isCloudMetadata, isLoopback, parseUrl } from '../util/url.ts'
import type { AxiosTransportOptions } from './axios-transport.ts'
import {
  type BodyStream,
  limitedText,
  connectionFailure,
  privateInit,
  signalInit,
  type TokenEndpointCall,
  type WireRequest,
  type WireResult,
} from './transport.ts'

/** Options of the transport, with the adapter that they come to. */
type Connection = AxiosTransportOptions & { readonly adapter: AxiosAdapter }

/** Makes attempts until the conversation has its result. Rejects when its signal aborts or its request cannot be built. */
export async function makeAttempts(connection: Connection, conversation: TokenEndpointCall): Promise<WireResult> {
  const { signal } = conversation
  const ended: { with?: { readonly reason: unknown } } = {}
  let result: WireResult = { failure: 'unreachable' }

  // axios-retry takes a condition that rejects for a no, and whatever has a config for a request of its own.
  const guarded = async <T>(step: () => Promise<T>): Promise<T> => {
    try {
      return await step()
    } catch (reason) {
      ended.with = { reason }
      throw new Error('the conversation has ended')
    }
  }
  const attempts = axios.create({
    transformRequest: [],
    adapter: async (config) => {
      const request = await guarded(() => conversation.prepare())
      result = await guarded(() => raceAbort(send(connection, request, signal), signal))
      // Every answer, a token too, is for the conversation to judge: so every attempt fails as far as axios-retry knows.
      throw Object.assign(new Error('the attempt is over'), { config })
    },
  })
  // An application may have set these for all its instances.
  delete attempts.defaults['axios-retry']
  axiosRetry(attempts, {
    retries: Infinity,
    retryCondition: () => guarded(() => conversation.again(result)),
    retryDelay: () => 0,
    shouldResetTimeout: true,
  })
  await attempts.request({}).catch(() => undefined)
  if (ended.with) throw ended.with.reason
  return result
}

/** One attempt, straight through the adapter: nothing of what an application sets on axios can be in it. */
async function send(
  { adapter, withCredentials = false, ...connection }: Connection,
  { url, method, headers, body }: WireRequest,
  signal: AbortSignal,
): Promise<WireResult> {
  let request: unknown
  let isSent = false
  try {
    throwIfAborted(signal)
    const sending = adapter({
      // A proxy of the environment would carry a request out of the machine that may be without encryption because it stays in it.
      ...(isLocal(parseUrl(url)?.hostname) && { proxy: false }),
      ...connection,
      url,
      method,
      headers: new AxiosHeaders(headers),
      data: body,
      ...signalInit(signal),
      responseType: hasStreams() ? 'stream' : 'text',
      maxRedirects: 0,
      validateStatus: null,
      withCredentials,
      fetchOptions: privateInit(withCredentials ? 'include' : undefined),
    })
    isSent = true
    const response = await sending
    request = response.request
    const text = await limitedText(bodyOf(response.data))
    if (text === undefined) return { failure: 'too_large' }
    return { status: response.status, headers: headersOf(response.headers), text }
  } catch (error) {
    request ??= (error as { request?: unknown } | undefined)?.request
    throwIfAborted(signal)
    return isSent ? connectionFailure(error) : { failure: 'unreachable' }
  } finally {
    redactSocket(request, Object.entries(headers).filter(isSecretHeader))
  }
}

function isLocal(hostname: string | undefined): boolean {
  return isLoopback(hostname) || isCloudMetadata(hostname)
}

/** Whether the fetch adapter gives a stream. Not in React Native, and not in workerd, where its test for streams fails. */
function hasStreams(): boolean {
  const { navigator } = globalThis as { readonly navigator?: { readonly userAgent?: string } }
  return typeof ReadableStream === 'function' && navigator?.userAgent !== 'Cloudflare-Workers'
}

/** xhr hands out text, an adapter made for a test perhaps the object itself. */
function bodyOf(data: unknown): BodyStream | string {
  if (typeof data === 'string') return data
  if (typeof data !== 'object' || data === null) return ''
  return 'getReader' in data || Symbol.asyncIterator in data ? (data as BodyStream) : JSON.stringify(data)
}

/** Undefined in the answers of some mocks. */
function headersOf(headers: object | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]: [string, unknown]) => [name.toLowerCase(), String(value)]),
  )
}
