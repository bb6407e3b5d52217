// Header names in any case.

/** Whether a key names this header. */
export function isHeaderName(key: unknown, name: string): boolean {
  return typeof key === 'string' && key.length === name.length && key.toLowerCase() === name.toLowerCase()
}

/** Whether something is said under this name. */
export function hasHeader(headers: object, name: string): boolean {
  for (const key in headers)
    if (isHeaderName(key, name) && (headers as Record<string, unknown>)[key] !== undefined) return true
  return false
}

/** The names under which a header stands there. */
export function headerKeys(headers: object, name: string): string[] {
  return Object.keys(headers).filter((key) => isHeaderName(key, name))
}

/** Takes a header off. */
export function deleteHeader(headers: object, name: string): void {
  for (const key of headerKeys(headers, name)) Reflect.deleteProperty(headers, key)
}
