// One axios request: waiting for the token, sending, replay. Its config contains the token only while it is in flight.
import type { AxiosAdapter, AxiosRequestConfig, AxiosResponse, AxiosStatic, InternalAxiosRequestConfig } from 'axios'
import type { OriginBreaker } from '../../token/origin-breaker.ts'
import { isReplayable, isUnusualBuffer, watchStream } from '../request-body.ts'
import type { Call } from '../../request/send-with-token.ts'
import { NO_FIELDS } from '../../request/token-placement.ts'
import type { GetTokenOptions } from '../../token/token-source.ts'
import type { Token } from '../../token/token.ts'
import { abortWith, onAbort } from '../../util/abort.ts'
import { requestOptions, type ResourceServerAccess } from '../resource-server.ts'
import {
  axiosUrl,
  bodyFailure,
  cancellation,
  fixFormBoundary,
  isFetchAdapter,
  onCancel,
  timedOut,
  transformed,
} from './axios-internals.ts'
import { TokenOnConfig } from './token-on-config.ts'

type Config = InternalAxiosRequestConfig

/** Shared by all calls of one attachment. */
interface AxiosBinding {
  readonly axios: AxiosStatic
  readonly resourceServer: ResourceServerAccess
}

export class AxiosCall implements Call<AxiosResponse> {
  breaker: OriginBreaker
  fields = NO_FIELDS
  readonly isSentSignedOut: boolean
  readonly #config: Config
  /** The headers before the first sending: without a token. */
  readonly #headers: Config['headers']
  readonly #adapter: AxiosAdapter
  readonly #binding: AxiosBinding
  /** Epoch milliseconds at which the timeout is over; `Infinity` without one. */
  readonly #endsAt: number
  readonly #makeBody: (() => unknown) | undefined
  /** The URL of the call: the config, and objects in it, may change during a wait. */
  readonly #url: Config['url']
  readonly #baseURL: Config['baseURL']
  readonly #allowAbsoluteUrls: Config['allowAbsoluteUrls']
  readonly #params: unknown
  /** The URL of the call below the root that the token names. */
  #target: string | undefined
  /** Properties of a sending that differ from the caller's config. */
  #changes: Partial<Config> | undefined
  /** The body of a replay, if one is possible without `#makeBody`. */
  #replay: { readonly data: unknown } | undefined
  #replayLength: number | undefined
  #tokenOnConfig: TokenOnConfig | undefined

  constructor(config: Config, adapter: AxiosAdapter, breaker: OriginBreaker, binding: AxiosBinding) {
    this.breaker = breaker
    this.#config = config
    this.#headers = config.headers
    this.#adapter = adapter
    this.#binding = binding
    const timeout = timeLimit(config.timeout)
    this.#endsAt = timeout === undefined ? Infinity : Date.now() + timeout
    const { body, whenSignedOut = binding.resourceServer.whenSignedOut } = requestOptions(config.tokenflight)
    this.#makeBody = body
    this.isSentSignedOut = whenSignedOut === 'send'
    this.#url = copied(config.url)
    this.#baseURL = config.baseURL
    this.#allowAbsoluteUrls = config.allowAbsoluteUrls
    this.#params = copied(config.params)
    const { mode } = (config.fetchOptions as RequestInit | undefined) ?? {}
    if (mode !== undefined && isFetchAdapter(binding.axios, config, adapter))
      binding.resourceServer.checkMode('fetchOptions.mode', mode)
    if (config.onUploadProgress) this.#changes = { onUploadProgress: onlyForwardProgress(config.onUploadProgress) }
    this.#avoidProxy()
  }

  aim(token: Token): boolean {
    const { resourceServer } = this.#binding
    const given = axiosUrl(this.#baseURL, this.#url, this.#allowAbsoluteUrls) ?? ''
    const url = resourceServer.urlFor(given, token)
    this.#target = url === given ? undefined : url
    const breaker = resourceServer.breakerFor(url, token)
    if (breaker && breaker !== this.breaker) {
      this.breaker = breaker
      this.#avoidProxy()
    }
    return breaker !== undefined
  }

  describe(): { readonly method: string; readonly url: string } {
    const { method = 'get', paramsSerializer } = this.#config
    const url = this.#target ?? axiosUrl(this.#baseURL, this.#url, this.#allowAbsoluteUrls) ?? ''
    const request = { url, baseURL: '', params: this.#params, paramsSerializer } as AxiosRequestConfig
    return { method: method.toUpperCase(), url: this.#binding.axios.getUri(request) }
  }

  send(token: Token | undefined): Promise<AxiosResponse> {
    const config = this.#config
    const { axios, resourceServer } = this.#binding
    this.#fixUrl()
    if (!this.#tokenOnConfig) {
      const data: unknown = this.#changes && 'data' in this.#changes ? this.#changes.data : config.data
      this.#replay = isReplayable(data) ? { data } : this.#formBody(data)
      this.#replayLength = lengthOf(this.#replay?.data)
    } else if (this.#makeBody) this.#change({ data: transformed(config, this.#makeBody()) })
    else if (this.#replay && this.#replay.data !== config.data) this.#change(this.#replay)
    this.#tokenOnConfig = new TokenOnConfig(
      config,
      this.#headers,
      resourceServer,
      this.breaker,
      token,
      this.fields,
      this.#changes,
    )
    fixFormBoundary(axios, config, this.#adapter)
    return this.#adapter(config)
  }

  received(outcome: unknown): void {
    this.#tokenOnConfig?.remove(outcome)
  }

  async sendBare(): Promise<AxiosResponse> {
    try {
      const response = await this.send(undefined)
      this.received(response)
      return response
    } catch (error) {
      this.received(error)
      throw error
    }
  }

  replayable(): boolean {
    if (this.#makeBody) return true
    // A buffer that was transferred is empty.
    return this.#replay !== undefined && lengthOf(this.#replay.data) === this.#replayLength
  }

  /** The response is one whose body the timeout has ended. A timer of Node may be a millisecond early. */
  isOverdue(): boolean {
    return Date.now() >= this.#endsAt - 1
  }

  wait(ask: (request: GetTokenOptions) => Promise<Token>): Promise<Token> {
    const config = this.#config
    const { axios } = this.#binding
    const data: unknown = config.data
    let stream: unknown
    if (!this.#tokenOnConfig) {
      // Without a wait the bytes would be sent now: later changes of the buffer must not have an effect.
      const copy: unknown = copyBytes(data)
      if (copy !== data) this.#change({ data: copy })
      stream = data
    }
    const endsAt = this.#endsAt
    const waiting = waitForToken(axios, config, { endsAt, stream, adapter: this.#adapter }, ask)
    if (endsAt === Infinity) return waiting
    return waiting.then((token) => {
      // The wait counts against the timeout.
      this.#change({ timeout: Math.max(1, endsAt - Date.now()) })
      return token
    })
  }

  /** The bytes of a form of the form-data package, before the first sending consumes it. The fetch adapter sends another text for one. */
  #formBody(data: unknown): { readonly data: unknown } | undefined {
    const { getBuffer, hasKnownLength, getLengthSync } = data as Partial<FormStream>
    if (typeof getBuffer !== 'function' || typeof hasKnownLength !== 'function') return undefined
    if (isFetchAdapter(this.#binding.axios, this.#config, this.#adapter)) return undefined
    try {
      if (!hasKnownLength.call(data)) return undefined
      const bytes = getBuffer.call(data)
      // The stream of a form without parts has no last boundary, but its buffer has.
      return bytes.byteLength === getLengthSync?.call(data) ? { data: bytes } : undefined
    } catch {
      return undefined
    }
  }

  /** A proxy of the environment would carry the token out of the machine, maybe without encryption. */
  #avoidProxy(): void {
    if (this.#config.proxy === undefined && this.breaker.isLoopback) this.#change({ proxy: false })
  }

  /** The request goes to the URL of the call, whatever the config has now. */
  #fixUrl(): void {
    this.#fix('url', this.#target ?? this.#url)
    this.#fix('baseURL', this.#target === undefined ? this.#baseURL : undefined)
    this.#fix('allowAbsoluteUrls', this.#allowAbsoluteUrls)
    this.#fix('params', this.#params)
  }

  #fix(key: keyof Config, value: unknown): void {
    if (this.#config[key] !== value) this.#change({ [key]: copied(value) })
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
  getLengthSync(): number
  getBuffer(): Uint8Array
}

/** A copy of a URL or of URLSearchParams: their holders may change them. axios has different errors for URL objects and texts. */
function copied<T>(value: T): T {
  const given: unknown = value
  if (given instanceof URL) return new URL(given.href) as T
  return given instanceof URLSearchParams ? (new URLSearchParams(String(given)) as T) : value
}

/** The bytes of a buffer. */
function lengthOf(data: unknown): number | undefined {
  return (data as { byteLength?: number } | undefined)?.byteLength
}

/** A copy of a body of bytes; any other body, and an unusual buffer, as it is. */
function copyBytes(data: unknown): unknown {
  if (!(data instanceof ArrayBuffer || data instanceof Uint8Array) || isUnusualBuffer(data)) return data
  // A Buffer stays a Buffer: axios distinguishes it from other bytes.
  return data instanceof ArrayBuffer ? data.slice(0) : (data.constructor as Uint8ArrayConstructor).from(data)
}

/** Milliseconds for a timer; undefined for a timeout that is none, and for one that each adapter reads in its own way. */
function timeLimit(timeout: unknown): number | undefined {
  const ms = typeof timeout === 'number' || (typeof timeout === 'string' && /^\d+$/.test(timeout)) ? Number(timeout) : 0
  return ms > 0 && ms <= MAX_TIMER_MS ? ms : undefined
}

/** A longer timer fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

interface WaitOptions {
  /** Epoch milliseconds. */
  readonly endsAt: number
  /** The body, if it has not been sent. */
  readonly stream: unknown
  readonly adapter: AxiosAdapter
}

/** Waits for a token, until the request is cancelled or times out, or its body fails. The error is the one of axios. */
function waitForToken(
  axios: AxiosStatic,
  config: InternalAxiosRequestConfig,
  { endsAt, stream, adapter }: WaitOptions,
  ask: (request: GetTokenOptions) => Promise<Token>,
): Promise<Token> {
  const { signal, cancelToken } = config
  const controller = new AbortController()
  const release = watchStream(stream, (reason) => {
    abortWith(controller, bodyFailure(axios, config, adapter, reason))
  })
  if (!signal && !cancelToken && endsAt === Infinity && !release) return ask({})
  const cancel = (reason?: unknown): void => {
    abortWith(controller, cancellation(axios, config, adapter, reason))
  }
  if (signal?.aborted) cancel()
  const removeAbort = signal?.addEventListener && onAbort(signal as AbortSignal, cancel)
  const removeListener = onCancel(cancelToken, cancel)
  const timer =
    endsAt === Infinity
      ? undefined
      : setTimeout(
          () => {
            abortWith(controller, timedOut(axios, config, adapter))
          },
          Math.max(0, endsAt - Date.now()),
        )
  return ask({ signal: controller.signal }).finally(() => {
    clearTimeout(timer)
    release?.()
    removeListener()
    removeAbort?.()
  })
}
