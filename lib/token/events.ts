import { invalidOption, type TokenError } from '../errors.ts'

/** Identifies a token in an event, without the secret. */
export interface TokenMark {
  readonly generation: number
  readonly fingerprint: string
}

/** The mark of a token. */
export function markOf({ generation, fingerprint }: TokenMark): TokenMark {
  return { generation, fingerprint }
}

/** What the bindings tell of requests. */
export interface RequestEvents {
  /** A request was refused with 401 and sent once more. */
  replayed: TokenMark & { readonly origin: string }
  /** A refused request was handed back as it was, or a request went out bare. */
  'replay-skipped': { readonly reason: SkipReason; readonly origin: string; readonly status: number }
  /**
   * An origin has rejected two different tokens from forced renewals and accepted none in between: it forces no renewal before `retryAt`,
   * in epoch milliseconds.
   */
  'breaker-opened': { readonly breaker: 'origin'; readonly origin: string; readonly retryAt: number }
  /** The origin has accepted a token. */
  'breaker-closed': { readonly breaker: 'origin'; readonly origin: string }
}

/**
 * What a page's header or a health check shows: nobody is logged in; a first token is being obtained; there is a session; it cannot be
 * renewed for now and has no token; it is over.
 */
export type SessionStatus = 'signed-out' | 'obtaining' | 'signed-in' | 'backing-off' | 'ended'

/** Why a refused request was handed back without a renewal. */
export type SkipReason =
  | 'other_origin'
  | 'other_scheme'
  | 'forbidden'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'breaker_open'
  | 'budget_spent'
  | 'body_used'

/** What happens to tokens, by name; no payload holds a secret. Durations in milliseconds. */
export interface TokenEvents extends RequestEvents {
  /** The first token came. */
  acquired: TokenMark & { readonly grant: string; readonly duration: number; readonly waiters: number }
  /** A new token took the place of another. */
  renewed: TokenMark & { readonly grant: string; readonly duration: number; readonly waiters: number }
  /** A caller joined a flight that was under way. */
  joined: { readonly waiters: number }
  failed: { readonly error: TokenError; readonly duration: number; readonly waiters: number }
  /** A stale token was served while its renewal is due or under way. */
  'served-stale': TokenMark
  /** The session is over, or a person must help. `elsewhere`: another member of the session found it out. */
  'reauthentication-required': { readonly error: TokenError; readonly elsewhere?: boolean }
  /** The store threw, or did not answer in time. With a `reason` the session lives in memory from now on. */
  'store-failed': {
    readonly operation: 'read' | 'swap'
    readonly reason?: 'unavailable' | 'unreadable' | 'version'
  }
  /** A login: a token from elsewhere, or of an authorization response. */
  adopted: TokenMark & { readonly elsewhere?: boolean }
  /** A logout. */
  cleared: { readonly elsewhere?: boolean }
  /** Another member of the session had renewed. `waited`: milliseconds spent waiting for it. */
  shared: TokenMark & { readonly waited: number }
  /** The claim of another member was taken over: its holder is gone, or has not been heard of for the length of the claim. */
  'taken-over': { readonly why: 'gone' | 'silence'; readonly waited: number }
  /** The status of the session has changed. */
  status: { readonly status: SessionStatus }
}

type Listener<Name extends keyof TokenEvents, Result = unknown> = (event: TokenEvents[Name]) => Result

const NAMES: Readonly<Record<keyof TokenEvents, true>> = {
  acquired: true,
  renewed: true,
  joined: true,
  failed: true,
  replayed: true,
  'replay-skipped': true,
  'served-stale': true,
  'breaker-opened': true,
  'breaker-closed': true,
  'reauthentication-required': true,
  'store-failed': true,
  adopted: true,
  cleared: true,
  shared: true,
  'taken-over': true,
  status: true,
}

/** Tells listeners in turn; one that throws, or rejects, harms nobody. */
export class Emitter {
  readonly #listeners = new Map<keyof TokenEvents, Set<(event: never) => Promise<void>>>()

  on<Name extends keyof TokenEvents>(name: Name, listener: Listener<Name>): () => void {
    if (!Object.hasOwn(NAMES, name)) throw invalidOption('name', `one of ${Object.keys(NAMES).join(', ')}`, name)
    if (typeof (listener as unknown) !== 'function') throw invalidOption('listener', 'a function', listener)
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners)
    // Wrapped, so that the same function can be added twice and taken away once.
    const entry: Listener<Name, Promise<void>> = async (event) => {
      await listener(event)
    }
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
    }
  }

  /** Takes the event as a function: on the hot path nothing is built that nobody listens to. */
  emit<Name extends keyof TokenEvents>(name: Name, event: () => TokenEvents[Name]): void {
    const listeners = this.#listeners.get(name)
    if (!listeners?.size) return
    const payload = event()
    for (const listener of listeners) {
      // A listener observes: what it throws, at once or later, must reach neither the flight, nor the caller, nor the process.
      ;(listener as Listener<Name, Promise<void>>)(payload).catch(() => undefined)
    }
  }
}
