// Answers as the path of a request says, and records each request byte for byte.
import { readBody, startServer as listen } from '../server.ts'

export interface Recorded {
  readonly method: string | undefined
  readonly url: string | undefined
  /** As sent, without the token. */
  readonly headers: readonly string[]
  readonly body: string
}

export interface Server {
  readonly url: string
  /** Requests that were not refused for their token. */
  readonly wire: Recorded[]
  /** Refuses the first token until it is renewed, and every later one after its first 2xx. */
  strict: boolean
  readonly refusals: number
  readonly close: () => Promise<void>
}

export async function startServer(): Promise<Server> {
  const wire: Recorded[] = []
  const seen = new Map<string, number>()
  const spent = new Set(['Bearer secret-1'])
  const state = { strict: false, refusals: 0 }
  const { url, close } = await listen((request, response) => {
    void readBody(request).then((body) => {
      const { authorization = '' } = request.headers
      if (state.strict && spent.has(authorization)) {
        state.refusals += 1
        response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end('refused')
        return
      }
      const path = new URL(request.url ?? '/', 'http://x').pathname
      const nth = (seen.get(path) ?? 0) + 1
      seen.set(path, nth)
      const headersSent = withoutToken(request.rawHeaders)
      wire.push({ method: request.method, url: request.url, headers: headersSent, body: body.toString('latin1') })
      response.once('finish', () => {
        if (response.statusCode < 300 && authorization.startsWith('Bearer')) spent.add(authorization)
      })
      const status = Number(/\/status\/(\d+)/.exec(path)?.[1] ?? 200)
      const headers = { 'content-type': 'application/json', 'x-nth': String(nth) }
      if (path.includes('/drop') || (path.includes('/shaky') && nth === 1)) response.destroy()
      else if (path.includes('/flaky') && nth < 3) response.writeHead(503, headers).end('{"nth":"no"}')
      else if (path.includes('/redirect')) response.writeHead(302, { location: '/v2/target' }).end()
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
  return Object.assign(state, { url: `${url}/v2`, wire, close })
}

/** Takes and returns names and values in turn. */
function withoutToken(raw: readonly string[]): string[] {
  return raw.filter((_, index) => (raw[index - (index % 2)] ?? '').toLowerCase() !== 'authorization')
}
