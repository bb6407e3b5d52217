import { currentNet } from './secrets.ts'

/** What a promise rejected with; throws when it resolved. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    currentNet().give('an error', error)
    return error
  }
  throw new Error(`expected a rejection, got ${String(value)}`)
}
