// KnetikCloud (JSAPI): Spring's token endpoint behind a form, two shapes of refusal, social logins that are good for one use.

import { randomUUID } from 'node:crypto'
import { knetikcloud } from '../providers.ts'
import type { Answer } from './answer.ts'
import { knetikcloudResources, refuse } from './knetikcloud-resources.ts'
import {
  KnetikcloudDesk,
  type KnetikcloudAccount,
  type KnetikcloudGrants,
  type KnetikcloudSwitches,
} from './knetikcloud-desk.ts'
import { knetikcloudToken } from './knetikcloud-token.ts'
import type { Blueprint, Pointed, System } from './system.ts'
import { TokenBook, type Standing } from './token-book.ts'

/** Who is known to the system. */
export interface KnetikcloudOptions {
  /** The client with a secret; without one, the client is `knetik`. */
  readonly clientId?: string
  readonly clientSecret?: string
  /** The first is the one `grants.password` names. */
  readonly accounts?: readonly KnetikcloudAccount[]
}

/** What people do by hand. */
export interface KnetikcloudActions {
  /** A person's token at Facebook or Google, good for one use. */
  socialToken(network: 'facebook' | 'google', username?: string): string
  /** Credentials of an account, for the password grant. */
  login(username: string): KnetikcloudAccount
}

/** What `knetikcloudEmulator()` sets up. */
export type KnetikcloudSystem = System<
  Pointed<typeof knetikcloud>,
  KnetikcloudGrants['client_credentials'],
  KnetikcloudGrants,
  KnetikcloudSwitches,
  KnetikcloudActions
>

const ACCOUNTS: readonly [KnetikcloudAccount, ...KnetikcloudAccount[]] = [
  { username: 'jdoe', password: 'pass+/&= %:1' },
  { username: 'asmith', password: 'pass+/&= %:2' },
]

/** KnetikCloud (JSAPI). */
export function knetikcloudEmulator(options: KnetikcloudOptions = {}): Blueprint<KnetikcloudSystem> {
  return ({ url, now }) => {
    const { clientId = 'server-client-id', clientSecret = 'sesame+/&= %:1', accounts = ACCOUNTS } = options
    const client = { clientId, clientSecret }
    const [first = ACCOUNTS[0]] = accounts
    const switches: KnetikcloudSwitches = {
      expiresInAsText: false,
      rotate: false,
      refreshKills: false,
      invalidTokenStatus: 401,
    }
    const tokens = new TokenBook({ accessToken: () => randomUUID(), refreshToken: () => randomUUID() }, 3_600, now)
    const desk = new KnetikcloudDesk(client, accounts, tokens, switches)
    return {
      root: '',
      provider: { ...knetikcloud, api: url },
      credentials: client,
      grants: { client_credentials: client, password: first },
      switches,
      actions: {
        socialToken: (network, username = first.username) => desk.socialToken(network, username),
        login: (username) => ({ username, password: desk.find(username)?.password ?? '' }),
      },
      tokens,
      usual: { grant: 'client_credentials', scope: 'write read' },
      routes: {
        'POST /oauth/token': { kind: 'token', handle: knetikcloudToken(desk) },
        ...knetikcloudResources(desk),
      },
      unauthorized: (standing, { headers }) => unauthorized(standing, 'authorization' in headers, switches),
      notFound: () => refuse(404, 'Not found'),
    }
  }
}

function unauthorized(standing: Standing, hasHeader: boolean, { invalidTokenStatus }: KnetikcloudSwitches): Answer {
  if (!hasHeader) return refuse(401, 'Full authentication is required to access this resource')
  const error_description = standing === 'expired' ? 'Access token expired' : 'Invalid access token'
  return { status: invalidTokenStatus, body: { error: 'invalid_token', error_description } }
}
