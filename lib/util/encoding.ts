// Form encoding, HTTP Basic and base64url.

/** Encodes a value for a form: `a b&c` becomes `a+b%26c`. @see RFC 6749, appendix B */
export function formEncode(value: string): string {
  return new URLSearchParams([['', value]]).toString().slice(1)
}

/** The credentials after `Basic`: base64 of the UTF-8 of `user:password`. @see RFC 7617, section 2 */
export function basicOf(user: string, password: string): string {
  return btoa(Array.from(new TextEncoder().encode(`${user}:${password}`), (byte) => String.fromCharCode(byte)).join(''))
}

/** @see RFC 4648, section 5 */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** The bytes of base64url or base64; throws for other text. */
export function fromBase64url(text: string): Uint8Array {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))
}

/** Base64url of the first bytes of the SHA-256 of a text; undefined where there is no WebCrypto, or it throws. */
export async function digestOf(text: string, bytes = 32): Promise<string | undefined> {
  try {
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
    return base64url(new Uint8Array(digest, 0, bytes))
  } catch {
    return undefined
  }
}

/** Base64url of random bytes. Not from WebCrypto alone: React Native has none. */
export function randomText(bytes: number): string {
  const random = new Uint8Array(bytes)
  const { crypto } = globalThis as { readonly crypto?: Crypto }
  if (typeof crypto?.getRandomValues === 'function') crypto.getRandomValues(random)
  else random.forEach((_, index) => (random[index] = Math.floor(Math.random() * 256)))
  return base64url(random)
}
