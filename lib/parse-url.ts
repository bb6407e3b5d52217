/**
 * The URL, or undefined for what is none. Not by `URL.canParse`: in Node 20, once it is optimised, it denies URLs with letters of
 * Latin-1.
 */
export function parseUrl(url: string | URL, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}

/** Without slashes at its end. Not by a regular expression: what a server gave may be a million slashes that end in none. */
export function withoutSlashes(url: string): string {
  let end = url.length
  while (url.charAt(end - 1) === '/') end -= 1
  return url.slice(0, end)
}
