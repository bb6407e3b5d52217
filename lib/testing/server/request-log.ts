// The log of requests that reached an emulator.
import { type ReceivedRequest, grantOf } from './request.ts'

/** `token`: the token endpoint. `resource`: the API. `other`: all else, e.g. revocation, or a path outside the API. */
export type RequestKind = 'token' | 'resource' | 'other'

/** One request that reached an emulator. */
export interface LoggedRequest extends ReceivedRequest {
  /** `token`, `resource` or `other`. */
  readonly kind: RequestKind
  /** The status it was answered with; absent while it waits, and for good when the connection was closed on it. */
  readonly status?: number
  /** The access token that came with it. */
  readonly token?: string
  /** The `grant_type` of a token request. */
  readonly grant?: string
}

/** How many requests of each kind arrived, and how many of the API's were answered 401. */
export interface RequestCounts {
  /** Token requests. */
  readonly token: number
  /** Requests to the API. */
  readonly resource: number
  /** All others. */
  readonly other: number
  /** Requests to the API that were answered with 401. */
  readonly unauthorized: number
}

interface Waiter {
  readonly kind: RequestKind
  readonly count: number
  readonly resolve: () => void
}

/** Keeps the requests, or the last of them, and counts all. */
export class RequestLog {
  #entries: LoggedRequest[] = []
  #counts = { token: 0, resource: 0, other: 0, unauthorized: 0 }
  #waiters: Waiter[] = []
  readonly #limit: number
  readonly #onAnswered: (entry: LoggedRequest) => void

  constructor(limit: number, onAnswered: (entry: LoggedRequest) => void) {
    this.#limit = limit
    this.#onAnswered = onAnswered
  }

  get entries(): readonly LoggedRequest[] {
    return this.#entries.length > this.#limit ? this.#entries.slice(-this.#limit) : this.#entries
  }

  get counts(): RequestCounts {
    return { ...this.#counts }
  }

  add(received: ReceivedRequest, kind: RequestKind, token: string | undefined): LoggedRequest {
    const grant = kind === 'token' ? grantOf(received) : undefined
    const entry = { kind, ...received, ...(token !== undefined && { token }), ...(grant !== undefined && { grant }) }
    if (this.#limit > 0) this.#entries.push(entry)
    // Rarely, so that keeping the last ones costs nothing for each.
    if (this.#entries.length > 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit)
    this.#counts[kind] += 1
    this.#resolveWaiters()
    return entry
  }

  recordStatus(entry: LoggedRequest, status: number): void {
    Object.assign(entry, { status })
    if (entry.kind === 'resource' && status === 401) this.#counts.unauthorized += 1
    this.#onAnswered(entry)
  }

  /** Resolves as soon as that many of a kind have arrived. */
  waitFor(kind: RequestKind, count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ kind, count, resolve })
      this.#resolveWaiters()
    })
  }

  clear(): void {
    this.#entries = []
    this.#counts = { token: 0, resource: 0, other: 0, unauthorized: 0 }
  }

  #resolveWaiters(): void {
    if (this.#waiters.length === 0) return
    const isDue = ({ kind, count }: Waiter): boolean => this.#counts[kind] >= count
    for (const { resolve } of this.#waiters.filter(isDue)) resolve()
    this.#waiters = this.#waiters.filter((waiter) => !isDue(waiter))
  }
}
