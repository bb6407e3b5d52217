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
