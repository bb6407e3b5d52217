// A source of tokens without an authorization server: each renewal gives the next token, at once or when the spec says so.
import type { ResourceServer } from '../../lib/definitions/resource-server.ts'
import type { GetTokenOptions, TokenSource } from '../../lib/token/token-source.ts'
import { createToken, type Token } from '../../lib/token/token.ts'
import { raceAbort } from '../../lib/util/abort.ts'

export interface StaticTokens extends TokenSource {
  /** The number of calls of `renew()`. */
  readonly renewals: number
  /** The access tokens, none of which may appear in output. */
  readonly secrets: readonly string[]
}

export interface StaticTokensOptions {
  readonly site?: ResourceServer
  /** Delays the first token. @default no delay */
  readonly until?: Promise<unknown>
  /** Renewals fail with this. */
  readonly failure?: Error
}

/** Tokens `secret-1`, `secret-2`, ... */
export async function staticTokens({ site, until, failure }: StaticTokensOptions = {}): Promise<StaticTokens> {
  const make = (generation: number): Promise<Token> =>
    createToken({ accessToken: `secret-${String(generation)}`, scheme: 'Bearer', obtainedAt: 0, generation })
  let current = await make(1)
  let isThere = until === undefined
  let renewals = 0
  const secrets = [current.accessToken]
  return {
    ...(site && { resourceServer: site }),
    secrets,
    get renewals() {
      return renewals
    },
    peek: () => (isThere ? current : undefined),
    token: async ({ signal = new AbortController().signal }: GetTokenOptions = {}) => {
      await raceAbort(Promise.resolve(until), signal)
      isThere = true
      return current
    },
    renew: async (rejected: Token) => {
      renewals += 1
      if (failure) throw failure
      if (rejected.accessToken === current.accessToken) current = await make(current.generation + 1)
      secrets.push(current.accessToken)
      return current
    },
  }
}
