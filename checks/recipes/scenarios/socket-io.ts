// A connection that ends with its token, and one with the next token; a rejected token, and a connection with another; two rejections, and no
// third attempt.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { importPackage, type Scenario, startServers } from '../scenario.ts'

/** Of the package socket.io, which is installed for the check alone. */
interface Server {
  readonly disconnectSockets: () => void
  readonly close: () => Promise<void>
}

interface SocketIo {
  readonly Server: new (http: HttpServer) => Server
}

interface Socket {
  readonly connected: boolean
  readonly active: boolean
  readonly once: (event: string, listener: () => void) => void
  readonly connect: () => void
  readonly disconnect: () => void
}

interface Recipe {
  readonly socket: Socket
  readonly requireToken: (server: Server, verify: (token: unknown) => Promise<number | undefined>) => void
}

const told = (socket: Socket, event: string): Promise<void> =>
  new Promise((resolve) => {
    socket.once(event, resolve)
  })

export const scenario: Scenario = async (load) => {
  await using emulator = await startServers({})
  const { Server } = await importPackage<SocketIo>('socket.io')
  const http = createServer()
  const server = new Server(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${String((http.address() as AddressInfo).port)}`
  const seen: unknown[] = []
  const refused = new Set<unknown>()
  let lives = 300
  const { socket, requireToken } = (await load(url, emulator.url)) as Recipe
  requireToken(server, (token) => {
    seen.push(token)
    return Promise.resolve(refused.has(token) || refused.has('all') ? undefined : Date.now() + lives)
  })
  try {
    await told(socket, 'connect')
    await told(socket, 'disconnect')
    lives = 60_000
    await told(socket, 'connect')
    const issued = (): string[] => emulator.issued.map(({ accessToken }) => accessToken)
    assert.deepEqual(seen, [issued()[0], issued()[0]])

    refused.add(issued()[0])
    server.disconnectSockets()
    await told(socket, 'disconnect')
    await told(socket, 'connect')
    assert.deepEqual(seen.slice(2), issued())
    assert.equal(issued().length, 2)

    refused.add('all')
    server.disconnectSockets()
    await told(socket, 'connect_error')
    await told(socket, 'connect_error')
    assert.equal(socket.active, false)
    assert.equal(emulator.counts.token, 3)
    return 'reconnected with a token when its connection ended, with another when it was refused'
  } finally {
    socket.disconnect()
    await server.close()
  }
}
