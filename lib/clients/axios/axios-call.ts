// One axios request: waiting for the token, sending, replay. Its config contains the token only while it is in flight.
import type { AxiosAdapter, AxiosResponse, AxiosStatic, InternalAxiosRequestConfig } from 'axios'
import type { OriginBreaker } from '../../token/origin-breaker.ts'
import { isReplayable } from '../../request/replayable-body.ts'
import type { Call } from '../../request/send-with-token.ts'
import type { GetTokenOptions } from '../../token/token-source.ts'
import type { Token } from '../../token/token.ts'
import { abortWith } from '../../util/abort.ts'
import { isLoopbackOrigin } from '../../util/url.ts'
import { requestOptions } from '../options.ts'
import type { ResourceServerAccess } from '../resource-server.ts'
import { fixFormBoundary, onCancel, timeoutMessage } from './axios-internals.ts'
import { TokenOnConfig } from './token-on-config.ts'

type Config = InternalAxiosRequestConfig

/** Shared by all calls of one attachment. */
interface AxiosBinding {
  readonly axios: AxiosStatic
  readonly resourceServer: ResourceServerAccess
}

export class AxiosCall implements Call<AxiosResponse> {
  readonly breaker: OriginBreaker
  readonly isSentSignedOut: boolean
  readonly #config: Config
  /** The headers before the first sending: without a token. */
  readonly #headers: Config['headers']
  readonly #adapter: AxiosAdapter
  readonly #binding: AxiosBinding
  readonly #startedAt: number
  readonly #makeBody: (() => unknown) | undefined
  /** Properties of a sending that differ from the caller's config. */
  #changes: Partial<Config> | undefined
  /** The body of a replay, if one is possible without `#makeBody`. */
  #replay: { readonly data: unknown } | undefined
  #tokenOnConfig: TokenOnConfig | undefined

  constructor(config: Config, adapter: AxiosAdapter, breaker: OriginBreaker, binding: AxiosBinding) {
    this.breaker = breaker
    this.#config = config
    this.#headers = config.headers
    this.#adapter = adapter
    this.#binding = binding
    this.#startedAt = config.timeout ? Date.now() : 0
    const { body, whenSignedOut = binding.resourceServer.whenSignedOut } = requestOptions(config.tokenflight)
    this.#makeBody = body
    this.isSentSignedOut = whenSignedOut === 'send'
    if (config.onUploadProgress) this.#changes = { onUploadProgress: onlyForwardProgress(config.onUploadProgress) }
    // A proxy of the environment would carry the token out of the machine, maybe without encryption.
    if (config.proxy === undefined && isLoopbackOrigin(breaker.origin)) this.#change({ proxy: false })
  }

  send(token: Token): Promise<AxiosResponse> {
    const config = this.#config
    const { axios, resourceServer } = this.#binding
    if (!this.#tokenOnConfig)
      this.#replay = replayBody(this.#changes && 'data' in this.#changes ? this.#changes.data : config.data)
    else if (this.#makeBody) this.#change({ data: this.#makeBody() })
    else if (this.#replay && this.#replay.data !== config.data) this.#change(this.#replay)
    this.#tokenOnConfig = new TokenOnConfig(config, this.#headers, resourceServer, this.breaker, token, this.#changes)
    fixFormBoundary(axios, config, this.#adapter)
    return this.#adapter(config)
  }

  received(outcome: unknown): void {
    this.#tokenOnConfig?.remove(outcome)
  }

  sendBare(): Promise<AxiosResponse> {
    return this.#adapter(Object.assign(this.#config, this.#changes))
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || this.#replay !== undefined
  }

  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token> {
    const { timeout } = this.#config
    const data: unknown = this.#config.data
    if (!this.#tokenOnConfig) {
      // Without a wait the bytes would be sent now: later changes of the buffer must not have an effect.
      const copy: unknown = copyBytes(data)
      if (copy !== data) this.#change({ data: copy })
    }
    const waiting = waitForToken(this.#binding.axios, this.#config, this.#startedAt, ask)
    if (!timeout) return waiting
    return waiting.then((token) => {
      // The wait counts against the timeout.
      this.#change({ timeout: Math.max(1, timeout - (Date.now() - this.#startedAt)) })
      return token
    })
  }

  #change(changes: Partial<Config>): void {
    this.#changes = { ...this.#changes, ...changes }
  }
}

/** A listener without the events of a replay that repeat earlier progress. */
function onlyForwardProgress(
  listener: NonNullable<Config['onUploadProgress']>,
): NonNullable<Config['onUploadProgress']> {
  let max = -1
  return (event) => {
    if (event.loaded <= max) return
    max = event.loaded
    listener(event)
  }
}

/** A form of the form-data package: a stream, whose bytes are available if none of its parts is a stream. */
interface FormStream {
  hasKnownLength(): boolean
  getBuffer(): Uint8Array
}

/** The body of a replay, if one is possible. Called before the first sending, which may consume the body. */
function replayBody(data: unknown): { readonly data: unknown } | undefined {
  if (isReplayable(data)) return { data }
  const form = data as Partial<FormStream>
  if (typeof form.getBuffer !== 'function' || typeof form.hasKnownLength !== 'function') return undefined
  try {
    return form.hasKnownLength() ? { data: form.getBuffer() } : undefined
  } catch {
    return undefined
  }
}

/** A copy of a body of bytes; any other body as it is. */
function copyBytes(data: unknown): unknown {
  if (data instanceof ArrayBuffer) return data.slice(0)
  // A Buffer stays a Buffer: axios distinguishes it from other bytes.
  return data instanceof Uint8Array ? (data.constructor as Uint8ArrayConstructor).from(data) : data
}

/** Waits for a token, until the request is cancelled or times out. The error is the one of axios. */
function waitForToken(
  axios: AxiosStatic,
  config: InternalAxiosRequestConfig,
  startedAt: number,
  ask: (request: GetTokenOptions) => Promise<Token>,
): Promise<Token> {
  const { signal, cancelToken, timeout } = config
  if (!signal && !cancelToken && !timeout) return ask({})
  const controller = new AbortController()
  const cancel = (reason?: unknown): void => {
    abortWith(controller, axios.isCancel(reason) ? reason : new axios.CanceledError(undefined, config))
  }
  if (signal?.aborted) cancel()
  signal?.addEventListener?.('abort', cancel)
  const removeListener = onCancel(cancelToken, cancel)
  const timer = timeout
    ? setTimeout(
        () => {
          abortWith(controller, timedOut(axios, config))
        },
        Math.max(0, timeout - (Date.now() - startedAt)),
      )
    : undefined
  return ask({ signal: controller.signal }).finally(() => {
    clearTimeout(timer)
    removeListener()
    signal?.removeEventListener?.('abort', cancel)
  })
}

function timedOut({ AxiosError }: AxiosStatic, config: InternalAxiosRequestConfig): Error {
  const { timeout, timeoutErrorMessage, transitional } = config
  return new AxiosError(
    timeoutErrorMessage ?? timeoutMessage(timeout),
    transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED,
    config,
  )
}
