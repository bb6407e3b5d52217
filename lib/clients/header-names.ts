// Headers on plain objects, with names in any case.

type Headers = Record<string, unknown>

/** Whether a key is this header name. */
export function isHeaderName(key: unknown, name: string): boolean {
  return typeof key === 'string' && key.length === name.length && key.toLowerCase() === name.toLowerCase()
}

/** Whether the header has a value. */
export function hasHeader(headers: object, name: string): boolean {
  for (const key in headers) if (isHeaderName(key, name) && (headers as Headers)[key] !== undefined) return true
  return false
}

/** The keys of the header. */
export function headerKeys(headers: object, name: string): string[] {
  return Object.keys(headers).filter((key) => isHeaderName(key, name))
}

export function deleteHeader(headers: object, name: string): void {
  for (const key in headers) if (isHeaderName(key, name)) Reflect.deleteProperty(headers, key)
}

/** Sets the header under exactly this name, after all others. */
export function setHeader(headers: object, name: string, value: string): void {
  deleteHeader(headers, name)
  ;(headers as Headers)[name] = value
}

/** Makes `headers` equal to `source`, order included, except for the headers of `except`: those of neither are touched or copied. */
export function copyHeaders(
  headers: object,
  source: object,
  except: readonly (readonly [name: string, value: string])[],
): void {
  const isExcepted = (key: string | undefined): boolean => {
    for (const [name] of except) if (isHeaderName(key, name)) return true
    return false
  }
  const present = Object.keys(headers)
  let index = 0
  // Deletes the headers from the first one that is out of order: they are added again in the order of the source.
  const deleteRest = (): void => {
    for (const key of present.splice(index)) if (!isExcepted(key)) Reflect.deleteProperty(headers, key)
  }
  for (const key of Object.keys(source)) {
    if (isExcepted(key)) continue
    while (isExcepted(present[index])) index += 1
    if (present[index] === key) index += 1
    else if (index < present.length) deleteRest()
    ;(headers as Headers)[key] = (source as Headers)[key]
  }
  if (index < present.length) deleteRest()
}

/**
 * Whether the platform sends a header. Browsers remove Cookie and some others without an error, and all but a few from `no-cors` requests;
 * Node 20.20 and 26.12 remove none.
 */
export function isSent(name: string, init?: RequestInit): boolean {
  // jsdom has no Request.
  if (typeof Request !== 'function') return true
  return new Request('https://api.invalid/', { ...init, headers: { [name]: 'x' } }).headers.has(name)
}
