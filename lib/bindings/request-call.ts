// One call of a wrapped fetch that was given a Request, or whose arguments are best kept as one. Made in the tick of the call, as fetch
// itself does: the caller's Request is used up.
import type { Call } from '../request/exchange.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { dress } from './fetch-headers.ts'
import { abandon, besides, copyOf, isRequest, withQuery, type Ours } from './fetch-init.ts'
import { makerOf } from './maker.ts'
import type { BearerRequestInit, FetchBody, FetchInput } from './wrap-fetch.ts'

type RequestClass = typeof Request

export class RequestCall implements Call<Response> {
  readonly standing: Standing
  readonly #ours: Ours
  readonly #Request: RequestClass
  readonly #makeBody: (() => FetchBody) | undefined
  readonly #beside: RequestInit | undefined
  #next: Request
  #replayable: boolean
  #sent = false

  constructor(ours: Ours, standing: Standing, input: FetchInput, init: BearerRequestInit | undefined) {
    this.standing = standing
    this.#ours = ours
    // Another implementation's Request is made by that implementation.
    const made = isRequest(input) && !(input instanceof Request) ? classOf(input) : Request
    this.#Request = made
    this.#makeBody = makerOf(init?.tokenflight)
    const request = new made(input, ours.target.strays ? unfollowed(input, init) : init)
    const rest = besides(init)
    // An init beside a Request resets its referrer.
    const { referrer, referrerPolicy } = request
    this.#beside = rest && { referrer, referrerPolicy, ...rest }
    const settled = request.body && !this.#makeBody && made === Request ? withSource(request) : request
    this.#next = settled ?? request
    this.#replayable = settled !== undefined
  }

  /** An init beside a Request would reset its referrer: the header goes on the Request. */
  send(token: Token): Promise<Response> {
    const { fetch, target } = this.#ours
    const placed = target.placed(token)
    const request = this.#take()
    dress(placed, request.headers)
    const sent = placed.query ? new this.#Request(withQuery(request.url, placed.query), request) : request
    return this.#beside ? fetch(sent, this.#beside) : fetch(sent)
  }

  replayable(): boolean {
    return this.#replayable
  }

  wait(ask: (request: TokenRequest) => Promise<Token>): Promise<Token> {
    return abandon(ask({ signal: this.#next.signal }), this.#sent ? undefined : this.#next.body)
  }

  #take(): Request {
    const request = this.#next
    if (this.#sent)
      return this.#makeBody
        ? new this.#Request(request, { body: this.#makeBody(), duplex: 'half' } as RequestInit)
        : request
    this.#sent = true
    // Firefox shows of no Request whether it has one.
    if (request.body === null) this.#next = new this.#Request(request)
    else if (this.#replayable && !this.#makeBody) this.#next = request.clone()
    return request
  }
}

function classOf(input: object): RequestClass {
  return input.constructor as RequestClass
}

/**
 * The Request, if its body was no stream to begin with: a copy would have to collect that. The platform tells by refusing what only
 * a stream is refused, before it touches the body.
 */
function withSource(request: Request): Request | undefined {
  const { method, mode, headers, referrer, referrerPolicy } = request
  try {
    const used = new Request(request, { method: 'POST', mode: 'no-cors' })
    return new Request(used, { method, mode, headers, referrer, referrerPolicy })
  } catch (error) {
    return /stream/i.test(String(error)) ? undefined : request
  }
}

/** The init, with redirects refused that would be followed. */
function unfollowed(input: FetchInput, init: BearerRequestInit | undefined): RequestInit {
  const copy = copyOf(init) as RequestInit
  const asked = isRequest(input) ? input : undefined
  if ((copy.redirect ?? asked?.redirect ?? 'follow') !== 'follow') return copy
  return {
    ...(asked && { referrer: asked.referrer, referrerPolicy: asked.referrerPolicy }),
    ...copy,
    redirect: 'error',
  }
}
