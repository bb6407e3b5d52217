// The events of a manager: their types, and who is told of them.
import { invalidOption, invalidWord, type TokenError, type TokenErrorCode } from '../errors.ts'
import { defined } from '../util/objects.ts'
import type { FailedAttempt } from './token-grant.ts'

/** Identifies a token in an event, without the secret. */
export interface TokenMark {
  /** Increases with every new token of a manager. */
  readonly generation: number
  /** Base64url of the first 16 bytes of the token's SHA-256. */
  readonly fingerprint: string
}

/** The mark of a token. */
export function markOf({ generation, fingerprint }: TokenMark): TokenMark {
  return { generation, fingerprint }
}

/** The mark of a token that was obtained, and its end. */
export function obtained({ generation, fingerprint, expiresAt }: ObtainedToken): ObtainedToken {
  return { generation, fingerprint, ...(expiresAt !== undefined && { expiresAt }) }
}

/** The events of requests, emitted by the clients. */
export interface RequestEvents {
  /** A request is sent once more with this token, after a response of this status rejected another. */
  replayed: TokenMark & { readonly origin: string; readonly status: number }
  /** A refused request is not sent again: its response is returned unchanged. */
  'replay-skipped': { readonly reason: SkipReason; readonly origin: string; readonly status: number }
  /**
   * An origin has rejected two different tokens from forced renewals and accepted none in between: its rejections cause no renewal before
   * `retryAt`, in epoch milliseconds.
   */
  'breaker-opened': { readonly breaker: 'origin'; readonly origin: string; readonly retryAt: number }
  /** The origin has accepted a token. */
  'breaker-closed': { readonly breaker: 'origin'; readonly origin: string }
}

/**
 * The state of the session, for a page's header or a health check: nobody is logged in; a first token is being obtained; there is a
 * session; it cannot be renewed for now and has no token; it is over. A token that one API has rejected may be good for others: the status is
 * `signed-in` until its renewal has failed for good.
 */
export type SessionStatus = 'signed-out' | 'obtaining' | 'signed-in' | 'backing-off' | 'ended'

/** Why a refused request was not sent again. */
export type SkipReason =
  | 'other_origin'
  | 'other_scheme'
  | 'forbidden'
  | 'insufficient_scope'
  | 'insufficient_user_authentication'
  | 'breaker_open'
  | 'budget_spent'
  | 'body_used'
  | 'timeout'

/** The times of a renewal. Durations in milliseconds. */
interface RenewalTimes {
  /** From the start of the renewal, once it was its turn, to its end. */
  readonly duration: number
  /** The number of callers that wait for it at its end. */
  readonly waiters: number
  /** From the first caller's call to the end, with the queue and the claim of another member; 0 where nobody called. */
  readonly waited: number
}

/** A token that was obtained. */
interface ObtainedToken extends TokenMark {
  /** Epoch milliseconds; absent where the server stated no lifetime. */
  readonly expiresAt?: number
}

/** The events of tokens and of the session, emitted by the engine. */
interface EngineEvents {
  /** The first token was obtained. */
  acquired: ObtainedToken & RenewalTimes & { readonly grant: string }
  /** A new token replaced another. */
  renewed: ObtainedToken & RenewalTimes & { readonly grant: string }
  /** Another member of the session has renewed: its token is used. */
  shared: ObtainedToken & RenewalTimes
  /** A renewal failed. The current token is used until it expires. */
  failed: RenewalTimes & { readonly error: TokenError }
  /** One attempt at the token endpoint failed. */
  'attempt-failed': {
    /** Counts the failed attempts of this renewal, from 1. */
    readonly attempt: number
    /** The name of the grant; `refresh_token` for a refresh. */
    readonly grant: string
    /** The code of the error. */
    readonly code: TokenErrorCode
    /** The `reason` of the error, or the error code of an `OAuthError`. */
    readonly reason?: string
    /** The HTTP status, where there was an answer. */
    readonly status?: number
    /** The code of the failed connection, where it is known, e.g. `ECONNREFUSED`. */
    readonly networkCode?: string
    /** Milliseconds until the same request is sent again; absent where it is not. */
    readonly retryIn?: number
  }
  /** A pause begins: the token endpoint is not asked before `retryAt`, in epoch milliseconds. */
  'breaker-opened': { readonly breaker: 'token-endpoint'; readonly origin?: never; readonly retryAt: number }
  /** The pause is over: a request succeeded, the session was replaced or has ended, or `retryNow()` was called. */
  'breaker-closed': { readonly breaker: 'token-endpoint'; readonly origin?: never }
  /** A stale token was served while its renewal is due or running. */
  'served-stale': TokenMark
  /** The session is over: a person must log in. `elsewhere`: another member of the session learned it. */
  'reauthentication-required': { readonly error: TokenError; readonly elsewhere?: boolean }
  /**
   * The store threw, or did not answer in time. With a `reason` the session is kept in memory from now on. `message`: that of a `StoreError`,
   * or of a store that is late.
   */
  'store-failed': {
    readonly operation: 'read' | 'swap'
    readonly message?: string
    readonly reason?: 'unavailable' | 'unreadable' | 'version'
  }
  /** A login, by `adopt()` or `exchangeCallback()`. `elsewhere`: by another member of the session. */
  adopted: ObtainedToken & { readonly elsewhere?: boolean }
  /** A logout, by `clear()` or `revoke()`. `elsewhere`: by another member of the session. */
  cleared: { readonly elsewhere?: boolean }
  /** The claim of another member was taken over: its holder is gone, or gave no sign of life for the length of the claim. */
  'taken-over': { readonly why: 'gone' | 'silence'; readonly duration: number }
  /** The status of the session has changed. */
  status: { readonly status: SessionStatus }
}

type FieldsIn<Events, Name> = Name extends keyof Events ? Events[Name] : never

/** The fields of an event beside its name, provider and account. */
export type EventFields = {
  readonly [Name in keyof RequestEvents | keyof EngineEvents]:
    FieldsIn<RequestEvents, Name> | FieldsIn<EngineEvents, Name>
}

interface EventSource {
  /** The id of the provider. */
  readonly provider: string
  /** The account of the manager, where it has one. */
  readonly account?: string
}

type NamedEvents = {
  readonly [Name in keyof EventFields]: { readonly name: Name } & EventSource & EventFields[Name]
}

/** The events by name. None contains a secret. Durations in milliseconds, moments in epoch milliseconds. */
export interface TokenEvents extends NamedEvents {
  /** Any of them. */
  readonly '*': TokenEvent
}

/** Any event: a union that `name` tells apart. */
export type TokenEvent = NamedEvents[keyof NamedEvents]

type Listener<Name extends keyof TokenEvents, Result = unknown> = (event: TokenEvents[Name]) => Result

const NAMES: Readonly<Record<keyof TokenEvents, true>> = {
  acquired: true,
  renewed: true,
  shared: true,
  failed: true,
  'attempt-failed': true,
  'breaker-opened': true,
  'breaker-closed': true,
  replayed: true,
  'replay-skipped': true,
  'served-stale': true,
  'reauthentication-required': true,
  'store-failed': true,
  adopted: true,
  cleared: true,
  'taken-over': true,
  status: true,
  '*': true,
}

/** Calls listeners in turn; one that throws, or rejects, harms nobody. */
export class Listeners {
  #byName: Map<keyof TokenEvents, Set<(event: never) => Promise<void>>> | undefined

  on<Name extends keyof TokenEvents>(name: Name, listener: Listener<Name>): () => void {
    if (!Object.hasOwn(NAMES, name)) throw invalidWord('name', Object.keys(NAMES), name)
    if (typeof (listener as unknown) !== 'function') throw invalidOption('listener', 'a function', listener)
    this.#byName ??= new Map()
    const listeners = this.#byName.get(name) ?? new Set()
    this.#byName.set(name, listeners)
    // Wrapped, so that the same function can be added twice and taken away once.
    const entry: Listener<Name, Promise<void>> = async (event) => {
      await listener(event)
    }
    listeners.add(entry)
    return () => {
      listeners.delete(entry)
    }
  }

  /** Whether anybody listens to events of this name. */
  hear(name: keyof TokenEvents): boolean {
    return this.#has(name) || this.#has('*')
  }

  #has(name: keyof TokenEvents): boolean {
    return (this.#byName?.get(name)?.size ?? 0) > 0
  }

  tell(event: TokenEvent): void {
    for (const name of [event.name, '*'] as const) {
      for (const listener of this.#byName?.get(name) ?? []) {
        // A listener observes: what it throws, at once or later, must reach neither the flight, nor the caller, nor the process.
        ;(listener as Listener<'*', Promise<void>>)(event).catch(() => undefined)
      }
    }
  }
}

/** The events of one manager. */
export class Emitter extends Listeners {
  readonly #source: EventSource
  readonly #pool: Listeners | undefined

  /** `pool`: told of every event, too. */
  constructor(
    { provider, account }: { readonly provider: string; readonly account?: string | undefined },
    pool?: Listeners,
  ) {
    super()
    this.#source = { provider, ...(account !== undefined && { account }) }
    this.#pool = pool
  }

  /** Takes the fields as a function: nothing is built that nobody listens to. */
  emit<Name extends keyof EventFields>(name: Name, fields: () => EventFields[Name]): void {
    const pool = this.#pool
    if (!this.hear(name) && !pool?.hear(name)) return
    const event = { name, ...this.#source, ...fields() } as object as TokenEvent
    this.tell(event)
    pool?.tell(event)
  }
}

/** Tells of the failed attempts of one renewal, and counts them. */
export function attemptTeller(events: Emitter): (attempt: FailedAttempt) => void {
  let attempt = 0
  return ({ grant, error, retryIn }) => {
    attempt += 1
    events.emit('attempt-failed', () => ({ attempt, grant, ...factsOf(error), ...defined({ retryIn }) }))
  }
}

type AttemptFacts = Omit<EngineEvents['attempt-failed'], 'attempt' | 'grant' | 'retryIn'>

function factsOf(error: TokenError): AttemptFacts {
  const facts = error as TokenError & Partial<AttemptFacts> & { readonly error?: string }
  const { code, reason, error: oauthCode, status, networkCode } = facts
  // Status 0: there was no answer, or none that could be read.
  return { code, ...defined({ reason: oauthCode ?? reason, status: status === 0 ? undefined : status, networkCode }) }
}
