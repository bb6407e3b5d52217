import { invalidOption } from '../errors.ts'
import { defined } from '../defined.ts'
import { checkOne, record } from './checks.ts'

/** A token that came from elsewhere: a login of your own, a file. */
export interface AdoptedToken {
  readonly accessToken: string
  readonly refreshToken?: string
  /** Epoch milliseconds. */
  readonly expiresAt?: number
  readonly scope?: string
}

const MAX_LENGTH = 32_768

/** The token, if it can be put on a request; throws a `TypeError` that names the field. */
export function checkAdopted(adopted: AdoptedToken): AdoptedToken {
  checkOne('adopted', adopted, ['an object with an accessToken', record[1]])
  const { accessToken, refreshToken, expiresAt, scope } = adopted
  if (!isVisible(accessToken)) throw invalidOption('accessToken', 'visible ASCII, up to 32 KiB', accessToken)
  if (refreshToken !== undefined && !isText(refreshToken, /^[ -~]+$/)) {
    throw invalidOption('refreshToken', 'printable ASCII, up to 32 KiB', refreshToken)
  }
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw invalidOption('expiresAt', 'epoch milliseconds', expiresAt)
  }
  return defined({ accessToken, refreshToken, expiresAt, scope })
}

/** Whether a value can stand in a header as a token. */
export function isVisible(value: unknown): boolean {
  return isText(value, /^[!-~]+$/)
}

function isText(value: unknown, allowed: RegExp): boolean {
  return typeof value === 'string' && value.length <= MAX_LENGTH && allowed.test(value)
}
