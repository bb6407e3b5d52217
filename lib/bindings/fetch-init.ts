// The arguments of `fetch`, told apart and copied.
import type { Token } from '../token/token.ts'
import type { SharedHeaders } from './shared-headers.ts'
import type { Target } from './target.ts'
import type { BearerRequestInit, Fetch } from './wrap-fetch.ts'

/** What every call of one wrapped fetch has. */
export interface Ours {
  readonly fetch: Fetch
  readonly target: Target
  /** Where the fetch is the platform's, which takes headers over in the tick of the call. */
  readonly shared: SharedHeaders | undefined
}

/** An init of our own. */
export type Init = { -readonly [Key in keyof BearerRequestInit]: BearerRequestInit[Key] | null | undefined }

/** A Request, of whatever implementation. */
export function isRequest(input: unknown): input is Request {
  return typeof input === 'object' && input !== null && 'url' in input && 'headers' in input
}

/** A copy of an init, also of one whose members are inherited: a Request may serve as one. */
export function copyOf(init: Init | undefined): Init {
  const copy: Record<string, unknown> = {}
  for (const key in init) if (key !== 'tokenflight') copy[key] = init[key as keyof Init]
  return copy
}

const MEMBERS =
  'method headers body referrer referrerPolicy mode credentials cache redirect integrity keepalive signal duplex tokenflight'

/** What of an init is no part of a Request and travels beside it: a dispatcher, a priority. */
export function besides(init: BearerRequestInit | undefined): RequestInit | undefined {
  const rest = Object.entries(init ?? {}).filter(([key]) => !MEMBERS.split(' ').includes(key))
  return rest.length > 0 ? Object.fromEntries(rest) : undefined
}

/** The body as it is now, whatever becomes of the original; what cannot change, or cannot be copied, is the original. */
export function snapshot(body: Init['body']): Init['body'] {
  if (typeof body !== 'object') return body
  if (body instanceof ArrayBuffer) return body.slice(0)
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
  if (body instanceof URLSearchParams) return new URLSearchParams(body)
  if (!(body instanceof FormData)) return body
  const copy = new FormData()
  for (const [name, value] of body) copy.append(name, value as string)
  return copy
}

/** A wait for a token that ends the body too when it fails: nobody is going to read it. */
export function abandon(wait: Promise<Token>, body: Init['body']): Promise<Token> {
  if (!(body instanceof ReadableStream)) return wait
  return wait.catch((error: unknown) => {
    if (!body.locked) body.cancel(error).catch(() => undefined)
    throw error
  })
}

export function withQuery(url: string | URL, [name, value]: readonly [string, string]): string {
  const located = new URL(url)
  located.searchParams.set(name, value)
  return located.href
}
