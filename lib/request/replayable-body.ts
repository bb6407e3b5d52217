// Detects bodies that can be sent twice. By tag rather than `instanceof`: a body may come from another realm or from a polyfill.

const REPEATABLE: ReadonlySet<unknown> = new Set([
  'URLSearchParams',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Blob',
  'File',
  'FormData',
])

/** Whether a body can be sent twice: not a stream of any kind, and nothing that is not known to be otherwise. */
export function isReplayable(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return typeof body !== 'function'
  if (ArrayBuffer.isView(body) || Array.isArray(body)) return true
  const { [Symbol.toStringTag]: tag, pipe } = body as { [Symbol.toStringTag]?: unknown; pipe?: unknown }
  // The form-data package calls itself FormData too, and is a stream.
  if (typeof pipe === 'function') return false
  return tag === undefined ? isPlain(body) : REPEATABLE.has(tag)
}

/** An object literal, of whatever realm, that is no iterable. */
function isPlain(body: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(body)
  const root = prototype === null || Object.getPrototypeOf(prototype) === null
  return root && !(Symbol.asyncIterator in body) && !(Symbol.iterator in body)
}
