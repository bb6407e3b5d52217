// A real server on loopback that does what a spec says, for what no canned answer can show: dropped connections, stalls, floods.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** What the server does with a request; `nth` counts from 1. */
export type Handler = (response: ServerResponse, request: Received, nth: number) => void

export interface Loopback {
  readonly url: string
  /** Every request that came in, in order, its body read. */
  readonly received: readonly Received[]
  /** How many connections are open. */
  connections(): number
  /** Settles once every connection is closed. */
  idle(): Promise<void>
  close(): Promise<void>
}

export async function startLoopback(handler: Handler): Promise<Loopback> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    void readText(request).then(
      (body) => {
        const { method = '', url = '', headers } = request
        const entry = { method, url, headers, body }
        received.push(entry)
        handler(response, entry, received.length)
      },
      () => undefined,
    )
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const idle = async (): Promise<void> => {
    await Promise.all([...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  }
  return {
    url: `http://127.0.0.1:${String(port)}`,
    received,
    connections: () => sockets.size,
    idle,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
