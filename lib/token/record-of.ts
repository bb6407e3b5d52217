import { defined } from '../defined.ts'
import type { IssuedToken } from '../endpoint/read.ts'
import type { TokenRecord } from '../stores/token-store.ts'

/** What is kept of an answer; `sentAt` in epoch milliseconds. A missing refresh token keeps the old one. */
export function recordOf(
  issued: IssuedToken,
  sentAt: number,
  refreshToken: string | undefined,
): Omit<TokenRecord, 'generation'> {
  const { accessToken, scheme, expiresIn, expiresAt, renewIn, scope, kept } = issued
  return {
    accessToken,
    scheme,
    obtainedAt: sentAt,
    ...defined({
      expiresAt: expiresAt ?? (expiresIn === undefined ? undefined : sentAt + expiresIn),
      renewAt: renewIn === undefined ? undefined : sentAt + renewIn,
      scope,
      refreshToken: issued.refreshToken ?? refreshToken,
      kept,
    }),
  }
}
