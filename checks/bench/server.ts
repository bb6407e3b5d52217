// The server, in a process of its own: a token endpoint and an API for each desk, at /<desk>/token and /<desk>/api.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DeskOrder, Order, Reply, Welcome } from './messages.ts'

const LIFETIME = 3_600

class Desk {
  readonly #valid = new Set<string>()
  #order: Required<Omit<DeskOrder, 'revoke'>> = { token: 'gives', tokenDelay: 0, api: 'judges' }
  #issued = 0
  readonly #held: ServerResponse[] = []
  token = 0
  resource = 0
  refused = 0

  set({ revoke, ...order }: DeskOrder): void {
    this.#order = { ...this.#order, ...order }
    if (revoke) this.#valid.clear()
    if (this.#order.token === 'gives') for (const held of this.#held.splice(0)) answer(held, ...this.#answer('gives'))
  }

  give(response: ServerResponse): void {
    this.token += 1
    const { token, tokenDelay } = this.#order
    if (token === 'hangs') return
    if (token === 'holds') {
      this.#held.push(response)
      return
    }
    if (tokenDelay > 0) setTimeout(answer, tokenDelay, response, ...this.#answer(token))
    else answer(response, ...this.#answer(token))
  }

  /** Judges the token when the answer is due: a straggler is refused for a token that was good when it left. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    this.resource += 1
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    const judge = (): void => {
      if (this.#order.api === 'judges' && this.#valid.has(token)) {
        answer(response, 200, { ok: true })
        return
      }
      this.refused += 1
      response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
      answer(response, 401, { ok: false })
    }
    const late = Number(/[?&]late=(\d+)/.exec(request.url ?? '')?.[1] ?? 0)
    if (late > 0) setTimeout(judge, late)
    else judge()
  }

  #answer(behaviour: 'gives' | 'down' | 'invalid_grant'): [number, object] {
    if (behaviour === 'down') return [500, { error: 'server_error' }]
    if (behaviour === 'invalid_grant') return [400, { error: 'invalid_grant' }]
    this.#issued += 1
    const token = jwt(this.#issued)
    this.#valid.add(token)
    return [200, { access_token: token, token_type: 'Bearer', expires_in: LIFETIME }]
  }
}

/** Some contenders read the lifetime in the token. */
function jwt(issued: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + LIFETIME
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ sub: 'bench', jti: String(issued), exp })}.${part({ of: issued })}`
}

function answer(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body)
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

const desks = new Map<string, Desk>()

function deskOf(name: string): Desk {
  const known = desks.get(name) ?? new Desk()
  desks.set(name, known)
  return known
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const [, desk = '', place = ''] = (request.url ?? '').split('/', 3)
  request.resume()
  if (place === 'token') deskOf(desk).give(response)
  else deskOf(desk).serve(request, response)
})

process.on('message', (message: Order) => {
  const desk = deskOf(message.desk)
  if (message.kind === 'set') desk.set(message.order)
  const { token, resource, refused } = desk
  process.send?.({ id: message.id, counts: { token, resource, refused } } satisfies Reply)
})
process.once('disconnect', () => process.exit())
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 }, () => {
  const { port } = server.address() as AddressInfo
  process.send?.({ url: `http://127.0.0.1:${String(port)}` } satisfies Welcome)
})
