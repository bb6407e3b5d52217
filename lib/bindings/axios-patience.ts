// How long a call waits for a token: as long as it would wait for an answer, and it ends as axios ends a request.
import type { AxiosStatic, InternalAxiosRequestConfig } from 'axios'
import type { Token } from '../token/token.ts'
import type { TokenRequest } from '../token/token-source.ts'

/** Asks for a token until the call is cancelled or its time is up, which is told by the very error axios would give. */
export function waitFor(
  axios: AxiosStatic,
  config: InternalAxiosRequestConfig,
  startedAt: number,
  ask: (request: TokenRequest) => Promise<Token>,
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
