// One call of a wrapped fetch that was given a URL.
import type { Call } from '../request/exchange.ts'
import { isReplayable } from '../request/replay.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { dressed, without } from './fetch-headers.ts'
import { abandon, copyOf, snapshot, withQuery, type Init, type Ours } from './fetch-init.ts'
import { makerOf } from './maker.ts'
import type { BearerRequestInit, FetchBody } from './wrap-fetch.ts'

export class FetchCall implements Call<Response> {
  readonly standing: Standing
  readonly #ours: Ours
  readonly #makeBody: (() => FetchBody) | undefined
  #url: string | URL
  #init: Init | undefined
  #sent = false

  constructor(ours: Ours, standing: Standing, url: string | URL, init: BearerRequestInit | undefined) {
    this.standing = standing
    this.#ours = ours
    this.#makeBody = makerOf(init?.tokenflight)
    this.#url = url
    this.#init = init
  }

  send(token: Token): Promise<Response> {
    const { fetch, target, shared } = this.#ours
    const placed = target.placed(token)
    const init = copyOf(this.#init)
    init.headers = shared && !init.headers ? shared.for(placed) : dressed(placed, init.headers)
    if (target.strays && (init.redirect ?? 'follow') === 'follow') init.redirect = 'error'
    if (!this.#sent) this.#keep(init)
    else if (this.#makeBody) init.body = this.#makeBody()
    this.#sent = true
    return fetch(placed.query ? withQuery(this.#url, placed.query) : this.#url, init as RequestInit)
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || isReplayable(this.#init?.body)
  }

  wait(ask: (request: TokenRequest) => Promise<Token>): Promise<Token> {
    if (!this.#sent) {
      // As with fetch itself, what becomes of the arguments after the call changes nothing.
      if (this.#init) {
        const init = copyOf(this.#init)
        init.headers = without(undefined, init.headers)
        this.#keep(init)
      }
      this.#url = String(this.#url)
    }
    const { body, signal } = this.#init ?? {}
    return abandon(ask({ signal: signal ?? undefined }), this.#sent ? undefined : body)
  }

  /** What a second sending is made of. */
  #keep(init: Init): void {
    const body = snapshot(init.body)
    this.#init = body === init.body ? init : { ...init, body }
  }
}
