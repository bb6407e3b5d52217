// The token of an answer that is a success, every field of it checked before anyone uses it.

import { defined } from '../defined.ts'
import type { TokenResponseReason } from '../errors.ts'
import type { TokenAnswer } from '../providers/definition.ts'
import { durationOf, expiryOf } from './lifetime.ts'
import { first, textsAt } from './lookup.ts'
import type { Asked, IssuedToken } from './outcome.ts'
import { RENEWAL } from './request-text.ts'

const LONGEST_TOKEN = 32_768

/** The token, or what is wrong with it. */
export async function issuedToken(
  body: unknown,
  shape: TokenAnswer,
  asked: Asked,
): Promise<IssuedToken | TokenResponseReason> {
  const accessToken = first(body, shape.token ?? 'access_token') ?? extended(asked)
  if (typeof accessToken !== 'string' || accessToken === '') return 'no_token'
  const refreshToken = first(body, shape.refresh ?? 'refresh_token') ?? ''
  // An access token becomes a header: visible ASCII. Of a refresh token RFC 6749, A.17 allows spaces too.
  if (!isToken(accessToken, /^[!-~]+$/) || !isToken(refreshToken, /^[ -~]*$/)) return 'bad_token'
  const type = first(body, shape.type ?? 'token_type') ?? ''
  if (typeof type !== 'string' || !/^(?:bearer)?$/i.test(type)) return 'token_type'

  const scope = first(body, shape.scope ?? 'scope')
  const kept = shape.keep && textsAt(body, shape.keep)
  return {
    accessToken,
    scheme: 'Bearer',
    ...(await expiryOf(body, accessToken, shape.lifetime ?? [{ in: 'expires_in' }], asked.now)),
    ...defined({
      renewIn: durationOf(first(body, shape.renewIn ?? 'refresh_in')),
      refreshToken: refreshToken || undefined,
      scope: scopeOf(scope),
      kept: kept && Object.keys(kept).length > 0 ? kept : undefined,
    }),
  }
}

/** Some servers make the old token live longer and send none. */
function extended({ provider, grant, accessToken }: Asked): string | undefined {
  return grant === RENEWAL && provider.renewal?.accessToken === 'extended' ? accessToken : undefined
}

function isToken(value: unknown, characters: RegExp): value is string {
  return typeof value === 'string' && value.length <= LONGEST_TOKEN && characters.test(value)
}

/** Scopes as one text; some servers send a list. */
function scopeOf(scope: unknown): string | undefined {
  const text = Array.isArray(scope) ? scope.join(' ') : scope
  return typeof text === 'string' && /^[ -~]+$/.test(text) ? text : undefined
}
