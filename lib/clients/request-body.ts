// Bodies of requests: which can be sent twice. While a request waits for a token, streams may fail and buffers may change.

// By tag, not `instanceof`: a body may come from another realm or from a polyfill.
const REPLAYABLE_TAGS: ReadonlySet<unknown> = new Set([
  'URLSearchParams',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Blob',
  'File',
  'FormData',
])

/** Whether a body is known to be sendable twice. Streams of any kind and unknown objects are not. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return typeof body !== 'function'
  if (ArrayBuffer.isView(body) || Array.isArray(body)) return true
  const { [Symbol.toStringTag]: tag, pipe } = body as { [Symbol.toStringTag]?: unknown; pipe?: unknown }
  // A form of the form-data package has the tag FormData, and is a stream.
  if (typeof pipe === 'function') return false
  return tag === undefined ? isPlainObject(body) || isUntagged(body) : REPLAYABLE_TAGS.has(tag)
}

/** Whether it is a body of the platform that has no tag, as in React Native. */
function isUntagged(body: object): boolean {
  return [FormData, Blob, URLSearchParams].some((Body) => body instanceof Body)
}

/** Whether it is an object literal of any realm that is not iterable. */
function isPlainObject(body: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(body)
  const isLiteral = prototype === null || Object.getPrototypeOf(prototype) === null
  return isLiteral && !(Symbol.asyncIterator in body) && !(Symbol.iterator in body)
}

/** A stream of Node. */
interface NodeStream {
  readonly readableEnded?: boolean
  on(event: string, listener: (error?: unknown) => void): unknown
  pipe(destination: unknown): unknown
}

function isNodeStream(body: object): body is NodeStream {
  const { on, pipe } = body as Partial<NodeStream>
  return typeof on === 'function' && typeof pipe === 'function'
}

/** By its method: React Native has no class for it. */
export function isWebStream(body: unknown): body is ReadableStream {
  return typeof (body as Partial<ReadableStream> | null | undefined)?.getReader === 'function'
}

/**
 * Calls `fail` if a stream fails, with undefined if it is closed before its end. Returns the end of the watch; undefined for other bodies.
 * The listeners stay on a stream of Node: without one, an error would end the process.
 */
export function watchStream(body: unknown, fail: (error: unknown) => void): (() => void) | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  if (isNodeStream(body)) {
    let hasEnded = false
    body.on('end', () => (hasEnded = true))
    body.on('error', fail)
    body.on('close', () => {
      if (!hasEnded && body.readableEnded !== true) fail(undefined)
    })
    return () => undefined
  }
  if (!isWebStream(body) || body.locked) return undefined
  const reader = body.getReader()
  reader.closed.catch(fail)
  return () => {
    reader.releaseLock()
  }
}

/** The reason that Node gives for a stream that is closed before its end. */
export function closedEarly(): Error {
  return Object.assign(new Error('Premature close'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
}

/** Whether the buffer of a body is shared, resizable or detached: platforms differ in how they take it. */
export function isUnusualBuffer(body: ArrayBufferLike | ArrayBufferView): boolean {
  const buffer: ArrayBufferLike = ArrayBuffer.isView(body) ? body.buffer : body
  if (!(buffer instanceof ArrayBuffer) || (buffer as { resizable?: boolean }).resizable === true) return true
  try {
    // Throws if it is detached: Node 20 has no property for it.
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}
