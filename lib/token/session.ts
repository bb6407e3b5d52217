// The home of a session: its record as this process knows it, and the only writer of its text in the store. Every write is a
// compare-and-set, so that a late writer buries neither a login nor a logout.
import { memoryStore } from '../stores/memory.ts'
import { StoreError, StoreUnavailable, type TokenStore } from '../stores/token-store.ts'
import { sleep, withTimeout } from '../util/abort.ts'
import type { Clock, Timer } from '../util/clock.ts'
import { omit } from '../util/objects.ts'
import type { EventFields } from './events.ts'
import { OriginBreakers } from './origin-breaker.ts'
import { backoff, type Timing } from './schedule.ts'
import {
  type Claim,
  randomId,
  readRecord,
  type RecordFields,
  type SessionRecord,
  type StoredToken,
  writeRecord,
} from './session-record.ts'

/** The store cannot be read or written now. */
export class StoreFailure extends Error {}

/** A write that must reach the store, sooner or later. */
interface PendingWrite {
  /** The record over what the store holds; undefined where this write no longer counts. */
  over(held: SessionRecord | undefined): RecordFields | undefined
  /** Counts from when the store fails, where it does. */
  readonly fallback?: SessionRecord
  /** Whether the store is read first: a swap may have been made, and the text that is known here may be older than what it met. */
  readsFirst?: boolean
  running?: Promise<boolean> | undefined
}

/** Someone's claim, and for how long it was seen unchanged. */
interface Sighting {
  readonly rev: string
  readonly firstSeenAt: number
  seenFor: number
  lastSeenAt: number
}

/** `start`: it was there when this process first looked. */
export type ChangedBy = 'start' | 'replacement' | 'renewal' | 'elsewhere'

/** The outcome of committing a renewal. `renewed`: another member's result of the same lineage counts; `replaced`: another login, or a logout. */
type Committed = 'kept' | 'renewed' | 'replaced'

/** A manager of the session. */
export interface SessionMember {
  /** The record has become another: by a login or logout of this process, by a renewal of it, or by another member of the session. */
  recordChanged(by: ChangedBy): void
  storeFailed(event: EventFields['store-failed']): void
  /** Changes by other members may have been missed: nobody is served before the store is read. */
  changesMissed(read: Promise<void>): void
}

/** Between which moments a token came to be, as this process saw it. */
interface Window {
  readonly notBefore: number
  readonly notAfter: number
}

export interface SessionOptions {
  readonly key: string
  /** Undefined: memory of this session's own. */
  readonly store: TokenStore | undefined
  readonly clock: Clock
  readonly timing: Timing
}

const DAY = 86_400_000

/** A store that refuses so many swaps in a row, each after a read, counts as failed: a loop without end would stop the process. */
const MAX_SWAPS = 20

/** So many replaced lineages are remembered. */
const LEFT_KEPT = 16

const POLL_MIN = 25
const POLL_MAX = 250

export class Session {
  readonly #options: SessionOptions
  /** The store in use: the caller's, or memory where there is none or where it cannot be used. */
  #store: TokenStore
  #text: string | undefined
  #record: SessionRecord | undefined
  #lookedAt = -Infinity
  #hasLoaded = false
  #sightedAt = -Infinity
  #asked = 0
  #applied = 0
  /** Lineages that logins and logouts of this process have replaced: a late write, or a store that fell back, may bring one back. */
  readonly #left = new Set<string>()
  #spender = {}
  #pending: PendingWrite | undefined
  #retry: Timer | undefined
  #claimName: string | undefined
  #sighting: Sighting | undefined
  readonly #windows = new Map<string, Window>()
  readonly #toldOf = new Set<string>()
  readonly #members = new Set<WeakRef<SessionMember>>()
  #breakers: OriginBreakers | undefined
  #stopWatching: (() => void) | undefined
  #wake: (() => void) | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#store = options.store ?? memoryStore()
  }

  /** The breakers of the resource servers that the session's tokens were sent to. */
  get breakers(): OriginBreakers {
    return (this.#breakers ??= new OriginBreakers(this.#options.clock))
  }

  /** The record as this process knows it. */
  get record(): SessionRecord | undefined {
    return this.#record
  }

  /** Whether others may write to the store. */
  get isShared(): boolean {
    return this.#options.store !== undefined
  }

  /** Whether the store has been read. */
  get isLoaded(): boolean {
    return this.#lookedAt !== -Infinity
  }

  /** Rises with every login and logout of this process: renewals that began before no longer count. */
  get epoch(): number {
    return this.#applied
  }

  /** The place of a login or a logout among those asked for here: the last one asked for wins. */
  ask(): number {
    this.#asked += 1
    return this.#asked
  }

  /** Changes with each login and logout: a renewal need not wait for one that no longer counts. */
  get spender(): object {
    return this.#spender
  }

  get hasPendingWrites(): boolean {
    return this.#pending !== undefined
  }

  /** Tells the member what happens to the session, for as long as anybody holds it. */
  join(member: SessionMember): void {
    this.#members.add(new WeakRef(member))
  }

  /** Reads the store, and restores what it has lost. Rejects with a {@link StoreFailure}. */
  async load(): Promise<void> {
    this.#watch()
    const by = this.isLoaded ? 'elsewhere' : 'start'
    for (let tries = 0; tries < MAX_SWAPS; tries += 1) {
      await this.#writePending()
      const epoch = this.#applied
      const { text, record } = await this.#read()
      // A login or logout of this process came while the store was read: it counts, and is written first.
      if (this.#pending || this.#applied !== epoch) continue
      const mine = this.#record
      if (!mine || !this.#isLoss(record)) {
        // Another load that began meanwhile may have been faster.
        this.#set(text, record, this.#hasLoaded ? 'elsewhere' : by)
        this.#hasLoaded = true
        return
      }
      if (await this.#swap(text, omit(mine, 'claim'))) return
    }
    throw this.failed('swap')
  }

  /**
   * Claims the right to ask the token endpoint; false where the record has changed meanwhile, or somebody else than `takenOver` has the
   * claim. Rejects with a {@link StoreFailure}.
   */
  async claim(spends: boolean, takenOver: Claim | undefined): Promise<boolean> {
    // As they were when it was decided to claim: another member's claim may be noticed at any time.
    const [text, record] = [this.#text, this.#record]
    const held = record?.claim
    if (held && held.by !== '' && held.by !== takenOver?.by && !this.isOwn(held)) return false
    this.#claimName = await this.#beginPresence()
    const claim: Claim = { by: this.#claimName, for: this.#claimMs, spends }
    if (!record || record.end?.kind === 'cleared') {
      const after = record && { after: record.lineage }
      return this.#swap(text, { lineage: randomId(), ...after, generation: 0, tokens: {}, claim })
    }
    const doubt = (record.doubt ?? 0) + (takenOver?.spends === true ? 1 : 0)
    return this.#swap(text, { ...omit(record, 'end'), claim, ...(doubt > 0 && { doubt }) })
  }

  /** Whether a claim is of this member, and over: members hold one at a time. */
  isOwn(claim: Claim): boolean {
    return claim.by === this.#claimName
  }

  /** Changes the claimed record, where the claim still stands. A store that fails is left alone: the claim ends by itself. */
  async update(change: (record: SessionRecord) => RecordFields): Promise<boolean> {
    const record = this.#record
    if (!record?.claim || !this.isOwn(record.claim)) return false
    try {
      return await this.#swap(this.#text, change(record))
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error
      return false
    }
  }

  /** Ends the session whose refresh token was refused under this member's claim; a store that fails is written later. */
  async end(code: string): Promise<void> {
    const claimed = this.#record
    if (!claimed?.claim || !this.isOwn(claimed.claim)) return
    const dead = (held: SessionRecord): RecordFields => ({ ...omit(held, 'claim'), end: { kind: 'dead', code } })
    await this.#keep({
      over: (held) => {
        const isClaimed = held?.claim && held.claim.by !== '' && held.claim.by !== claimed.claim?.by
        const isRefused = held?.lineage === claimed.lineage && held.refreshToken === claimed.refreshToken
        // Another member that has claimed the session since asks for itself.
        return isRefused && !isClaimed && !held.end ? dead(held) : undefined
      },
      fallback: writeRecord(dead(claimed)).record,
    })
  }

  /** Ends the sign of life that stood for the claim, once what was obtained under it is in the store. */
  endClaim(): void {
    this.#isClaimOver = this.#pending !== undefined
    if (this.#isClaimOver) return
    try {
      this.#endPresence?.()
    } catch {
      // A hint as well.
    }
    this.#endPresence = undefined
  }

  #endPresence: (() => void) | undefined
  #isClaimOver = false

  /** Milliseconds until the pause that all members share ends; 0 where there is none. */
  pauseLeft(): number {
    const claim = this.#record?.claim
    if (claim?.by !== '' || !this.#sighting) return 0
    const now = this.#options.clock.now()
    const { firstSeenAt } = this.#sighting
    const fresh = this.#startedLate && claim.at !== undefined
    const until = fresh
      ? Math.min(Math.max(claim.at + claim.for, firstSeenAt), firstSeenAt + claim.for)
      : firstSeenAt + claim.for
    // A clock that was turned back must not prolong the pause.
    return now < firstSeenAt ? 0 : Math.max(0, until - now)
  }

  /** The pause was there when this process started: its writer's clock is all there is to go by. */
  #startedLate = false

  /**
   * Waits until someone's claim ends: the text changes (undefined), its holder is gone, or it was seen unchanged for long enough. Only
   * time that this process was awake counts.
   */
  async claimEnded(claim: Claim): Promise<'gone' | 'silence' | undefined> {
    const { clock } = this.#options
    for (let pause = POLL_MIN; ; pause = Math.min(POLL_MAX, pause * 1.5)) {
      const isGone = await this.#isGone(claim.by)
      const sighting = this.#sighting
      if (!sighting || this.#record?.claim?.by !== claim.by) return undefined
      if (isGone) return 'gone'
      if (sighting.seenFor >= claim.for) return 'silence'
      const planned = pause * (0.5 + clock.random())
      await this.#pollOrWake(planned)
      const epoch = this.#applied
      const { text, record } = await this.#read()
      if (this.#applied !== epoch) return undefined
      if (text !== this.#text) {
        this.#set(text, record, 'elsewhere')
        return undefined
      }
      const now = clock.now()
      sighting.seenFor += Math.max(0, Math.min(now - sighting.lastSeenAt, 2 * planned))
      sighting.lastSeenAt = now
    }
  }

  /**
   * A login or logout: replaces whatever record there is, unless one that was asked for later is known. It counts at once; a store that
   * fails is written later. `stays`: which record of another member in the store counts all the same.
   */
  async replace(
    asked: number,
    make: (before: SessionRecord | undefined) => RecordFields,
    stays: (held: SessionRecord) => boolean = () => false,
  ): Promise<boolean> {
    if (asked < this.#applied) return false
    this.#applied = asked
    this.#spender = {}
    this.#watch()
    if (this.#record) this.#leave(this.#record)
    const mine = writeRecord(make(this.#record))
    this.#setRecord(mine.record, 'replacement')
    const { lineage } = mine.record
    let tried: { readonly lineage: string | undefined } | undefined
    await this.#keep({
      over: (held) => {
        // Made already, although its answer was lost; others may have renewed it, or replaced it.
        if (held?.lineage === lineage) return undefined
        if (held && tried && !this.#left.has(held.lineage) && isLater(held, tried.lineage)) return undefined
        if (held && stays(held)) {
          this.#left.delete(held.lineage)
          return undefined
        }
        tried = { lineage: held?.lineage }
        return { ...make(held), lineage }
      },
    })
    return this.#applied === asked
  }

  /** Puts the result of a renewal over the claimed record, or over a later one that still has the refresh token it spent. */
  async commit(claimed: SessionRecord, result: (held: SessionRecord) => RecordFields): Promise<Committed> {
    const epoch = this.#applied
    const standing = (held: SessionRecord | undefined): Committed => {
      if (this.#applied !== epoch || held?.lineage !== claimed.lineage || held.end) return 'replaced'
      const isUnspent =
        claimed.refreshToken === undefined
          ? held.generation === claimed.generation
          : held.refreshToken === claimed.refreshToken
      return isUnspent ? 'kept' : 'renewed'
    }
    const known = this.#record
    const before = standing(known)
    if (!known || before !== 'kept') return before
    let committed: Committed = before
    const isKept = await this.#keep({
      over: (held) => {
        // A record that the store has lost is still in memory.
        const base = this.#isLoss(held, known) ? known : held
        committed = standing(base)
        return base && committed === 'kept' ? result(base) : undefined
      },
      fallback: writeRecord(result(known)).record,
    })
    if (this.#applied !== epoch) return 'replaced'
    return isKept ? 'kept' : committed
  }

  /** Keeps a result that was obtained without the store: written where nobody is logged in, or over its own lineage. */
  async keepAlone(fields: RecordFields): Promise<void> {
    const { record: fallback } = writeRecord(fields)
    const epoch = this.#applied
    const earlier = this.#pending
    const kept = await this.#keep({
      over: (held) => {
        // A login or logout that the store has not taken yet is not lost to this result.
        const before = earlier?.over(held)
        const base = before ?? held
        return !base || base.end?.kind === 'cleared' || base.lineage === fields.lineage ? fields : before
      },
      fallback,
      readsFirst: true,
    })
    // The store holds another session: this result is used from memory, until the store is read.
    if (!kept && this.#applied === epoch) this.#setRecord(fallback, 'renewal')
  }

  /** Forgets an access token that was refused, so that nobody who reads the record is served it. */
  async dropToken(slot: string, accessToken: string): Promise<void> {
    const hasToken = (record: RecordFields | undefined): record is RecordFields =>
      record?.tokens[slot]?.accessToken === accessToken
    const without = (record: RecordFields): RecordFields => ({ ...record, tokens: omit(record.tokens, slot) })
    if (!hasToken(this.#record)) return
    const earlier = this.#pending
    const isWritten = await this.#keep({
      over: (held) => {
        const base = earlier?.over(held) ?? held
        return hasToken(base) ? without(base) : undefined
      },
      readsFirst: true,
    })
    // The store never had it.
    if (!isWritten && hasToken(this.#record)) this.#setRecord(writeRecord(without(this.#record)).record, 'renewal')
  }

  /** Tries once more to write what is not in the store yet. */
  async flush(): Promise<void> {
    if (this.#pending) await this.#keep(this.#pending)
  }

  /** Ends watching; the next {@link load} begins it again. */
  stop(): void {
    this.#stopWatching?.()
    this.#stopWatching = undefined
  }

  /** Milliseconds for which a claim counts without a sign of its holder. */
  get #claimMs(): number {
    const { flightDeadline, storeDeadline } = this.#options.timing
    return flightDeadline + storeDeadline
  }

  /** When a token ends, whatever the clock of its writer said; Infinity where the server named no end. */
  expiresAt(token: StoredToken): number {
    const { obtainedAt, lifetime } = token
    if (lifetime === undefined) return Infinity
    const { notBefore, notAfter } = this.#windows.get(sightingKey(token)) ?? {
      notBefore: obtainedAt,
      notAfter: obtainedAt,
    }
    // A token may be written as late as this after it was obtained; earlier moments come from a clock that is wrong.
    const plausible = notBefore - this.#claimMs
    return Math.min(obtainedAt < plausible ? notBefore : obtainedAt, notAfter) + lifetime
  }

  #tell(act: (member: SessionMember) => void): void {
    for (const reference of this.#members) {
      const member = reference.deref()
      if (member) act(member)
      else this.#members.delete(reference)
    }
  }

  #sight(token: StoredToken, notBefore: number, notAfter: number): void {
    const key = sightingKey(token)
    if (!this.#windows.has(key)) this.#windows.set(key, { notBefore, notAfter })
  }

  async #keep(write: PendingWrite): Promise<boolean> {
    this.#retry?.cancel()
    this.#pending = write
    return this.#attempt(write, 0)
  }

  /** Writes what is not in the store yet, a later write that comes meanwhile too. */
  async #writePending(): Promise<void> {
    for (let write = this.#pending; write; write = this.#pending) {
      await this.#write(write)
      this.#written(write)
    }
  }

  #written(write: PendingWrite): void {
    if (this.#pending !== write) return
    this.#pending = undefined
    if (this.#isClaimOver) this.endClaim()
  }

  async #attempt(write: PendingWrite, failures: number): Promise<boolean> {
    try {
      const isWritten = await this.#write(write)
      this.#written(write)
      return isWritten
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error
      if (this.#pending !== write) return false
      const { clock, timing } = this.#options
      if (failures === 0 && write.fallback) this.#setRecord(write.fallback, 'renewal')
      this.#retry = clock.after(backoff(failures, timing, clock.random()), () => {
        if (this.#pending === write) void this.#attempt(write, failures + 1)
      })
      return true
    }
  }

  #write(write: PendingWrite): Promise<boolean> {
    write.running ??= this.#writeNow(write).finally(() => {
      write.running = undefined
    })
    return write.running
  }

  async #writeNow(write: PendingWrite): Promise<boolean> {
    let text = this.#text
    let held = this.#text === undefined ? undefined : this.#recordOf(this.#text)
    for (let tries = 0; tries < MAX_SWAPS; tries += 1) {
      if (!this.isLoaded && tries === 0) ({ text, record: held } = await this.#readIfPossible())
      else if (tries > 0 || write.readsFirst) ({ text, record: held } = await this.#read())
      if (this.#pending !== write) return false
      const next = write.over(held)
      // The next load decides what counts: what the store holds, or what is known here and newer.
      if (!next) return false
      write.readsFirst = true
      if (await this.#swap(text, next, write)) return this.#pending === write
    }
    throw this.failed('swap')
  }

  /** A store that was never read, and cannot be: a swap over nothing tells whether anything is there. */
  async #readIfPossible(): Promise<{ text: string | undefined; record: SessionRecord | undefined }> {
    try {
      return await this.#read()
    } catch (error) {
      if (error instanceof StoreFailure) return { text: undefined, record: undefined }
      throw error
    }
  }

  #recordOf(text: string): SessionRecord | undefined {
    const read = readRecord(text)
    return read.kind === 'record' ? read.record : undefined
  }

  /** A store that fell back shows nothing, an older generation, or the lineage that this record replaced. */
  #isLoss(held: SessionRecord | undefined, mine = this.#record): boolean {
    if (!mine || !this.isShared) return false
    if (!held) return this.#options.clock.now() - this.#sightedAt < DAY
    if (held.lineage === mine.lineage) return held.generation < mine.generation
    return held.lineage === mine.after || this.#left.has(held.lineage)
  }

  #leave({ lineage }: SessionRecord): void {
    this.#left.add(lineage)
    const [oldest] = this.#left
    if (this.#left.size > LEFT_KEPT && oldest !== undefined) this.#left.delete(oldest)
  }

  async #read(): Promise<{ text: string | undefined; record: SessionRecord | undefined }> {
    const { clock } = this.#options
    // The store is read at some moment from here on.
    const startedAt = clock.now()
    let text: unknown
    try {
      text = await this.#inTime(() => this.#store.read(this.#options.key))
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw this.failed('read', error)
      return this.#liveInMemory('unavailable', undefined, error.message)
    }
    const read = readRecord(text)
    if (read.kind === 'unreadable' || read.kind === 'version') return this.#liveInMemory(read.kind, text)
    const record = read.kind === 'record' ? read.record : undefined
    for (const token of Object.values(record?.tokens ?? {})) this.#sight(token, this.#lookedAt, clock.now())
    this.#lookedAt = startedAt
    if (record) this.#sightedAt = startedAt
    return { text: typeof text === 'string' ? text : undefined, record }
  }

  /** Compare-and-set. True also where the answer was lost and the text is there. Rejects with a {@link StoreFailure}. */
  async #swap(expected: string | undefined, fields: RecordFields, write?: PendingWrite): Promise<boolean> {
    const next = writeRecord(fields)
    const epoch = this.#applied
    const startedAt = this.#options.clock.now()
    let swapped: unknown
    try {
      swapped = await this.#inTime(() =>
        this.#store.swap(this.#options.key, expected, next.text, fields.end !== undefined),
      )
    } catch (error) {
      const late = error instanceof StoreFailure
      // A swap that threw may have been made; one that is late still may be, and is looked for before the next.
      const before = this.#store
      if (error instanceof StoreUnavailable) this.#liveInMemory('unavailable', undefined, error.message)
      const isMade = !late && this.#store === before && (await this.#read()).text === next.text
      // The store will not come: the swap is to be made in memory.
      if (this.#store !== before) return false
      if (!isMade) throw this.failed('swap', error)
      swapped = true
    }
    if (swapped !== true) return false
    for (const token of Object.values(next.record.tokens)) this.#sight(token, token.obtainedAt, token.obtainedAt)
    this.#sightedAt = startedAt
    this.#lookedAt = startedAt
    // A later write that came meanwhile counts here; it is made over this text.
    if (this.#applied === epoch && this.#pending === write) this.#set(next.text, next.record, 'renewal')
    else this.#text = next.text
    return true
  }

  #set(text: string | undefined, record: SessionRecord | undefined, by: ChangedBy): void {
    const first = this.#record === undefined && this.#text === undefined
    this.#text = text
    if (record?.rev === this.#record?.rev) return
    this.#setRecord(record, by)
    if (first) this.#startedLate = record?.claim?.by === ''
  }

  #setRecord(record: SessionRecord | undefined, by: ChangedBy): void {
    const now = this.#options.clock.now()
    this.#record = record
    this.#startedLate = false
    this.#sighting = record?.claim && { rev: record.rev, firstSeenAt: now, seenFor: 0, lastSeenAt: now }
    const held = new Set(Object.values(record?.tokens ?? {}).map(sightingKey))
    for (const key of this.#windows.keys()) if (!held.has(key)) this.#windows.delete(key)
    this.#tell((member) => {
      member.recordChanged(by)
    })
  }

  #liveInMemory(
    reason: 'unavailable' | 'unreadable' | 'version',
    text?: unknown,
    message?: string,
  ): { text: string | undefined; record: SessionRecord | undefined } {
    if (!this.#toldOf.has(reason)) {
      this.#toldOf.add(reason)
      this.#tell((member) => {
        member.storeFailed({ operation: 'read', reason, ...(message !== undefined && { message }) })
      })
    }
    const lost = this.#store
    const memory = memoryStore()
    this.#store = {
      ...memory,
      // A text that nobody can read is replaced by a login or a logout; one of a later version never is.
      swap: async (key, expected, next, isEnd) => {
        const record = this.#recordOf(next)
        const isLogin = record?.generation === 0 && !record.claim
        if (reason !== 'unreadable' || !isLogin || !(await lost.swap(key, text as string, next, isEnd)))
          return memory.swap(key, expected, next)
        this.#store = lost
        return true
      },
    }
    this.#lookedAt = this.#options.clock.now()
    return { text: undefined, record: undefined }
  }

  #inTime<T>(act: () => T | Promise<T>): Promise<T> {
    const { clock, timing } = this.#options
    let work: T | Promise<T>
    try {
      work = act()
    } catch (error) {
      return Promise.reject(error)
    }
    if (!this.isShared) return Promise.resolve(work)
    return withTimeout(Promise.resolve(work), clock, {
      timeout: timing.storeDeadline,
      onTimeout: () => new StoreFailure(`the token store did not answer within ${String(timing.storeDeadline)} ms`),
    })
  }

  /** Tells that the store has failed. Its error may contain the record: only a {@link StoreError} is quoted. */
  failed(operation: 'read' | 'swap', error?: unknown): StoreFailure {
    const why = error instanceof StoreError || error instanceof StoreFailure ? error.message : undefined
    this.#tell((member) => {
      member.storeFailed({ operation, ...(why !== undefined && { message: why }) })
    })
    return new StoreFailure(why ?? `the ${operation} of the token store failed`)
  }

  async #beginPresence(): Promise<string> {
    const { presence } = this.#store
    try {
      const begun = presence && (await this.#inTime(() => presence.begin()))
      if (begun && typeof begun.name === 'string' && begun.name !== '') {
        this.#endPresence = () => {
          begun.end()
        }
        return begun.name
      }
    } catch {
      // Without a sign of life the claim lasts its whole time.
    }
    return randomId()
  }

  async #isGone(name: string): Promise<boolean> {
    const { presence } = this.#store
    if (!presence) return false
    try {
      return await this.#inTime(() => presence.gone(name))
    } catch {
      return false
    }
  }

  #watch(): void {
    if (this.#stopWatching || !this.isShared || !this.#store.watch) return
    const self = new WeakRef(this)
    let stop: (() => void) | undefined
    // Before the call: a store may call back at once.
    this.#stopWatching = () => stop?.()
    try {
      stop = this.#store.watch(this.#options.key, (missed) => {
        const session = self.deref()
        if (session) session.#noticed(missed === true)
        else stop?.()
      })
    } catch {
      // A hint: without it the session learns of changes at the next read.
    }
  }

  #noticed(missed: boolean): void {
    this.#wake?.()
    if (!missed && this.#pending) return
    const read = this.load().catch(() => undefined)
    if (!missed) return
    this.#tell((member) => {
      member.changesMissed(read)
    })
  }

  async #pollOrWake(ms: number): Promise<void> {
    const controller = new AbortController()
    this.#wake = () => {
      controller.abort()
    }
    await sleep(ms, this.#options.clock, controller.signal).catch(() => undefined)
    this.#wake = undefined
  }
}

/** Whether a record neither is of a lineage nor replaced it. */
function isLater(record: SessionRecord, lineage: string | undefined): boolean {
  return record.lineage !== lineage && record.after !== lineage
}

function sightingKey({ accessToken, obtainedAt }: StoredToken): string {
  return `${accessToken} ${String(obtainedAt)}`
}
