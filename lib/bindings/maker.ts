import { invalidOption } from '../errors.ts'

/** What makes a body anew, by the option `tokenflight` of a request; throws a `TypeError` for what is no such option. */
export function makerOf<Body>(option: false | { readonly body?: () => Body } | undefined): (() => Body) | undefined {
  if (option === undefined || option === false) return undefined
  const given: unknown = option
  if (typeof given !== 'object' || given === null || Object.keys(given).some((name) => name !== 'body'))
    throw invalidOption('tokenflight', 'false, or { body }', given)
  const { body } = option
  if (body !== undefined && typeof (body as unknown) !== 'function')
    throw invalidOption('tokenflight.body', 'a function', body)
  return body
}
