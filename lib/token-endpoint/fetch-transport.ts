// Sends token requests with `fetch`.
import { invalidOption } from '../errors.ts'
import { raceAbort, throwIfAborted } from '../util/abort.ts'
import { callable, checkAll, word } from '../util/check-options.ts'
import { globalFetch } from '../util/global-fetch.ts'
import {
  limitedText,
  connectionFailure,
  privateInit,
  signalInit,
  type TokenTransport,
  type WireRequest,
  type WireResult,
} from './transport.ts'

interface FetchTransportOptions {
  /** Sends token requests. @default the global `fetch`, as it is at each request */
  readonly fetch?: typeof fetch | undefined
  /** `'include'` sends cookies, for a token endpoint that keeps the refresh token in one. @default 'omit' */
  readonly credentials?: 'omit' | 'same-origin' | 'include'
}

/**
 * Sends token requests with `fetch`: without cache and redirects, and without cookies unless `credentials` is set.
 * @throws `TypeError` for an invalid option, and where there is no `fetch`
 */
export function fetchTransport(options: FetchTransportOptions = {}): TokenTransport {
  checkAll(options, { fetch: callable, credentials: word('omit', 'same-origin', 'include') })
  const { fetch = globalFetch, credentials } = options
  const used: unknown = fetch === globalFetch ? globalThis.fetch : fetch
  if (typeof used !== 'function') throw invalidOption('fetch', callable[0], used)
  const init = privateInit(credentials)
  return async (conversation) => {
    const { signal } = conversation
    for (;;) {
      const result = await send(fetch, await conversation.prepare(), init, signal)
      if (!(await conversation.again(result))) return result
    }
  }
}

async function send(
  fetch: typeof globalThis.fetch,
  { url, method, headers, body }: WireRequest,
  init: RequestInit,
  signal: AbortSignal,
): Promise<WireResult> {
  let sending: Promise<Response>
  try {
    sending = fetch(url, { ...init, ...signalInit(signal), method, headers, body: body ?? null })
  } catch {
    return { failure: 'unreachable' }
  }
  try {
    return await raceAbort(read(sending), signal)
  } catch (error) {
    throwIfAborted(signal)
    return connectionFailure(error)
  }
}

async function read(sending: Promise<Response>): Promise<WireResult> {
  const response = await sending
  // No stream: no body, or a runtime that has no streams.
  const text = await limitedText(response.body ?? (await response.text()))
  if (text === undefined) return { failure: 'too_large' }
  return { status: response.status, headers: Object.fromEntries(response.headers), text }
}
