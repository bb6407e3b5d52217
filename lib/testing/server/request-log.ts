// What reached an emulator, as it came.
import { type Arrival, grantOf } from './request.ts'

/** `token`: the token endpoint. `resource`: the API. `other`: all else, e.g. revocation, or a path outside the API. */
export type Kind = 'token' | 'resource' | 'other'

/** One request that reached an emulator. */
export interface Entry extends Arrival {
  readonly kind: Kind
  /** The status it was answered with; absent while it waits, and for good when the connection was closed on it. */
  readonly status?: number
  /** The access token that came with it. */
  readonly token?: string
  /** The `grant_type` of a token request. */
  readonly grant?: string
}

/** How many requests of each kind arrived, and how many of the API's were answered 401. */
export interface Counts {
  readonly token: number
  readonly resource: number
  readonly other: number
  readonly unauthorized: number
}

interface Waiter {
  readonly kind: Kind
  readonly count: number
  readonly resolve: () => void
}

/** Keeps what arrived, or the last of it, and counts all of it. */
export class Log {
  #entries: Entry[] = []
  #counts = { token: 0, resource: 0, other: 0, unauthorized: 0 }
  #waiters: Waiter[] = []
  readonly #limit: number
  readonly #told: (entry: Entry) => void

  constructor(limit: number, told: (entry: Entry) => void) {
    this.#limit = limit
    this.#told = told
  }

  get entries(): readonly Entry[] {
    return this.#entries.length > this.#limit ? this.#entries.slice(-this.#limit) : this.#entries
  }

  get counts(): Counts {
    return { ...this.#counts }
  }

  arrived(arrival: Arrival, kind: Kind, token: string | undefined): Entry {
    const grant = kind === 'token' ? grantOf(arrival) : undefined
    const entry = { kind, ...arrival, ...(token !== undefined && { token }), ...(grant !== undefined && { grant }) }
    if (this.#limit > 0) this.#entries.push(entry)
    // Rarely, so that keeping the last ones costs nothing for each.
    if (this.#entries.length > 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit)
    this.#counts[kind] += 1
    this.#tell()
    return entry
  }

  answered(entry: Entry, status: number): void {
    Object.assign(entry, { status })
    if (entry.kind === 'resource' && status === 401) this.#counts.unauthorized += 1
    this.#told(entry)
  }

  /** Resolves as soon as that many of a kind have arrived. */
  until(kind: Kind, count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push({ kind, count, resolve })
      this.#tell()
    })
  }

  clear(): void {
    this.#entries = []
    this.#counts = { token: 0, resource: 0, other: 0, unauthorized: 0 }
  }

  #tell(): void {
    if (this.#waiters.length === 0) return
    const isDue = ({ kind, count }: Waiter): boolean => this.#counts[kind] >= count
    for (const { resolve } of this.#waiters.filter(isDue)) resolve()
    this.#waiters = this.#waiters.filter((waiter) => !isDue(waiter))
  }
}
