// Values as text, with what differs from run to run made alike.

const OPAQUE =
  /Socket|ClientRequest|RedirectableRequest|^Request|IncomingMessage|Agent|AbortSignal|AbortController|CookieJar|ReadableStream|^Headers$|Server/

/** Whatever a value shows, functions by name, objects by kind and in the order of their keys. */
export function shown(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return alike(value)
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null) return value
  const kind = (Object.getPrototypeOf(value) as object | null)?.constructor.name ?? 'null'
  // A request of Node, or of follow-redirects: it is told by its kind.
  if (depth > 7 || OPAQUE.test(kind) || '_options' in value || '_header' in value) return `[${kind}]`
  if (value instanceof Date || value instanceof URL || value instanceof URLSearchParams)
    return `${kind} ${alike(String(value))}`
  if (Buffer.isBuffer(value)) return `${kind} ${value.toString('hex')}`
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob || value instanceof FormData)
    return `[${kind}]`
  if (value instanceof Map || value instanceof Set) return [kind, ...[...value].map((each) => shown(each, depth + 1))]
  if (Array.isArray(value)) return value.map((each) => shown(each, depth + 1))
  const own =
    value instanceof Error ? Object.assign({ name: value.name, message: value.message }, value as object) : value
  return {
    kind,
    ...Object.fromEntries(
      Object.entries(own)
        .filter(([key]) => !/^authorization$/i.test(key))
        .map(([key, each]) => [key, VOLATILE.test(key) ? '~' : shown(each, depth + 1)]),
    ),
  }
}

const VOLATILE = /^(?:date|duration|stack|createdAt|staleTtl|lastRequestTime|timestamp|id)$/i

export function alike(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/(?:-*formdata-undici-|axios-[\d.-]+-boundary-|-{20,})[\w-]+/g, 'BOUNDARY')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, 'DATE')
}
