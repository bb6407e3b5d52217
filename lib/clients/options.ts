// Options that both clients share: the token source, and the option of one request.
import { invalidOption } from '../errors.ts'
import { newManager } from '../token/token-manager.ts'
import type { TokenSource } from '../token/token-source.ts'

/** The given token source, or a manager with the given options. */
export function tokenSourceOf(given: unknown, transport?: () => unknown): TokenSource {
  if (typeof given !== 'object' || given === null)
    throw invalidOption('tokens', "a token source, or a manager's options", given)
  return isSource(given) ? given : newManager(given, transport)
}

function isSource(given: object): given is TokenSource {
  return ['peek', 'token', 'renew'].every((method) => typeof Reflect.get(given, method) === 'function')
}

/** The function `body` of the option `tokenflight` of a request; throws a `TypeError` for an invalid option. */
export function bodyFactory<Body>(
  option: false | { readonly body?: () => Body } | undefined,
): (() => Body) | undefined {
  if (option === undefined || option === false) return undefined
  const given: unknown = option
  if (typeof given !== 'object' || given === null || Object.keys(given).some((name) => name !== 'body'))
    throw invalidOption('tokenflight', 'false, or { body }', given)
  const { body } = option
  if (body !== undefined && typeof (body as unknown) !== 'function')
    throw invalidOption('tokenflight.body', 'a function', body)
  return body
}
