// Token servers, all in one process. Each measurement has one of its own: late requests are not counted for another measurement.
import { startServerProcess } from '../server-process.ts'
import type { Behaviour, Counts, Order } from './messages.ts'

export interface TokenServer {
  readonly tokenEndpoint: string
  readonly api: string
  readonly set: (behaviour: Behaviour) => Promise<void>
  readonly counts: () => Promise<Counts>
}

export interface TokenServers {
  readonly add: (behaviour?: Behaviour) => Promise<TokenServer>
  readonly close: () => void
}

export async function startTokenServers(): Promise<TokenServers> {
  const { url, send, close } = await startServerProcess<Order, Counts>(new URL('server.mjs', import.meta.url))
  let added = 0
  return {
    add: async (first = {}) => {
      added += 1
      const server = String(added)
      const set = async (behaviour: Behaviour): Promise<void> => {
        await send({ server, behaviour })
      }
      await set(first)
      return {
        tokenEndpoint: `${url}/${server}/token`,
        api: `${url}/${server}/api`,
        set,
        counts: () => send({ server }),
      }
    },
    close,
  }
}
