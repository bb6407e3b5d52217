// Tokens as applications have them: of a login of their own, an SDK, or a token response (RFC 6749, section 5.1) as it came.
import { isoDate, isAccessToken, isRefreshToken } from '../util/syntax.ts'
import { jwtClaims } from '../util/jose.ts'
import { isObject, type Fields } from '../util/objects.ts'

/** The tokens of a login, or the fields of a token response. One of the two tokens is enough. @see RFC 6749, section 5.1 */
export interface TokenAnswer {
  /** The access token: visible ASCII, up to 32 KiB. */
  readonly accessToken?: string
  /** The refresh token: printable ASCII, up to 32 KiB. */
  readonly refreshToken?: string | null
  /** Seconds. @default `exp - iat` of the token if it is a JWT, or else unknown */
  readonly expiresIn?: number | string | null
  /** Epoch milliseconds, a `Date`, or ISO 8601 text, which is UTC unless it names a zone. A number below 1e11 is taken as seconds. */
  readonly expiresAt?: number | string | Date | null
  /** Space-separated, or a list. */
  readonly scope?: string | readonly string[] | null
  /** Fields that came with the token, as `Token.kept` has them: those that the provider keeps, by name. */
  readonly kept?: Readonly<Record<string, string>> | null
  /** The same as `accessToken`. */
  readonly access_token?: string
  /** The same as `refreshToken`. */
  readonly refresh_token?: string | null
  /** The same as `expiresIn`. */
  readonly expires_in?: number | string | null
  /** The same as `expiresAt`. */
  readonly expires_at?: number | string | Date | null
}

/** The fields of an answer, in the units of the engine. */
export interface ReadAnswer {
  readonly accessToken: string | undefined
  readonly refreshToken: string | undefined
  /** Milliseconds from now. */
  readonly lifetime: number | undefined
  readonly scope: string | undefined
  readonly kept: Readonly<Record<string, string>> | undefined
}

/** Reads an answer; text tells what is wrong with it, and quotes nothing of it. */
export function readAnswer(given: unknown, now: number): ReadAnswer | string {
  const fields = typeof given === 'string' ? { accessToken: given } : given
  if (!isObject(fields)) return 'expected text, or an object with accessToken or access_token'
  if ('status' in fields && ('data' in fields || 'headers' in fields))
    return 'it is an HTTP response: its data was expected, or its parsed body'
  const accessToken = valueOf(fields, 'accessToken', 'access_token')
  const refreshToken = valueOf(fields, 'refreshToken', 'refresh_token')
  if (accessToken === undefined && refreshToken === undefined) return 'it has neither accessToken nor refreshToken'
  if (accessToken !== undefined && !isAccessToken(accessToken))
    return 'accessToken: expected visible ASCII, up to 32 KiB'
  if (refreshToken !== undefined && !isRefreshToken(refreshToken))
    return 'refreshToken: expected printable ASCII, up to 32 KiB'
  const lifetime = lifetimeIn(fields, now)
  if (lifetime !== undefined && Number.isNaN(lifetime))
    return 'expiresIn, expiresAt: expected seconds; epoch milliseconds, a Date or ISO 8601 text'
  const kept = valueOf(fields, 'kept')
  if (kept !== undefined && !isTexts(kept)) return 'kept: expected an object of texts'
  return { accessToken, refreshToken, lifetime, scope: scopeIn(fields), kept: kept && { ...kept } }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string' && each !== '')
}

/** Null, and an empty text, are absent. */
function valueOf(fields: Fields, ...names: readonly string[]): unknown {
  return names.map((name) => fields[name]).find((value) => value !== undefined && value !== null && value !== '')
}

/** Milliseconds from now; NaN for a value of another kind. */
function lifetimeIn(fields: Fields, now: number): number | undefined {
  const seconds = valueOf(fields, 'expiresIn', 'expires_in')
  if (seconds !== undefined) return Math.max(0, numberOf(seconds) * 1_000)
  const moment = valueOf(fields, 'expiresAt', 'expires_at')
  return moment === undefined ? undefined : Math.max(0, momentOf(moment) - now)
}

/** Numbers below this are seconds: as milliseconds they would be of 1973. */
const LEAST_MILLISECONDS = 1e11

function momentOf(value: unknown): number {
  if (value instanceof Date) return value.getTime()
  const number = numberOf(value)
  if (!Number.isNaN(number)) return number < LEAST_MILLISECONDS ? number * 1_000 : number
  return typeof value === 'string' ? isoDate(value) : NaN
}

function numberOf(value: unknown): number {
  if (typeof value === 'string') return /^\d{1,16}(?:\.\d{1,16})?$/.test(value) ? Number(value) : NaN
  return typeof value === 'number' && Number.isFinite(value) ? value : NaN
}

function scopeIn(fields: Fields): string | undefined {
  const { scope } = fields
  const text = Array.isArray(scope) ? scope.join(' ') : scope
  return typeof text === 'string' && /^[ -~]+$/.test(text) ? text : undefined
}

/** The lifetime that a JWT states of itself, in milliseconds; undefined for any other token. @see RFC 7519, section 4.1 */
export async function ownLifetime(accessToken: string): Promise<number | undefined> {
  // A look at the beginning: jose is loaded for what may be a JWT.
  if (!accessToken.startsWith('ey') || accessToken.split('.').length !== 3) return undefined
  const { exp, iat } = (await jwtClaims(accessToken).catch(() => undefined)) ?? {}
  const lifetime = typeof exp === 'number' && typeof iat === 'number' ? (exp - iat) * 1_000 : NaN
  return lifetime > 0 ? lifetime : undefined
}
