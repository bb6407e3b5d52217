// A store in Redis, Valkey or whatever else runs their scripts. One key holds one record, so that it works in a cluster.
import { channelsOver, type Subscribe } from './channels.ts'
import { checkNames, checkOption, clientFailure, wrongAnswer } from './client-failure.ts'
import type { TokenStore } from './token-store.ts'

export type { Subscribe } from './channels.ts'

/** Options of {@link redisStore}. */
export interface RedisStoreOptions {
  /**
   * Subscribes to a channel, over a connection of its own; calls `heard` for each message, and gives the function that ends it, or a promise
   * of one. With it members learn at once of each other's logins, logouts and renewals; without, at their next read. A channel has the name
   * of its key. @default none
   */
  readonly subscribe?: Subscribe
  /** Milliseconds for which the record of a session that is over is kept: a day or more. Other records do not expire. @default 30 days */
  readonly keepEndedFor?: number
}

const DAY = 86_400_000

// The swap counts although the user may not publish.
const SWAP = `local t=redis.call('GET',KEYS[1])
if ARGV[1]~=(t and '='..t or '') then return 0 end
redis.call('SET',KEYS[1],unpack(ARGV,2))
redis.pcall('PUBLISH',KEYS[1],'')
return 1`

/** Sends a command and gives its reply. `key`: the key of the command, for clients of clusters. */
export type Send = (args: [command: string, ...rest: string[]], key: string) => Promise<unknown>

/**
 * Makes a store with a connected client of Redis 2.6 or later, Valkey, KeyDB or a service that runs their scripts. `send` sends a
 * command: `(args) => client.sendCommand(args)` with `redis`, `(args) => client.call(...args)` with `ioredis`. Commands must reach the
 * primary; it must not evict keys (`maxmemory-policy noeviction`).
 * Reads and swaps reject with a `StoreError` that never quotes the client.
 * @throws `TypeError` for an invalid option
 */
export function redisStore(send: Send, options: RedisStoreOptions = {}): TokenStore {
  const { subscribe, keepEndedFor = 30 * DAY, ...others } = options
  checkOption('send', 'a function', typeof send === 'function')
  checkOption('subscribe', 'a function', !subscribe || typeof subscribe === 'function')
  checkOption('keepEndedFor', 'milliseconds, a day or more', keepEndedFor >= DAY && Number.isSafeInteger(keepEndedFor))
  checkNames(others, 'subscribe, keepEndedFor')
  const listen = subscribe && channelsOver(subscribe)
  const ask = async (command: string, key: string, ...rest: string[]): Promise<unknown> => {
    try {
      const reply = await send([command, ...rest], key)
      return reply instanceof Uint8Array ? new TextDecoder().decode(reply) : reply
    } catch (error) {
      throw clientFailure('redisStore', command, error)
    }
  }
  return {
    async read(key) {
      const reply = await ask('GET', key, key)
      // Not undefined: a function that forgets to return the reply would look like an empty store.
      if (reply === null || typeof reply === 'string') return reply ?? undefined
      throw wrongAnswer('redisStore', 'GET', reply)
    },
    async swap(key, expected, next, isEnd) {
      const before = expected === undefined ? '' : `=${expected}`
      const ttl = isEnd ? ['PX', String(keepEndedFor)] : []
      const reply = await ask('EVAL', key, SWAP, '1', key, before, next, ...ttl)
      const swapped = typeof reply === 'object' ? NaN : Number(reply)
      if (swapped === 0 || swapped === 1) return swapped === 1
      throw wrongAnswer('redisStore', 'EVAL', reply)
    },
    ...(listen && {
      watch: (key, changed) =>
        listen(key, () => {
          changed()
        }),
    }),
  }
}
