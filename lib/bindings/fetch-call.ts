// One call of a wrapped fetch.
import type { Call } from '../request/exchange.ts'
import type { Field, Placed } from '../request/placed.ts'
import { isReplayable } from '../request/replay.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { dressed } from './fetch-headers.ts'
import type { Target } from './target.ts'
import type { BearerRequestInit, Fetch, FetchInput } from './wrap-fetch.ts'

export class FetchCall implements Call<Response> {
  readonly standing: Standing
  readonly #fetch: Fetch
  readonly #target: Target
  #input: FetchInput
  #init: BearerRequestInit | undefined
  /** Holds the body of a Request for a second sending. */
  #spare: Request | undefined
  #sent = false

  constructor(
    fetch: Fetch,
    input: FetchInput,
    init: BearerRequestInit | undefined,
    standing: Standing,
    target: Target,
  ) {
    this.standing = standing
    this.#fetch = fetch
    this.#input = input
    this.#init = init
    this.#target = target
  }

  send(token: Token): Promise<Response> {
    const placed = this.#target.placed(token)
    const input = this.#next()
    if (isRequest(input) && !this.#init) {
      // An init beside a Request would reset its referrer: the header goes on a copy instead.
      const request = placed.query ? new Request(withQuery(input.url, placed.query), input) : new Request(input)
      for (const [name, value] of dressed(placed, request.headers)) request.headers.set(name, value)
      return this.#fetch(request)
    }
    const headers = dressed(placed, this.#init?.headers ?? (isRequest(input) ? input.headers : undefined))
    return this.#fetch(located(input, placed), { ...this.#init, headers })
  }

  replayable(): boolean {
    if (this.#makeBody) return true
    const body = this.#init?.body
    return isRequest(this.#input) && (body === undefined || body === null) ? true : isReplayable(body)
  }

  wait(ask: (request: TokenRequest) => Promise<Token>): Promise<Token> {
    const input = this.#input
    const signal = this.#init?.signal ?? (isRequest(input) ? input.signal : undefined)
    if (!this.#sent && isRequest(input) && input.body) {
      // As with fetch itself, a Request is used up in the tick of the call.
      try {
        this.#input = new Request(input, this.#init)
        if (this.#init) {
          this.#init = { ...this.#init }
          delete this.#init.body
        }
      } catch (error) {
        return Promise.reject(error)
      }
    }
    return ask({ signal })
  }

  /** What to send now: a Request with a body is kept once more, for only so can it be sent again. */
  #next(): FetchInput {
    const first = !this.#sent
    this.#sent = true
    if (!first && this.#makeBody) this.#init = { ...this.#init, body: this.#makeBody() }
    const input = first ? this.#input : (this.#spare ?? this.#input)
    if (first && isRequest(input) && input.body && !input.bodyUsed && !this.#init?.body) this.#spare = input.clone()
    return input
  }

  get #makeBody(): (() => BodyInit) | undefined {
    const own = this.#init?.tokenflight
    return own ? own.body : undefined
  }
}

function isRequest(input: FetchInput): input is Request {
  return typeof input === 'object' && 'url' in input
}

function located(input: FetchInput, { query }: Placed): FetchInput {
  if (!query) return input
  const url = isRequest(input) ? input.url : String(input)
  return isRequest(input) ? new Request(withQuery(url, query), input) : withQuery(url, query)
}

function withQuery(url: string, [name, value]: Field): string {
  const located = new URL(url)
  located.searchParams.set(name, value)
  return located.href
}
