// Header names in any case.

/** Whether a key names this header. */
export function isSame(key: unknown, name: string): boolean {
  return typeof key === 'string' && key.length === name.length && key.toLowerCase() === name.toLowerCase()
}

/** Whether something is said under this name. */
export function isSaid(headers: object, name: string): boolean {
  for (const key in headers)
    if (isSame(key, name) && (headers as Record<string, unknown>)[key] !== undefined) return true
  return false
}

/** The names under which a header stands there. */
export function keysOf(headers: object, name: string): string[] {
  return Object.keys(headers).filter((key) => isSame(key, name))
}

/** Takes a header off. */
export function strip(headers: object, name: string): void {
  for (const key of keysOf(headers, name)) Reflect.deleteProperty(headers, key)
}
