// The stores that members share; and for comparison the newest refresh token in one place, read and written without locks.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { fileStore } from '../../lib/stores/file.ts'
import { redisStore } from '../../lib/stores/redis.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'

export const KINDS = ['file', 'redis'] as const
export type Kind = (typeof KINDS)[number]

/** Opens the store in a folder, or at the URL of a server. */
export function openStore(kind: Kind, place: string): TokenStore {
  if (kind === 'file') return fileStore(place)
  const [client, listener] = [connect(place), connect(place)]
  return redisStore((args) => client.call(...args), {
    subscribe: (channel, changed) => {
      const heard = (from: string, message: string): void => {
        if (from === channel) changed(message)
      }
      listener.on('message', heard)
      void listener.subscribe(channel)
      return () => {
        listener.off('message', heard)
        void listener.unsubscribe(channel)
      }
    },
  })
}

export interface Blind {
  readonly read: () => Promise<string>
  readonly write: (refreshToken: string) => Promise<unknown>
}

/** Stores the newest refresh token without coordination. */
export async function openBlind(kind: Kind, place: string): Promise<Blind> {
  if (kind === 'redis') {
    const client = connect(place)
    return {
      read: async () => (await client.get('refresh-token')) ?? '',
      write: (refreshToken) => client.set('refresh-token', refreshToken),
    }
  }
  await mkdir(place, { recursive: true })
  const path = join(place, 'refresh-token')
  return {
    read: () => readFile(path, 'utf8'),
    write: (refreshToken) => writeFile(path, refreshToken),
  }
}

function connect(url: string): Redis {
  const client = new Redis(url)
  client.on('error', () => undefined)
  return client
}
