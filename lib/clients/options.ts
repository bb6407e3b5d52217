// Options that both clients share: the token source, and the option of one request.
import { invalidOption } from '../errors.ts'
import { newManager } from '../token/token-manager.ts'
import type { TokenRequestsVia } from '../token/token-grant.ts'
import { callable, type Check, checkAll, type Checks, word } from '../util/check-options.ts'
import type { TokenSource } from '../token/token-source.ts'

/** The given token source, or a manager with the given options. `via`: how its token requests travel unless they name a transport. */
export function tokenSourceOf(given: unknown, via: TokenRequestsVia): TokenSource {
  if (typeof given !== 'object' || given === null)
    throw invalidOption('tokens', 'a manager, another TokenSource, or the options of a manager', given)
  return isSource(given) ? given : newManager(given, via)
}

function isSource(given: object): given is TokenSource {
  return ['peek', 'token', 'renew'].every((method) => typeof Reflect.get(given, method) === 'function')
}

/** Sends or rejects a request while nobody is logged in. A request whose token could not be obtained is always rejected. */
export type WhenSignedOut = 'send' | 'reject'

export const whenSignedOut: Check = word('send', 'reject')

/** Options of one request: `tokenflight` in its config or init. */
export interface RequestOptions<Body> {
  /** Makes a new body for a replay: a stream can be sent once only. @default a request with a stream is not sent again */
  readonly body?: () => Body
  /** Sends the request without a token, or rejects it, while nobody is logged in. @default that of the client */
  readonly whenSignedOut?: WhenSignedOut
}

const REQUEST_CHECKS: Checks = { body: callable, whenSignedOut }

/** The options of a request; throws a `TypeError` for an invalid one. */
export function requestOptions<Body>(option: false | RequestOptions<Body> | undefined): RequestOptions<Body> {
  if (option === undefined || option === false) return NONE
  if (typeof (option as unknown) !== 'object' || (option as unknown) === null)
    throw invalidOption('tokenflight', 'false, or { body, whenSignedOut }', option)
  checkAll(option, REQUEST_CHECKS, 'tokenflight.')
  return option
}

const NONE = Object.freeze({})
