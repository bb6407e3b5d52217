// Details of `fetch` implementations that neither the standard nor they document. No other file of this client relies on one.

/** Whether a body is a stream of the web, of any implementation. React Native has no ReadableStream. */
export function isWebStream(body: unknown): body is ReadableStream<Uint8Array<ArrayBuffer>> {
  return typeof (body as Partial<ReadableStream> | null | undefined)?.getReader === 'function'
}

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
