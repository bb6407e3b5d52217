// The server that both sides talk to: it does what the path says, and keeps what came, byte for byte.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Wire {
  readonly method: string | undefined
  readonly url: string | undefined
  /** As sent, but for the token. */
  readonly headers: readonly string[]
  readonly body: string
}

export interface Server {
  readonly url: string
  /** What came and was not refused for its token. */
  readonly wire: Wire[]
  /** Whether a token is refused as long as nothing was renewed, and again as soon as it has been good for one 2xx. */
  strict: boolean
  readonly refusals: number
  readonly close: () => Promise<void>
}

export async function startServer(): Promise<Server> {
  const wire: Wire[] = []
  const seen = new Map<string, number>()
  const spent = new Set(['Bearer secret-1'])
  const state = { strict: false, refusals: 0 }
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { authorization = '' } = request.headers
      if (state.strict && spent.has(authorization)) {
        state.refusals += 1
        response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('refused')
        return
      }
      const path = new URL(request.url ?? '/', 'http://x').pathname
      const nth = (seen.get(path) ?? 0) + 1
      seen.set(path, nth)
      wire.push({ method: request.method, url: request.url, headers: bared(request.rawHeaders), body })
      response.once('finish', () => {
        if (response.statusCode < 300 && authorization.startsWith('Bearer')) spent.add(authorization)
      })
      const status = Number(/\/status\/(\d+)/.exec(path)?.[1] ?? 200)
      const headers = { 'content-type': 'application/json', 'x-nth': String(nth) }
      if (path.includes('/drop') || (path.includes('/shaky') && nth === 1)) response.destroy()
      else if (path.includes('/flaky') && nth < 3) response.writeHead(503, headers).end('{"nth":"no"}')
      else if (path.includes('/redirect')) response.writeHead(302, { location: '/v2/landed' }).end()
      else if (path.includes('/cookie'))
        response.writeHead(200, { ...headers, 'set-cookie': `n=${String(nth)}; Path=/` }).end('{}')
      else if (path.includes('/etag') && request.headers['if-none-match'])
        response.writeHead(304, { etag: '"1"' }).end()
      else if (path.includes('/etag'))
        response.writeHead(200, { ...headers, etag: '"1"', 'cache-control': 'max-age=0' }).end('{"e":1}')
      else if (path.includes('/hang')) return
      else response.writeHead(status, headers).end(JSON.stringify({ path, nth, method: request.method }))
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(state, {
    url: `http://127.0.0.1:${String(port)}/v2`,
    wire,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer)
  } catch {
    // It was cut off.
  }
  return Buffer.concat(chunks).toString('latin1')
}

/** Name, value, name, value ... without the token. */
function bared(raw: readonly string[]): string[] {
  return raw.filter((_, index) => (raw[index - (index % 2)] ?? '').toLowerCase() !== 'authorization')
}
