// A server in a process of its own, controlled by messages: its work is not counted as work of the measured process.
import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface ServerProcess<Order, Reply> {
  readonly url: string
  readonly send: (order: Order) => Promise<Reply>
  readonly close: () => void
}

interface Started {
  readonly url: string
}

interface Message<Content> {
  readonly id: number
  readonly content: Content
}

/** Starts `script`, which calls `serveOrders`. */
export async function startServerProcess<Order, Reply>(
  script: URL,
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
): Promise<ServerProcess<Order, Reply>> {
  const child = fork(script, args, { execArgv: [...execArgv] })
  const [{ url }] = (await once(child, 'message')) as [Started]
  const pending = new Map<number, (reply: Reply) => void>()
  let sent = 0
  child.on('message', ({ id, content }: Message<Reply>) => {
    pending.get(id)?.(content)
    pending.delete(id)
  })
  return {
    url,
    send: (content) =>
      new Promise((resolve) => {
        sent += 1
        pending.set(sent, resolve)
        child.send({ id: sent, content } satisfies Message<Order>)
      }),
    close: () => {
      child.disconnect()
    },
  }
}

/** In the server's process: reports the URL, answers each order, and ends the process with its parent. */
export function serveOrders(url: string, reply: (order: never) => object): void {
  process.on('message', ({ id, content }: Message<never>) => {
    process.send?.({ id, content: reply(content) } satisfies Message<object>)
  })
  process.once('disconnect', () => process.exit())
  process.send?.({ url } satisfies Started)
}
