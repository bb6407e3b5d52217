// A strict authorization server and its API: refresh tokens rotate, and reuse of one revokes all tokens of the session.
// @see RFC 9700, section 4.14.2
import { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { readBody } from '../server.ts'

/** The fate of a token request, and of the process that made it. */
export type Fault = 'none' | 'kill-before' | 'kill-after' | 'kill-later' | 'stop-before' | 'stop-after' | 'slow'

interface Family {
  ended: boolean
  current: string
  /** The process was killed after the last rotation: it may not have kept the result. */
  isOrphaned: boolean
}

/** Acts on the process that made a request. */
export interface Processes {
  kill(member: string): void
  /** Suspends it for a while; resolves when it continues. */
  stop(member: string): Promise<void>
}

export class AuthorizationServer {
  /** Token requests. */
  calls = 0
  /** Used refresh tokens that were sent again. */
  reuse = 0
  /** Sessions that ended by a race, or by a process killed between the rotation and the swap of its result. */
  readonly ends = { race: 0, orphaned: 0 }
  /** API requests without a valid token. */
  refused = 0
  /** The token requests, for the message about a race. */
  readonly log: string[] = []
  readonly #families = new Map<string, Family>()
  readonly #living = new Map<string, number>()
  readonly #lifetime: number
  readonly #faultOf: () => Fault
  readonly #processes: Processes
  #issued = 0

  /** `lifetime`: seconds. */
  constructor(lifetime: number, faultOf: () => Fault, processes: Processes) {
    this.#lifetime = lifetime
    this.#faultOf = faultOf
    this.#processes = processes
  }

  /** A login: its refresh token. */
  login(): string {
    return this.#issue({ ended: false, current: '', isOrphaned: false }).refreshToken
  }

  readonly listener: RequestListener = (request, response) => {
    void this.#answer(request, response)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/token') return this.#token(request, response)
    const token = request.headers.authorization?.slice(7) ?? ''
    const isLiving = (this.#living.get(token) ?? 0) > Date.now()
    if (!isLiving) this.refused += 1
    response.writeHead(isLiving ? 200 : 401).end()
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const params = new URLSearchParams((await readBody(request)).toString())
    const member = String(request.headers['x-member'])
    this.calls += 1
    const fault = this.#faultOf()
    if (fault === 'kill-before') {
      this.#processes.kill(member)
      response.destroy()
      return
    }
    if (fault === 'stop-before') void this.#processes.stop(member)
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 300))
    const refreshToken = params.get('refresh_token') ?? ''
    const family = this.#familyOf(refreshToken)
    this.log.push(`${String(Date.now())} member ${member}: ${refreshToken}, ${fault}${family ? '' : ', refused'}`)
    if (!family) {
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
      return
    }
    const { accessToken, refreshToken: next } = this.#issue(family)
    const body = {
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: this.#lifetime,
      refresh_token: next,
    }
    if (fault === 'kill-after') this.#processes.kill(member)
    if (fault === 'stop-after') void this.#processes.stop(member)
    family.isOrphaned = fault === 'kill-after' || fault === 'kill-later'
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    // Shortly after the answer: before its result is swapped in, in the middle of that, or after it.
    if (fault === 'kill-later')
      setTimeout(() => {
        this.#processes.kill(member)
      }, Math.random() * 6)
  }

  #familyOf(refreshToken: string): Family | undefined {
    const family = this.#families.get(refreshToken)
    if (!family || family.ended) return undefined
    if (family.current === refreshToken) return family
    this.reuse += 1
    family.ended = true
    this.ends[family.isOrphaned ? 'orphaned' : 'race'] += 1
    return undefined
  }

  #issue(family: Family): { readonly accessToken: string; readonly refreshToken: string } {
    this.#issued += 1
    const [accessToken, refreshToken] = [`AT-${String(this.#issued)}`, `RT-${String(this.#issued)}`]
    family.current = refreshToken
    this.#families.set(refreshToken, family)
    this.#living.set(accessToken, Date.now() + this.#lifetime * 1_000)
    return { accessToken, refreshToken }
  }
}
