// One axios request: body, waiting, sending. Its config carries the token only while it is sent.
import type { AxiosAdapter, AxiosResponse, AxiosStatic, InternalAxiosRequestConfig } from 'axios'
import type { OriginBreaker } from '../../request/origin-breaker.ts'
import { isReplayable } from '../../request/replayable-body.ts'
import type { Call } from '../../request/send-with-token.ts'
import type { GetTokenOptions } from '../../token/token-source.ts'
import type { Token } from '../../token/token.ts'
import { bodyFactory } from '../options.ts'
import type { ResourceServerAccess } from '../resource-server.ts'
import { TokenOnConfig } from './token-on-config.ts'

type Config = InternalAxiosRequestConfig

/** What every call of one attachment has. */
interface AxiosBinding {
  readonly axios: AxiosStatic
  readonly target: ResourceServerAccess
}

export class AxiosCall implements Call<AxiosResponse> {
  readonly breaker: OriginBreaker
  readonly #config: Config
  /** As they were before any sending: without a token. */
  readonly #headers: Config['headers']
  readonly #adapter: AxiosAdapter
  readonly #binding: AxiosBinding
  readonly #startedAt: number
  readonly #makeBody: (() => unknown) | undefined
  /** What a sending has that the caller's config has not. */
  #changes: Partial<Config> | undefined
  /** The body of a second sending. */
  #replay: { readonly data: unknown } | undefined
  #tokenOnConfig: TokenOnConfig | undefined

  constructor(config: Config, adapter: AxiosAdapter, breaker: OriginBreaker, binding: AxiosBinding) {
    this.breaker = breaker
    this.#config = config
    this.#headers = config.headers
    this.#adapter = adapter
    this.#binding = binding
    this.#startedAt = config.timeout ? Date.now() : 0
    this.#makeBody = bodyFactory(config.tokenflight)
    if (config.onUploadProgress) this.#changes = { onUploadProgress: onlyForwardProgress(config.onUploadProgress) }
  }

  send(token: Token): Promise<AxiosResponse> {
    const config = this.#config
    const { axios, target } = this.#binding
    if (!this.#tokenOnConfig)
      this.#replay = replayBody(this.#changes && 'data' in this.#changes ? this.#changes.data : config.data)
    else if (this.#makeBody) this.#change({ data: this.#makeBody() })
    else if (this.#replay && this.#replay.data !== config.data) this.#change(this.#replay)
    this.#tokenOnConfig = new TokenOnConfig(config, this.#headers, target, this.breaker, token, this.#changes)
    fixFormBoundary(axios, config, this.#adapter)
    return this.#adapter(config)
  }

  received(outcome: unknown): void {
    this.#tokenOnConfig?.remove(outcome)
  }

  replayable(): boolean {
    return this.#makeBody !== undefined || this.#replay !== undefined
  }

  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token> {
    const { timeout } = this.#config
    const data: unknown = this.#config.data
    if (!this.#tokenOnConfig) {
      // Without us it would be on its way: what becomes of the bytes after the call changes nothing.
      const now: unknown = copyBytes(data)
      if (now !== data) this.#change({ data: now })
    }
    const waiting = waitForToken(this.#binding.axios, this.#config, this.#startedAt, ask)
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
function onlyForwardProgress(
  listener: NonNullable<Config['onUploadProgress']>,
): NonNullable<Config['onUploadProgress']> {
  let most = -1
  return (event) => {
    if (event.loaded <= most) return
    most = event.loaded
    listener(event)
  }
}

/** A form of the form-data package: a stream, that can show its bytes as long as none of its parts is a stream. */
interface FormStream {
  hasKnownLength(): boolean
  getBuffer(): Uint8Array
}

/** The body of a second sending, if there can be one; asked before the first, which may use the body up. */
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

/** The body as it is now, where it is bytes that may change. */
function copyBytes(data: unknown): unknown {
  if (data instanceof ArrayBuffer) return data.slice(0)
  // A Buffer stays one: axios tells it from other bytes.
  return data instanceof Uint8Array ? (data.constructor as Uint8ArrayConstructor).from(data) : data
}

/**
 * Gives a form a boundary that the http adapter takes up again: of its own, which have dots, it makes a new one for each sending. The
 * others leave that to the platform.
 */
function fixFormBoundary(
  axios: AxiosStatic,
  { data, headers }: InternalAxiosRequestConfig,
  adapter: AxiosAdapter,
): void {
  if (!(data instanceof FormData) || !isHttp(axios, adapter) || headers.getContentType(/boundary=[-\w]{10,70}/i)) return
  const random = crypto.randomUUID().replaceAll('-', '').slice(-25)
  headers.setContentType(`multipart/form-data; boundary=axios-${axios.VERSION.replaceAll('.', '-')}-boundary-${random}`)
}

function isHttp(axios: AxiosStatic, adapter: AxiosAdapter): boolean {
  try {
    return adapter === axios.getAdapter('http')
  } catch {
    return false
  }
}

/** Asks for a token until the call is cancelled or its time is up, which is told by the very error axios would give. */
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
    controller.abort(axios.isCancel(reason) ? reason : new axios.CanceledError(undefined, config))
  }
  if (signal?.aborted) cancel()
  signal?.addEventListener?.('abort', cancel)
  // A cancel token of axios lets go of a listener that is cancelled itself.
  const listening = cancelToken?.promise.then(cancel, () => undefined) as { cancel?: () => void } | undefined
  const timer = timeout
    ? setTimeout(
        () => {
          controller.abort(timedOut(axios, config))
        },
        Math.max(0, timeout - (Date.now() - startedAt)),
      )
    : undefined
  return ask({ signal: controller.signal }).finally(() => {
    clearTimeout(timer)
    listening?.cancel?.()
    signal?.removeEventListener?.('abort', cancel)
  })
}

function timedOut({ AxiosError }: AxiosStatic, config: InternalAxiosRequestConfig): Error {
  const { timeout, timeoutErrorMessage, transitional } = config
  return new AxiosError(
    timeoutErrorMessage ?? `timeout of ${String(timeout)}ms exceeded`,
    transitional?.clarifyTimeoutError ? AxiosError.ETIMEDOUT : AxiosError.ECONNABORTED,
    config,
  )
}
