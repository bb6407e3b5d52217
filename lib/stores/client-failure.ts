// Errors of stores that are built on somebody's client. None quotes the client: its messages may contain what was sent.
import { StoreError } from './token-store.ts'

/** A client failed: tells the code of its error, or the first word of the server's reply, or whether it is connected. */
export function clientFailure(store: string, command: string, error: unknown): StoreError {
  // They may be of any type: a regular expression reads them as text.
  const { code, message } = Object(error) as { readonly code: string; readonly message: string }
  const [told = /clos|connect|offline|writ| end/i.test(message) ? 'not connected' : 'failed'] =
    /^[A-Z\d_]{5,40}$/.exec(code) ?? /^[A-Z]{3,}\b/.exec(message) ?? []
  return new StoreError(`${store}: ${command}: ${told}`)
}

/** A client gave what cannot be an answer. */
export function wrongAnswer(store: string, command: string, answer: unknown): StoreError {
  return new StoreError(`${store}: ${command}: wrong answer (${typeof answer})`)
}

/** Throws a `TypeError` for an option that there is not, and names it if it reads like a name. */
export function checkNames(others: object, known: string): void {
  for (const name in others)
    checkOption(/^[a-z]{1,20}$/i.test(name) ? name : 'option', `no option of this name (there are ${known})`, false)
}

/** Throws a `TypeError` that names the option, unless it is valid. */
export function checkOption(name: string, expected: string, isValid: boolean): void {
  if (!isValid)
    throw Object.assign(new TypeError(`tokenflight: ${name}: expected ${expected}`), { code: 'ERR_INVALID_ARG' })
}
