// Describes values for the transcript; replaces what differs between runs.

const OPAQUE =
  /Socket|ClientRequest|RedirectableRequest|^Request|IncomingMessage|Agent|AbortSignal|AbortController|CookieJar|ReadableStream|^Headers$|Server/

/** Describes the own properties of a value in their order, functions by name, objects with their kind. */
export function describe(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return normalise(value)
  if (typeof value === 'function') return `function ${value.name}`
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value !== 'object' || value === null) return value
  const kind = (Object.getPrototypeOf(value) as object | null)?.constructor.name ?? 'null'
  // A request object of Node or of follow-redirects: its kind suffices.
  if (depth > 7 || OPAQUE.test(kind) || '_options' in value || '_header' in value) return `[${kind}]`
  if (value instanceof Date || value instanceof URL || value instanceof URLSearchParams)
    return `${kind} ${normalise(String(value))}`
  if (Buffer.isBuffer(value)) return `${kind} ${value.toString('hex')}`
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Blob || value instanceof FormData)
    return `[${kind}]`
  if (value instanceof Map || value instanceof Set)
    return [kind, ...[...value].map((each) => describe(each, depth + 1))]
  if (Array.isArray(value)) return value.map((each) => describe(each, depth + 1))
  const own =
    value instanceof Error ? Object.assign({ name: value.name, message: value.message }, value as object) : value
  return {
    kind,
    ...Object.fromEntries(
      Object.entries(own)
        .filter(([key]) => !/^authorization$/i.test(key))
        .map(([key, each]) => [key, VOLATILE.test(key) ? '~' : describe(each, depth + 1)]),
    ),
  }
}

const VOLATILE = /^(?:date|duration|stack|createdAt|staleTtl|lastRequestTime|timestamp|id)$/i

export function normalise(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/(?:-*formdata-undici-|axios-[\d.-]+-boundary-|-{20,})[\w-]+/g, 'BOUNDARY')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, 'DATE')
}
