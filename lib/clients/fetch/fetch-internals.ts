// Details of `fetch` implementations that neither the standard nor they document. No other file of this client relies on one.
import { isWebStream } from '../request-body.ts'

/** Whether a Request certainly has no body. Firefox does not implement `Request.body`: it is undefined there. */
export function hasNoBody(request: Request): boolean {
  return (request.body as Request['body'] | undefined) === null
}

/**
 * The Request, or undefined if its body is a stream: a replay would have to buffer it. A Request does not expose this. The standard makes
 * the constructor throw a TypeError for `no-cors` with a stream, before the body is touched; for other reasons it throws one too, so the
 * message decides. In Node 20.19, 22.23, 24.21 and 26.12 it is "If request is made from ReadableStream, mode should be …".
 */
export function unlessStream(request: Request): Request | undefined {
  const { method, mode, headers, referrer, referrerPolicy } = request
  try {
    const copy = new Request(request, { method: 'POST', mode: 'no-cors' })
    return new Request(copy, { method, mode, headers, referrer, referrerPolicy })
  } catch (error) {
    return /stream/i.test(String(error)) ? undefined : request
  }
}

/**
 * A copy of a response. When the signal aborts, Node 20.20 cancels the body of the response, and leaves it unhandled that this rejects with
 * the reason, as it does if the copy has been cancelled.
 */
export function copyResponse(response: Response): Response {
  const copy = response.clone()
  const { body } = response
  if (isWebStream(body)) {
    const cancelBody = body.cancel.bind(body)
    const cancel = async (reason: unknown): Promise<void> => {
      try {
        await cancelBody(reason)
      } catch (error) {
        if (error !== reason) throw error
      }
    }
    Object.defineProperty(body, 'cancel', { value: cancel, configurable: true, writable: true })
  }
  return copy
}

/**
 * Whether it is the platform's own `fetch`, which reads the headers of an init in the tick of the call and never writes on them. Browsers,
 * Bun and Deno show it as native code, and a proxy of it without its name; Node 20.20 and 26.12 show a function that loads undici.
 */
export function isNativeFetch(fetch: unknown): boolean {
  return /^(?:async )?function fetch\(\) \{\s*\[native code\]|internal\/deps\/undici/.test(
    Function.prototype.toString.call(fetch),
  )
}
