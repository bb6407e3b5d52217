// The transport contract: one request to the authorization server, one raw response.
import type { WireAnswer, WireRequest } from '../definitions/definition.ts'

export type { WireAnswer, WireRequest }

/** An answer as it came, its text read up to 1 MiB. */
export interface RawAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/**
 * No usable answer. `unreachable`: the request was certainly not sent (refused, no such host). `lost`: it may have been acted on.
 * `too_large`: the body passed the limit.
 */
export interface WireFailure {
  readonly failure: 'unreachable' | 'lost' | 'too_large'
}

/** What became of one attempt: an answer, or none. */
export type WireResult = RawAnswer | WireFailure

/** What a transport is given: how to build each attempt, and whether there is to be another. */
export interface TokenEndpointCall {
  /** Ends the conversation, at the flight's deadline. */
  readonly signal: AbortSignal
  /** Builds the next attempt anew: fresh credentials, a fresh assertion. */
  prepare(): Promise<WireRequest>
  /** True, after the wait that is due, when another attempt is to be made; rejects when `signal` aborts meanwhile. */
  again(result: WireResult): Promise<boolean>
}

/**
 * Carries a token request to the authorization server and brings back the last result. It follows no redirect, reads at most
 * 1 MiB, decoded, and rejects only when `signal` aborts or `prepare` fails.
 */
export type TokenTransport = (conversation: TokenEndpointCall) => Promise<WireResult>

/** 1 MiB, decoded. */
export const MAX_ANSWER_BYTES = 1_048_576

/** A body as a stream of the web, or as one of Node. */
export type BodyStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>

interface Chunks {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | undefined }>
  cancel(): Promise<unknown> | undefined
}

/** The text of a body, or undefined, and the rest of it left unread, when it is longer than {@link MAX_ANSWER_BYTES}. */
export async function limitedText(body: BodyStream | string): Promise<string | undefined> {
  if (typeof body === 'string') return body.length > MAX_ANSWER_BYTES ? undefined : body
  const chunks = chunksOf(body)
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { value } = await chunks.next()
    if (!value) return text + decoder.decode()
    size += value.byteLength
    if (size > MAX_ANSWER_BYTES) {
      chunks.cancel()?.catch(() => undefined)
      return undefined
    }
    text += decoder.decode(value, { stream: true })
  }
}

// Not every browser can iterate over a stream of the web.
function chunksOf(body: BodyStream): Chunks {
  if ('getReader' in body) {
    const reader = body.getReader()
    return { next: () => reader.read(), cancel: () => reader.cancel() }
  }
  const iterator = body[Symbol.asyncIterator]()
  return { next: () => iterator.next(), cancel: () => iterator.return?.() }
}

// A request counts as not sent only when that is certain: everything else may have been acted on.

/** The names that Node, undici and Bun have for a connection that never came about, and for a TLS handshake that failed. */
const NOT_SENT =
  /^(?:E(?:CONNREFUSED|PROTO|NOTFOUND|AI_[A-Z]+|HOST(?:UNREACH|DOWN)|NET(?:UNREACH|DOWN))|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|UNABLE_TO_\w+|CRL_\w+|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|ERR_SSL_\w*(?:VERSION|HANDSHAKE|PROTOCOL|UNRECOGNIZED)\w*)$|CERT/

/** What a client's error says of the request, read off the codes in its chain of causes. */
export function connectionFailure(error: unknown): 'unreachable' | 'lost' {
  return isNotSent(error, 8) ? 'unreachable' : 'lost'
}

function isNotSent(error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return false
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  if (typeof code === 'string' && NOT_SENT.test(code)) return true
  // A host of several addresses fails once for each.
  return isNotSent(cause, depth - 1) || (Array.isArray(errors) && errors.some((each) => isNotSent(each, depth - 1)))
}

const PRIVATE: RequestInit = { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' }

/** How a token request is made with `fetch`: without cookies, past every cache, to nobody but the address given. */
export function privateInit(): RequestInit {
  // Cloudflare Workers throw at an option they do not know, and show by their Request which they know.
  const known = Object.entries(PRIVATE).filter(([name]) => typeof Request !== 'function' || name in Request.prototype)
  return { ...Object.fromEntries(known), redirect: 'manual' }
}
