// One axios call. The config it was made with stays the caller's; each sending gets a copy of its own that carries the token.
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { Call } from '../request/exchange.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { asNow, bound, repeatable } from './axios-body.ts'
import { dress, undress, type Dressed } from './axios-dress.ts'
import { waitFor } from './axios-patience.ts'
import type { Target } from './target.ts'

type Config = InternalAxiosRequestConfig

export class AxiosCall implements Call<AxiosResponse> {
  readonly standing: Standing
  readonly #config: Config
  readonly #adapter: AxiosAdapter
  readonly #target: Target
  readonly #startedAt: number
  readonly #makeBody: (() => unknown) | undefined
  readonly #changes: Partial<Config> = {}
  /** The body of a second sending. */
  #again: { readonly data: unknown } | undefined
  #dressed: Dressed | undefined

  constructor(config: Config, adapter: AxiosAdapter, standing: Standing, target: Target) {
    this.standing = standing
    this.#config = config
    this.#adapter = adapter
    this.#target = target
    this.#startedAt = config.timeout ? Date.now() : 0
    this.#makeBody = config.tokenflight ? config.tokenflight.body : undefined
    if (config.onUploadProgress) this.#changes.onUploadProgress = rising(config.onUploadProgress)
  }

  send(token: Token): Promise<AxiosResponse> {
    if (!this.#dressed) this.#again = repeatable('data' in this.#changes ? this.#changes.data : this.#config.data)
    else if (this.#makeBody) this.#changes.data = this.#makeBody()
    else Object.assign(this.#changes, this.#again)
    this.#dressed = dress(this.#config, this.#target, this.standing, token, this.#changes)
    bound(this.#dressed.sent, this.#adapter)
    return this.#adapter(this.#dressed.sent)
  }

  received(outcome: unknown): void {
    if (this.#dressed) undress(outcome, this.#dressed, this.#config, this.#target)
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || this.#again !== undefined
  }

  async wait(ask: (request: TokenRequest) => Promise<Token>): Promise<Token> {
    const { timeout } = this.#config
    const data: unknown = this.#config.data
    if (!this.#dressed) {
      // Without us it would be on its way: what becomes of the bytes after the call changes nothing.
      const now: unknown = asNow(data)
      if (now !== data) this.#changes.data = now
    }
    const token = await waitFor(this.#config, this.#startedAt, ask)
    // What the wait took is taken off what is left for the answer.
    if (timeout) this.#changes.timeout = Math.max(1, timeout - (Date.now() - this.#startedAt))
    return token
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
