import type { Clock, Timer } from '../clock.ts'

/** Settles as `work` does, unless `signal` aborts first: then with its reason, and what becomes of `work` is nobody's concern. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    work
      .finally(() => {
        signal.removeEventListener('abort', abort)
      })
      .then(resolve, reject)
  })
}

/** Waits so many milliseconds; rejects as soon as `signal` aborts. */
export async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  let timer: Timer | undefined
  const due = new Promise<void>((resolve) => {
    timer = clock.after(ms, resolve)
  })
  await unlessAborted(due, signal).finally(() => timer?.cancel())
}
