import type { TokenTransport } from '../endpoint/wire.ts'
import { invalidOption } from '../errors.ts'
import { newManager } from '../token/create-token-manager.ts'
import type { TokenSource } from '../token/token-source.ts'

/** The source of tokens a binding was given, or the manager made of the options it was given instead. */
export function sourceOf(given: unknown, transport: () => TokenTransport): TokenSource {
  if (typeof given !== 'object' || given === null)
    throw invalidOption('tokens', "a token source, or a manager's options", given)
  return isSource(given) ? given : newManager(given, transport)
}

function isSource(given: object): given is TokenSource {
  return ['peek', 'token', 'renew'].every((method) => typeof Reflect.get(given, method) === 'function')
}
