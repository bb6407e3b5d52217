// What a server said, fit for a message: without the secrets of the request, without control characters, and short.

const LONGEST = 256

// One or two characters are no secret, and would tear every word apart.
const SHORTEST_SECRET = 3

export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
  // Longest first: a secret may hold another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= SHORTEST_SECRET) clean = clean.replaceAll(secret, '[redacted]')
  }
  clean = clean.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean
}
