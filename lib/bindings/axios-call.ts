// One axios call. Its config carries the token while a sending is under way, and at no other time.
import type { AxiosAdapter, AxiosResponse, AxiosStatic, InternalAxiosRequestConfig } from 'axios'
import type { Call } from '../request/exchange.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { asNow, bound, repeatable } from './axios-body.ts'
import { Dress } from './axios-dress.ts'
import { makerOf } from './maker.ts'
import { waitFor } from './axios-patience.ts'
import type { Target } from './target.ts'

type Config = InternalAxiosRequestConfig

/** What every call of one attachment has. */
export interface Ours {
  readonly axios: AxiosStatic
  readonly target: Target
}

export class AxiosCall implements Call<AxiosResponse> {
  readonly standing: Standing
  readonly #config: Config
  /** As they were before any sending: without a token. */
  readonly #headers: Config['headers']
  readonly #adapter: AxiosAdapter
  readonly #ours: Ours
  readonly #startedAt: number
  readonly #makeBody: (() => unknown) | undefined
  /** What a sending has that the caller's config has not. */
  #changes: Partial<Config> | undefined
  /** The body of a second sending. */
  #again: { readonly data: unknown } | undefined
  #dress: Dress | undefined

  constructor(config: Config, adapter: AxiosAdapter, standing: Standing, ours: Ours) {
    this.standing = standing
    this.#config = config
    this.#headers = config.headers
    this.#adapter = adapter
    this.#ours = ours
    this.#startedAt = config.timeout ? Date.now() : 0
    this.#makeBody = makerOf(config.tokenflight)
    if (config.onUploadProgress) this.#changes = { onUploadProgress: rising(config.onUploadProgress) }
  }

  send(token: Token): Promise<AxiosResponse> {
    const config = this.#config
    const { axios, target } = this.#ours
    if (!this.#dress)
      this.#again = repeatable(this.#changes && 'data' in this.#changes ? this.#changes.data : config.data)
    else if (this.#makeBody) this.#change({ data: this.#makeBody() })
    else if (this.#again && this.#again.data !== config.data) this.#change(this.#again)
    this.#dress = new Dress(config, this.#headers, target, this.standing, token, this.#changes)
    bound(axios, config, this.#adapter)
    return this.#adapter(config)
  }

  received(outcome: unknown): void {
    this.#dress?.takeOff(outcome)
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || this.#again !== undefined
  }

  wait(ask: (request: TokenRequest) => Promise<Token>): Promise<Token> {
    const { timeout } = this.#config
    const data: unknown = this.#config.data
    if (!this.#dress) {
      // Without us it would be on its way: what becomes of the bytes after the call changes nothing.
      const now: unknown = asNow(data)
      if (now !== data) this.#change({ data: now })
    }
    const waiting = waitFor(this.#ours.axios, this.#config, this.#startedAt, ask)
    if (!timeout) return waiting
    return waiting.then((token) => {
      // What the wait took is taken off what is left for the answer.
      this.#change({ timeout: Math.max(1, timeout - (Date.now() - this.#startedAt)) })
      return token
    })
  }

  #change(changes: Partial<Config>): void {
    this.#changes = { ...this.#changes, ...changes }
  }
}

/** Tells of an upload that goes on, and not of one that starts again. */
function rising(listener: NonNullable<Config['onUploadProgress']>): NonNullable<Config['onUploadProgress']> {
  let most = -1
  return (event) => {
    if (event.loaded <= most) return
    most = event.loaded
    listener(event)
  }
}
