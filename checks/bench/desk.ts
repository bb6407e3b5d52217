// The bench's side of the server.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Counts, DeskOrder, Order, Reply, Welcome } from './messages.ts'

export interface Desk {
  readonly tokenEndpoint: string
  readonly api: string
  readonly set: (order: DeskOrder) => Promise<void>
  readonly counts: () => Promise<Counts>
}

export interface Server {
  /** A place of one's own: endpoints, tokens and counters that nobody else uses. */
  readonly desk: (order?: DeskOrder) => Promise<Desk>
  readonly close: () => void
}

type Question = { readonly kind: 'counts' } | { readonly kind: 'set'; readonly order: DeskOrder }

export async function startServer(): Promise<Server> {
  const child = fork(new URL('server.mjs', import.meta.url), { execArgv: [] })
  const [{ url }] = (await once(child, 'message')) as [Welcome]
  const waiting = new Map<number, (counts: Counts) => void>()
  let asked = 0
  let desks = 0
  child.on('message', ({ id, counts }: Reply) => {
    waiting.get(id)?.(counts)
    waiting.delete(id)
  })
  const ask = (desk: string, question: Question): Promise<Counts> =>
    new Promise((resolve) => {
      asked += 1
      waiting.set(asked, resolve)
      child.send({ ...question, id: asked, desk } satisfies Order)
    })
  return {
    desk: async (order = {}) => {
      desks += 1
      const name = String(desks)
      await ask(name, { kind: 'set', order })
      return {
        tokenEndpoint: `${url}/${name}/token`,
        api: `${url}/${name}/api`,
        set: async (next) => {
          await ask(name, { kind: 'set', order: next })
        },
        counts: () => ask(name, { kind: 'counts' }),
      }
    },
    close: () => {
      child.disconnect()
    },
  }
}
