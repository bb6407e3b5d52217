// The server process: for each token server a token endpoint at /NAME/token and an API at /NAME/api.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { serveOrders } from '../server-process.ts'
import { startServer } from '../server.ts'
import type { Behaviour, Counts, Order } from './messages.ts'

const LIFETIME = 3_600

class TokenServer {
  readonly #valid = new Set<string>()
  readonly #held: ServerResponse[] = []
  #behaviour: Required<Omit<Behaviour, 'revoke'>> = { token: 'issues', tokenDelay: 0, api: 'validates' }
  #issued = 0
  #token = 0
  #resource = 0
  #refused = 0

  get counts(): Counts {
    return { token: this.#token, resource: this.#resource, refused: this.#refused }
  }

  set({ revoke, ...behaviour }: Behaviour): void {
    this.#behaviour = { ...this.#behaviour, ...behaviour }
    if (revoke) this.#valid.clear()
    if (this.#behaviour.token === 'issues')
      for (const held of this.#held.splice(0)) respond(held, ...this.#tokenResponse('issues'))
  }

  answerTokenRequest(response: ServerResponse): void {
    this.#token += 1
    const { token, tokenDelay } = this.#behaviour
    if (token === 'hangs') return
    if (token === 'holds') {
      this.#held.push(response)
      return
    }
    if (tokenDelay > 0) setTimeout(respond, tokenDelay, response, ...this.#tokenResponse(token))
    else respond(response, ...this.#tokenResponse(token))
  }

  /** Validates the token when the response is due: a delayed request is refused for a token that was valid when it was sent. */
  answerApiRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#resource += 1
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    const answer = (): void => {
      if (this.#behaviour.api === 'validates' && this.#valid.has(token)) {
        respond(response, 200, { ok: true })
        return
      }
      this.#refused += 1
      response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
      respond(response, 401, { ok: false })
    }
    const late = Number(/[?&]late=(\d+)/.exec(request.url ?? '')?.[1] ?? 0)
    if (late > 0) setTimeout(answer, late)
    else answer()
  }

  #tokenResponse(behaviour: 'issues' | 'fails' | 'invalid_grant'): [number, object] {
    if (behaviour === 'fails') return [500, { error: 'server_error' }]
    if (behaviour === 'invalid_grant') return [400, { error: 'invalid_grant' }]
    this.#issued += 1
    const token = jwt(this.#issued)
    this.#valid.add(token)
    return [200, { access_token: token, token_type: 'Bearer', expires_in: LIFETIME }]
  }
}

/** Some contenders read the lifetime from the token. */
function jwt(issued: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + LIFETIME
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: 'bench', jti: String(issued), exp })}.${part({ of: issued })}`
}

function respond(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

const servers = new Map<string, TokenServer>()

function serverNamed(name: string): TokenServer {
  const known = servers.get(name) ?? new TokenServer()
  servers.set(name, known)
  return known
}

const { url } = await startServer(
  (request, response) => {
    const [, name = '', endpoint = ''] = (request.url ?? '').split('/', 3)
    request.resume()
    if (endpoint === 'token') serverNamed(name).answerTokenRequest(response)
    else serverNamed(name).answerApiRequest(request, response)
  },
  { keepAliveTimeout: 60_000 },
)

serveOrders(url, ({ server, behaviour }: Order): Counts => {
  const named = serverNamed(server)
  if (behaviour) named.set(behaviour)
  return named.counts
})
