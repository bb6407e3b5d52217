// The servers of the check. One origin serves an emulator, its control at /control, and the page that a browser starts from.
// Redirects lead to a second origin, which must never receive a token.
import { request, type IncomingMessage, type ServerResponse } from 'node:http'
import { startEmulator, telstraEmulator } from '../../lib/testing.ts'
import { readBody, startServer } from '../server.ts'

/** Requests since the last reset. */
export interface Observed {
  readonly token: number
  readonly resource: number
  readonly unauthorized: number
  /** Bodies of the messages sent. */
  readonly bodies: readonly string[]
  /** The Authorization header of each request to the other origin. */
  readonly otherOrigin: readonly (string | null)[]
}

export interface Host {
  readonly origin: string
  readonly credentials: { readonly clientId: string; readonly clientSecret: string }
  /** Settles with the report that a page posts when it is done. */
  readonly report: Promise<string>
  close(): Promise<void>
}

/** `scripts`: text by path. */
export async function startHost(scripts: ReadonlyMap<string, string>): Promise<Host> {
  let emulator = await startEmulator(telstraEmulator())
  let otherOrigin: (string | null)[] = []
  let reportWith: (text: string) => void = () => undefined
  const report = new Promise<string>((resolve) => (reportWith = resolve))

  const other = await startServer((incoming, outgoing) => {
    // Allows every header, so that CORS does not hide a leaked token.
    const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization, *' }
    if (incoming.method !== 'OPTIONS') otherOrigin.push(incoming.headers.authorization ?? null)
    outgoing.writeHead(200, { ...cors, 'content-type': 'text/plain' }).end('other origin')
  })
  const orders: Readonly<Record<string, () => void | Promise<void>>> = {
    reset: async () => {
      await emulator.close()
      emulator = await startEmulator(telstraEmulator())
      otherOrigin = []
    },
    revoke: () => {
      emulator.revokeAll()
    },
    observe: () => undefined,
  }
  const observed = (): Observed => {
    const { token, resource, unauthorized } = emulator.counts
    const bodies = emulator.log.filter(({ method, kind }) => kind === 'resource' && method === 'POST')
    return { token, resource, unauthorized, bodies: bodies.map(({ body }) => body), otherOrigin }
  }
  const host = await startServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url ?? '/', 'http://host')
    const [, area, order = ''] = pathname.split('/')
    const script = scripts.get(pathname)
    if (script !== undefined) {
      const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html'
      outgoing.writeHead(200, { 'content-type': type }).end(script)
    } else if (area === 'control') {
      void Promise.resolve(orders[order]?.()).then(() => outgoing.end(JSON.stringify(observed())))
    } else if (pathname === '/report') {
      void readBody(incoming).then((body) => {
        outgoing.end()
        reportWith(body.toString())
      })
    } else if (pathname === '/v2/away') {
      outgoing.writeHead(302, { location: `${other.url}/` }).end()
    } else forward(incoming, outgoing, emulator.url)
  })
  const { credentials } = emulator
  return {
    origin: host.url,
    credentials,
    report,
    close: async () => {
      await Promise.all([host.close(), other.close(), emulator.close()])
    },
  }
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, to: string): void {
  const { method, headers } = incoming
  const forwarded = request(`${to}${incoming.url ?? '/'}`, { method, headers, agent: false }, (response) => {
    outgoing.writeHead(response.statusCode ?? 502, response.headers)
    response.pipe(outgoing)
  })
  forwarded.on('error', () => outgoing.destroy())
  incoming.pipe(forwarded)
}
