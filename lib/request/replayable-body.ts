// Detects bodies that can be sent twice. By tag, not `instanceof`: a body may come from another realm or from a polyfill.

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
