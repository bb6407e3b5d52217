// Everything a runtime talks to, behind one origin: the emulator of a system, a desk that tells what reached it, and the page that a
// browser starts from. A second origin, which must never see a token, is where redirects lead.
import { createServer, request, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startEmulator, telstraEmulator } from '../../lib/testing.ts'

/** What reached the servers since the last reset. */
export interface Seen {
  readonly token: number
  readonly resource: number
  readonly unauthorized: number
  /** Of messages that were sent. */
  readonly bodies: readonly string[]
  /** The Authorization that the other origin saw, for each request. */
  readonly strangers: readonly (string | null)[]
}

export interface Host {
  readonly origin: string
  readonly credentials: { readonly clientId: string; readonly clientSecret: string }
  /** What a page posts when it is done. */
  readonly told: Promise<string>
  close(): Promise<void>
}

/** `scripts`: by path. */
export async function startHost(scripts: ReadonlyMap<string, string>): Promise<Host> {
  let emulator = await startEmulator(telstraEmulator())
  let strangers: (string | null)[] = []
  let tell: (text: string) => void = () => undefined
  const told = new Promise<string>((resolve) => (tell = resolve))

  const stranger = await listen((incoming, outgoing) => {
    // A stranger who would take anything.
    const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization, *' }
    if (incoming.method !== 'OPTIONS') strangers.push(incoming.headers.authorization ?? null)
    outgoing.writeHead(200, { ...cors, 'content-type': 'text/plain' }).end('stranger')
  })
  const orders: Readonly<Record<string, () => void | Promise<void>>> = {
    reset: async () => {
      await emulator.close()
      emulator = await startEmulator(telstraEmulator())
      strangers = []
    },
    revoke: () => {
      emulator.revokeAll()
    },
    seen: () => undefined,
  }
  const seen = (): Seen => {
    const { token, resource, unauthorized } = emulator.counts
    const bodies = emulator.log.filter(({ method, kind }) => kind === 'resource' && method === 'POST')
    return { token, resource, unauthorized, bodies: bodies.map(({ body }) => body), strangers }
  }
  const host = await listen((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url ?? '/', 'http://host')
    const [, area, order = ''] = pathname.split('/')
    const script = scripts.get(pathname)
    if (script !== undefined) {
      const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html'
      outgoing.writeHead(200, { 'content-type': type }).end(script)
    } else if (area === 'desk') {
      void Promise.resolve(orders[order]?.()).then(() => outgoing.end(JSON.stringify(seen())))
    } else if (pathname === '/told') {
      void textOf(incoming).then((text) => {
        outgoing.end()
        tell(text)
      })
    } else if (pathname === '/v2/away') {
      outgoing.writeHead(302, { location: `${stranger.origin}/` }).end()
    } else forward(incoming, outgoing, emulator.url)
  })
  const { credentials } = emulator
  return {
    origin: host.origin,
    credentials,
    told,
    close: async () => {
      await Promise.all([host.close(), stranger.close(), emulator.close()])
    },
  }
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, to: string): void {
  const { method, headers } = incoming
  const passed = request(`${to}${incoming.url ?? '/'}`, { method, headers, agent: false }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  })
  passed.on('error', () => outgoing.destroy())
  incoming.pipe(passed)
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of incoming) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

interface Listening {
  readonly origin: string
  close(): Promise<void>
}

async function listen(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 }, resolve))
  return {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
