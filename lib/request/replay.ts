// Tags rather than instanceof: a body may come from another realm, or from a package that plays the platform's part.
const REPEATABLE: ReadonlySet<string> = new Set([
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
  if (ArrayBuffer.isView(body)) return true
  // The form-data package calls itself FormData too, and is a stream.
  if ('pipe' in body) return false
  const tag: unknown = Reflect.get(body, Symbol.toStringTag)
  if (typeof tag === 'string') return REPEATABLE.has(tag)
  const prototype: unknown = Object.getPrototypeOf(body)
  return !(Symbol.asyncIterator in body) && (Array.isArray(body) || prototype === null || isPlain(prototype))
}

/** The prototype of object literals, whatever realm they are of. */
function isPlain(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null
}
