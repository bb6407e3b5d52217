import { fetchTransport } from '../endpoint/fetch-transport.ts'
import type { TokenTransport } from '../endpoint/wire.ts'
import type { GrantName, ProviderDefinition } from '../providers/definition.ts'
import { Manager } from './manager.ts'
import { readOptions, type TokenManagerOptions } from './options.ts'
import { RenewalQueue } from './renewal-queue.ts'
import type { TokenManager } from './token-manager.ts'

/**
 * Makes a manager: one token, of one account at one provider, kept valid for everything that uses it.
 *
 * Throws a `TypeError` that names a wrong option, what was expected and what came.
 */
export function createTokenManager<const D extends ProviderDefinition, const G extends GrantName<D> = GrantName<D>>(
  options: TokenManagerOptions<D, G>,
): TokenManager {
  return newManager(options, () => fetchTransport())
}

/** A manager whose token requests travel by `transport` unless the options name another. */
export function newManager(options: object, transport: () => TokenTransport): TokenManager {
  const settings = readOptions(options)
  // The bound on concurrency is for pools. Two: after clear() a new flight need not wait for the one that was let go.
  return new Manager(settings, settings.transport ?? transport(), new RenewalQueue(2))
}
