import { invalidOption } from '../errors.ts'
import { defined } from '../defined.ts'

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
export function checkAdopted({ accessToken, refreshToken, expiresAt, scope }: AdoptedToken): AdoptedToken {
  check('accessToken', accessToken, /^[!-~]+$/, 'visible ASCII')
  if (refreshToken !== undefined) check('refreshToken', refreshToken, /^[ -~]+$/, 'printable ASCII')
  if (expiresAt !== undefined && !Number.isFinite(expiresAt)) {
    throw invalidOption('expiresAt', 'epoch milliseconds', expiresAt)
  }
  return defined({ accessToken, refreshToken, expiresAt, scope })
}

function check(name: string, value: unknown, allowed: RegExp, expected: string): void {
  if (typeof value !== 'string' || value.length > MAX_LENGTH || !allowed.test(value)) {
    throw invalidOption(name, `${expected}, up to 32 KiB`, value)
  }
}
