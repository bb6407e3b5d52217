// A real server on loopback with scripted responses, for cases that nock cannot show: dropped connections, stalls, floods.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** Responds to a request; `nth` counts from 1. */
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

/** `onChunk` is called for each part of a request body as it arrives. */
export async function startLoopback(handler: Handler, onChunk?: () => void): Promise<Loopback> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    void readText(request, onChunk).then(
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

async function readText(request: IncomingMessage, onChunk?: () => void): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    onChunk?.()
  }
  return Buffer.concat(chunks).toString()
}
