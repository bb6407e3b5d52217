// The transport contract: one request to the authorization server, one raw response.
import type { WireAnswer, WireRequest } from '../definitions/definition.ts'

export type { WireAnswer, WireRequest }

/** A response with its body as text, at most 1 MiB. */
export interface RawAnswer {
  /** The HTTP status. */
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, decoded. */
  readonly text: string
}

/** A request without a usable response. */
export interface WireFailure {
  /** `unreachable`: the request was certainly not sent (refused, no such host). `lost`: the server may have processed it. `too_large`: the body exceeds 1 MiB. */
  readonly failure: 'unreachable' | 'lost' | 'too_large'
  /** The code of the connection failure, e.g. `ECONNREFUSED`. Errors show it if it is one of Node, undici, Bun or OpenSSL. */
  readonly networkCode?: string
}

/** The result of one attempt: an answer, or the failure to get one. */
export type WireResult = RawAnswer | WireFailure

/** The token request that a transport carries: it builds each attempt and decides whether there is another. */
export interface TokenEndpointCall {
  /** Aborts at the deadline of the renewal. */
  readonly signal: AbortSignal
  /** Builds the next attempt anew: fresh credentials, a fresh assertion. */
  prepare(): Promise<WireRequest>
  /** Waits as long as is due, and gives true where another attempt is to be made. Rejects when `signal` aborts. */
  again(result: WireResult): Promise<boolean>
}

/**
 * Sends a token request to the authorization server, attempt by attempt, and gives the last result. It follows no redirect, reads at most
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

/** The text of a body, or undefined, and the rest of it left unread, when it is longer than `limit` bytes or `until` resolves first. */
export async function limitedText(
  body: BodyStream | string,
  limit = MAX_ANSWER_BYTES,
  until?: Promise<undefined>,
): Promise<string | undefined> {
  if (typeof body === 'string') return body.length > limit ? undefined : body
  const chunks = chunksOf(body)
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const part = await (until ? Promise.race([chunks.next(), until]) : chunks.next())
    if (part && !part.value) return text + decoder.decode()
    size += part?.value?.byteLength ?? 0
    if (!part || size > limit) {
      chunks.cancel()?.catch(() => undefined)
      return undefined
    }
    text += decoder.decode(part.value, { stream: true })
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

/**
 * Codes of Node, undici and Bun for a connection that was not made, and of OpenSSL for a certificate or a handshake that was refused. Not
 * EPROTO or WRONG_VERSION_NUMBER: text without encryption causes them too, after the request as well as before it.
 */
const NOT_SENT =
  /^(?:E(?:CONNREFUSED|NOTFOUND|AI_(?:AGAIN|FAIL|NODATA|NONAME)|HOST(?:UNREACH|DOWN)|NET(?:UNREACH|DOWN))|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|(?:CERT|CRL)_(?:CHAIN_TOO_LONG|HAS_EXPIRED|NOT_YET_VALID|REJECTED|REVOKED|SIGNATURE_FAILURE|UNTRUSTED)|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET_(?:CRL|ISSUER_CERT(?:_LOCALLY)?)|VERIFY_LEAF_SIGNATURE)|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|ERR_TLS_CERT_ALTNAME_(?:INVALID|FORMAT)|ERR_SSL_(?:UNSUPPORTED_PROTOCOL|NO_PROTOCOLS_AVAILABLE|(?:SSLV3|TLSV13?)_(?:ALERT_)?(?:HANDSHAKE_FAILURE|PROTOCOL_VERSION|UNRECOGNIZED_NAME|UNKNOWN_CA|INSUFFICIENT_SECURITY|NO_APPLICATION_PROTOCOL|(?:BAD_|NO_)?CERTIFICATE(?:_[A-Z]{1,11})?)))$/

/** Codes of a connection that ended, and what else a failure may be named by. */
const LOST =
  /^(?:E(?:CONN(?:RESET|ABORTED)|PIPE|PROTO|TIMEDOUT|SOCKETTIMEDOUT)|ERR_NETWORK|ERR_TLS_HANDSHAKE_TIMEOUT|UND_ERR_(?:BODY_TIMEOUT|HEADERS_TIMEOUT|SOCKET)|ConnectionClosed|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/

/** Classifies an error of an HTTP client by the codes in its chain of causes. */
export function connectionFailure(error: unknown): WireFailure {
  const codes = codesIn(error, new Set())
  const unsent = codes.find((code) => NOT_SENT.test(code))
  if (unsent !== undefined) return { failure: 'unreachable', networkCode: unsent }
  // The deepest says most: axios has ERR_NETWORK for many.
  const networkCode = codes.filter((code) => LOST.test(code)).at(-1)
  return networkCode === undefined ? { failure: 'lost' } : { failure: 'lost', networkCode }
}

/** Whether a code is one that may be shown. */
export function isNetworkCode(code: string): boolean {
  return NOT_SENT.test(code) || LOST.test(code)
}

function codesIn(error: unknown, seen: Set<unknown>): readonly string[] {
  if (typeof error !== 'object' || error === null || seen.has(error)) return []
  seen.add(error)
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  // A host of several addresses fails once for each.
  const others = [cause, ...(Array.isArray(errors) ? (errors as unknown[]) : [])]
  return [...(typeof code === 'string' ? [code] : []), ...others.flatMap((each) => codesIn(each, seen))]
}

/** The signal as an init of `fetch`; nothing where the platform refuses it: jsdom replaces AbortController, but not fetch. */
export function signalInit(signal: AbortSignal): { readonly signal?: AbortSignal } {
  try {
    if (typeof Request === 'function') new Request('data:,', { signal })
    return { signal }
  } catch {
    return {}
  }
}

const PRIVATE: RequestInit = { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' }

/** How a token request is made with `fetch`: without cookies, past every cache, to nobody but the address given. */
export function privateInit(credentials?: RequestInit['credentials']): RequestInit {
  // Cloudflare Workers throw at an option they do not know, and show by their Request which they know.
  // A polyfill, as in React Native, has none of its members on the prototype, and ignores what it does not know.
  const isStrict = typeof Request === 'function' && 'url' in Request.prototype
  const known = Object.entries(PRIVATE).filter(([name]) => !isStrict || name in Request.prototype)
  return { ...Object.fromEntries(known), redirect: 'manual', ...(credentials && { credentials }) }
}
