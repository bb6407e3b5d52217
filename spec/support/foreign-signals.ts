// Abort signals of other implementations.

/** A signal like that of jsdom: the platform's `fetch` refuses its class. */
export class ForeignSignal extends EventTarget implements AbortSignal {
  aborted = false
  reason: unknown
  onabort = null

  abort(reason: unknown): void {
    this.aborted = true
    this.reason = reason
    this.dispatchEvent(new Event('abort'))
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason as Error
  }
}

/** The controller of such a signal. */
export class ForeignController implements AbortController {
  readonly signal: ForeignSignal = new ForeignSignal()

  abort(reason: unknown = new Error('aborted')): void {
    this.signal.abort(reason)
  }
}

/** A signal like that of the abort-controller package: it has no reason. */
export class SignalWithoutReason extends ForeignSignal {
  override abort(): void {
    super.abort(undefined)
  }
}
