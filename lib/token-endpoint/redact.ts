// Text of a server that may quote what it was sent. What an error shows of it is held to an allow-list of words, so that a secret is not
// shown in an encoding that nobody thought of.

const REDACTED = '[redacted]'
const MAX_READ_LENGTH = 1024
const MAX_MESSAGE_LENGTH = 256

// Shorter secrets are replaced whole only: a few letters of one are in half of all words.
const WINDOW = 8
const SHORTEST_SECRET = 3

/**
 * One line of a server's text, at most 256 characters. Three things are replaced: a secret, every 8 characters that stand in a secret, and
 * every word of 8 characters or more that is not a plain word, code, number or URL, as encoded secrets are not.
 */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text
    .slice(0, MAX_READ_LENGTH)
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
  // Longest first: a secret may hold another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret.length >= WINDOW) clean = withoutParts(clean, secret)
    else if (secret.length >= SHORTEST_SECRET) clean = clean.replaceAll(secret, REDACTED)
  }
  clean = clean.replace(/\S{8,}/gu, (word) => (word.split(SEPARATOR).every(isPlain) ? word : REDACTED))
  return clean.length > MAX_MESSAGE_LENGTH ? `${clean.slice(0, MAX_MESSAGE_LENGTH - 1)}…` : clean
}

/** Replaces each run of characters that also stands in the secret, in upper or lower case. */
function withoutParts(text: string, secret: string): string {
  const haystack = secret.toLowerCase()
  let result = ''
  let from = 0
  for (let at = 0; at + WINDOW <= text.length; at += 1) {
    if (!haystack.includes(text.slice(at, at + WINDOW).toLowerCase())) continue
    let end = at + WINDOW
    while (end < text.length && haystack.includes(text.slice(end - WINDOW + 1, end + 1).toLowerCase())) end += 1
    result += text.slice(from, at) + REDACTED
    from = end
    at = end - 1
  }
  return result + text.slice(from)
}

// Punctuation joins plain words to codes, paths and URLs, but for the characters that begin an escape.
const SEPARATOR = /=|(?![%&\\@*])\p{P}/u

/** A word in lower case, capitals or camel case; one of a script without case; a short number; a code such as `AADSTS700016`. */
const PLAIN =
  /^(?:\p{Lu}{0,3}[\p{Ll}\p{M}]+(?:\p{Lu}\p{Ll}{2,}){0,4}(?:I[dD]|UR[IL])?\d{0,2}|\p{Lu}+\d{0,7}|[\p{Lo}\p{Lm}\p{M}]+|\d{0,7})$/u

function isPlain(word: string): boolean {
  return PLAIN.test(word)
}
