// A real server on loopback with scripted responses, for cases that nock cannot show: dropped connections, stalls, floods, TLS.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { CERTIFICATE, KEY } from './certificates.ts'

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
  /** The received requests, in order, with their bodies. */
  readonly received: readonly Received[]
  /** The number of open connections. */
  connections(): number
  /** Resolves when every connection is closed. */
  idle(): Promise<void>
  close(): Promise<void>
}

/** `onChunk` is called for each part of a request body as it arrives. */
export function startLoopback(handler: Handler, onChunk?: () => void): Promise<Loopback> {
  return start('http', createServer, handler, onChunk)
}

/** A server over TLS. */
export function startSecureLoopback(handler: Handler, cert = CERTIFICATE): Promise<Loopback> {
  return start('https', (listener) => createSecureServer({ key: KEY, cert }, listener), handler)
}

async function start(
  protocol: 'http' | 'https',
  create: (listener: RequestListener) => Server,
  handler: Handler,
  onChunk?: () => void,
): Promise<Loopback> {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const server = create((request, response) => {
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
    url: `${protocol}://127.0.0.1:${String(port)}`,
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
