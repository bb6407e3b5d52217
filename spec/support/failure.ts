import { leakDetector } from './leak-detector.ts'

/** The rejection of a promise; throws when it resolved. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    leakDetector().inspect('an error', error)
    return error
  }
  throw new Error(`expected a rejection, got ${String(value)}`)
}
