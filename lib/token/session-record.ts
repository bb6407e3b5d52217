// The record of a session: all that decides what a caller gets, as one text in a store.
import { randomText } from '../util/encoding.ts'
import { type Fields, isObject } from '../util/objects.ts'
import { isAccessToken, isRefreshToken } from '../util/syntax.ts'

/** The version of the record that this library reads and writes. */
const VERSION = 1

/** The record of a session in a store. base64url without padding for `rev`, `lineage`, `origin`, `salt` and `digest`. */
export interface SessionRecord {
  /** The version of the record. */
  readonly v: 1
  /** 96 random bits, new with every text: a text never occurs twice. */
  readonly rev: string
  /** Random; new at each login (`adopt`, `exchangeCallback`, a first grant), at `clear()` and when the session ends. */
  readonly lineage: string
  /** The lineage that this one replaced. */
  readonly after?: string
  /** Counts renewals within the lineage; those of different lineages are never compared. */
  readonly generation: number
  /** SHA-256 of the refresh token the session began with: the same token given again changes nothing. */
  readonly origin?: string
  /** The refresh token, where the session has one. */
  readonly refreshToken?: string
  /** Access tokens by slot: scope, resource, audience. */
  readonly tokens: Readonly<Record<string, StoredToken>>
  /** The claim of the member that renews, or the pause that all share. */
  readonly claim?: Claim
  /** How often this refresh token was sent without a response, by all members together. */
  readonly doubt?: number
  /** Ambiguous refusals in a row. */
  readonly refused?: number
  /** Recognises the password that the session began with. */
  readonly verifier?: Verifier
  /** Fields of the newest response that had some, for providers that keep them. */
  readonly kept?: Readonly<Record<string, string>>
  /** Present once the session is over. */
  readonly end?: SessionEnd
}

/** The right to ask the token endpoint now. */
export interface Claim {
  /** Its holder; empty for a pause that all members share. */
  readonly by: string
  /** Milliseconds after which it is over, counted by whoever sees it unchanged. */
  readonly for: number
  /** Whether a refresh token may be spent under it. */
  readonly spends: boolean
  /** Of a pause: epoch milliseconds of the writer. */
  readonly at?: number
}

/** Why a session is over. */
export interface SessionEnd {
  /** `cleared`: a logout; `dead`: a refusal of the authorization server. */
  readonly kind: 'cleared' | 'dead'
  /** The error code that ended it. */
  readonly code?: string
}

/** The PBKDF2-SHA-256 of a password. @see RFC 8018, section 5.2 */
export interface Verifier {
  /** The salt, random. */
  readonly salt: string
  /** The derived key. */
  readonly digest: string
  /** The number of iterations. */
  readonly rounds: number
}

/** An access token in a record. */
export interface StoredToken {
  /** The secret. */
  readonly accessToken: string
  /** The authentication scheme: `Bearer`. */
  readonly scheme: string
  /** Epoch milliseconds of the writer's clock. */
  readonly obtainedAt: number
  /** Milliseconds from `obtainedAt`; absent where the server named no end. */
  readonly lifetime?: number
  /** Milliseconds from `obtainedAt` until the server would like a renewal. */
  readonly renewIn?: number
  /** The scopes that the server granted. */
  readonly scope?: string
}

/** The text of a store, read. */
export type ReadRecord =
  { readonly kind: 'record'; readonly record: SessionRecord } | { readonly kind: 'absent' | 'unreadable' | 'version' }

/** A record without the fields that every write makes anew. */
export type RecordFields = Omit<SessionRecord, 'v' | 'rev'>

/** The text of a record, with a revision of its own. */
export function writeRecord(fields: RecordFields): { readonly text: string; readonly record: SessionRecord } {
  const record: SessionRecord = { ...fields, v: VERSION, rev: randomId() }
  return { text: JSON.stringify(record), record }
}

/** Reads a text whole: null and an empty text count as absent, a wrong type anywhere makes it unreadable. */
export function readRecord(text: unknown): ReadRecord {
  if (text === undefined || text === null || text === '') return { kind: 'absent' }
  if (typeof text !== 'string') return { kind: 'unreadable' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { kind: 'unreadable' }
  }
  if (!isObject(value)) return { kind: 'unreadable' }
  if (typeof value['v'] === 'number' && value['v'] > VERSION) return { kind: 'version' }
  const record = withoutNulls(value)
  return isRecord(record) ? { kind: 'record', record } : { kind: 'unreadable' }
}

/** 96 random bits. */
export function randomId(): string {
  return randomText(12)
}

/** Databases have null for a field that is not there. */
function withoutNulls(value: Fields): Fields {
  const entries = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    if (field === null) return []
    return [[name, isObject(field) ? withoutNulls(field) : field]]
  })
  return Object.fromEntries(entries)
}

type Rule = (value: unknown) => boolean

const isText: Rule = (value) => typeof value === 'string' && value !== ''
const isCount: Rule = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isNumber: Rule = (value) => Number.isFinite(value)
const isDuration: Rule = (value) => Number.isFinite(value) && Number(value) >= 0
const isFlag: Rule = (value) => typeof value === 'boolean'
const optional =
  (rule: Rule): Rule =>
  (value) =>
    value === undefined || rule(value)
const fields =
  (rules: Readonly<Record<string, Rule>>): Rule =>
  (value) =>
    isObject(value) && Object.entries(rules).every(([name, rule]) => rule(value[name]))
const everyOf =
  (rule: Rule): Rule =>
  (value) =>
    isObject(value) && Object.values(value).every(rule)

const TOKEN = fields({
  accessToken: isAccessToken,
  scheme: (value) => typeof value === 'string' && /^bearer$/i.test(value),
  obtainedAt: isNumber,
  lifetime: optional(isDuration),
  renewIn: optional(isDuration),
  scope: optional((value) => typeof value === 'string'),
})

const RECORD = fields({
  v: (value) => value === VERSION,
  rev: isText,
  lineage: isText,
  after: optional(isText),
  generation: isCount,
  origin: optional(isText),
  refreshToken: optional(isRefreshToken),
  tokens: everyOf(TOKEN),
  claim: optional(
    fields({
      by: (value) => typeof value === 'string',
      for: isDuration,
      spends: isFlag,
      at: optional(isNumber),
    }),
  ),
  doubt: optional(isCount),
  refused: optional(isCount),
  verifier: optional(fields({ salt: isText, digest: isText, rounds: isCount })),
  kept: optional(everyOf((value) => typeof value === 'string')),
  end: optional(fields({ kind: (value) => value === 'cleared' || value === 'dead', code: optional(isText) })),
})

function isRecord(value: unknown): value is SessionRecord {
  return RECORD(value)
}
