import type { Clock, Timer } from '../clock.ts'
import { invalidOption } from '../errors.ts'

export interface Bounds {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds. */
  readonly timeout?: number | undefined
  /** What to reject with when the time is up. */
  readonly onTimeout: () => Error
  /** Called when it was left before it settled. */
  readonly onLeave?: () => void
}

/** Why a caller is not to wait at all: gone already, or with bounds that are none. */
export function refusedBounds(signal: AbortSignal | undefined, timeout: number | undefined): Error | undefined {
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function')
    return invalidOption('signal', 'an AbortSignal', signal)
  if (timeout !== undefined && !(timeout >= 0)) return invalidOption('timeout', 'milliseconds', timeout)
  return signal?.aborted === true ? (signal.reason as Error) : undefined
}

/** `promise`, unless the signal aborts or the time is up first. The promise goes on for others, and is handled. */
export function bounded<T>(
  promise: Promise<T>,
  clock: Clock,
  { signal, timeout, onTimeout, onLeave }: Bounds,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let timer: Timer | undefined
    const leave = (error: Error): void => {
      settle()
      onLeave?.()
      reject(error)
    }
    const abort = (): void => {
      leave(signal?.reason as Error)
    }
    const settle = (): void => {
      timer?.cancel()
      signal?.removeEventListener('abort', abort)
    }
    promise.then(
      (value) => {
        settle()
        resolve(value)
      },
      (error: unknown) => {
        settle()
        reject(error)
      },
    )
    if (signal?.aborted) {
      abort()
      return
    }
    signal?.addEventListener('abort', abort)
    if (timeout !== undefined) {
      timer = clock.after(timeout, () => {
        leave(onTimeout())
      })
    }
  })
}
