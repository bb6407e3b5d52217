// An HTTP server on the loopback address, shared by the checks.
import { createServer, type IncomingMessage, type RequestListener, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Server {
  /** The origin, without a slash at the end. */
  readonly url: string
  /** Closes the server and its connections. */
  readonly close: () => Promise<void>
}

/** Checks open more connections at once than Node's default backlog of 511 admits. */
const BACKLOG = 4_096

export async function startServer(listener: RequestListener, options: ServerOptions = {}): Promise<Server> {
  const server = createServer(options, listener)
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}

/** Reads the body of a request; of an aborted request, the part that arrived. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    // The request was aborted.
  }
  return Buffer.concat(chunks)
}
