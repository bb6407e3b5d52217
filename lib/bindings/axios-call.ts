// One axios call. The config it was made with stays the caller's; each sending gets a copy of its own that carries the token.
import type { AxiosAdapter, AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import type { Call } from '../request/exchange.ts'
import { isReplayable } from '../request/replay.ts'
import type { Standing } from '../request/standing.ts'
import type { Token } from '../token/token.ts'
import type { TokenRequest } from '../token/token-source.ts'
import { dress, undress } from './axios-dress.ts'
import { waitFor } from './axios-patience.ts'
import type { Target } from './target.ts'

export class AxiosCall implements Call<AxiosResponse> {
  readonly standing: Standing
  readonly #config: InternalAxiosRequestConfig
  readonly #adapter: AxiosAdapter
  readonly #target: Target
  readonly #startedAt: number
  readonly #makeBody: (() => unknown) | undefined
  #sent: InternalAxiosRequestConfig | undefined
  #token: Token | undefined

  constructor(config: InternalAxiosRequestConfig, adapter: AxiosAdapter, standing: Standing, target: Target) {
    this.standing = standing
    this.#config = config
    this.#adapter = adapter
    this.#target = target
    this.#startedAt = config.timeout ? Date.now() : 0
    this.#makeBody = config.tokenflight ? config.tokenflight.body : undefined
  }

  send(token: Token): Promise<AxiosResponse> {
    const sent = dress(this.#config, this.#target, this.standing, token)
    // What the wait for a token took is taken off what is left for the answer.
    if (sent.timeout) sent.timeout = Math.max(1, sent.timeout - (Date.now() - this.#startedAt))
    if (this.#sent && this.#makeBody) sent.data = this.#makeBody()
    this.#sent = sent
    this.#token = token
    return this.#adapter(sent)
  }

  received(outcome: unknown): void {
    if (this.#sent && this.#token) undress(outcome, this.#sent, this.#config, this.#target, this.#token)
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || isReplayable(this.#config.data)
  }

  wait(ask: (request: TokenRequest) => Promise<Token>): Promise<Token> {
    return waitFor(this.#config, this.#startedAt, ask)
  }
}
