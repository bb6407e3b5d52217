// Text that nobody guesses, in the alphabets that servers use.

import { randomBytes } from 'node:crypto'

/** So many letters and digits. */
export function secretText(length: number): string {
  let text = ''
  while (text.length < length) text += randomBytes(length).toString('base64').replaceAll(/[+/=]/g, '')
  return text.slice(0, length)
}

/** So many hexadecimal digits. */
export function secretHex(length: number): string {
  return randomBytes(Math.ceil(length / 2))
    .toString('hex')
    .slice(0, length)
}
