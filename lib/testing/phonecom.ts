// Phone.com v4: 201 for a token, Mason for a refusal, the wait of a 429 inside its body.

import { phonecom } from '../providers.ts'
import type { Answer } from './answer.ts'
import { mason, refuse, tooMany } from './phonecom-answers.ts'
import { PhonecomDesk, type PhonecomAccount, type PhonecomClient, type PhonecomSwitches } from './phonecom-desk.ts'
import { phonecomResources } from './phonecom-resources.ts'
import { phonecomToken } from './phonecom-token.ts'
import type { Blueprint, Pointed, Routes, System } from './system.ts'

/** Who is known to the system. */
export interface PhonecomOptions extends Partial<PhonecomClient>, Partial<PhonecomAccount> {
  /** Where people are sent back to. */
  readonly redirectUri?: string
}

/** Credentials the system accepts, by grant. */
export interface PhonecomGrants {
  readonly client_credentials: PhonecomClient
  readonly password: PhonecomClient & PhonecomAccount
  /** The code comes from `authorizationUrl()`, or from `actions.authorizationCode()`. */
  readonly authorization_code: PhonecomClient & { readonly redirectUri: string }
}

/** What people do by hand. */
export interface PhonecomActions {
  /** A code as a person's consent gives it, good for one use. */
  authorizationCode(scope?: string): string
}

/** What `phonecomEmulator()` sets up. */
export type PhonecomSystem = System<
  Pointed<typeof phonecom>,
  PhonecomClient,
  PhonecomGrants,
  PhonecomSwitches,
  PhonecomActions
>

/** Phone.com API v4. */
export function phonecomEmulator(options: PhonecomOptions = {}): Blueprint<PhonecomSystem> {
  return ({ url, now }) => {
    const root = '/v4'
    const { clientId = 'phonecom-client', clientSecret = 'sesame+/&= %:1' } = options
    const { username = 'ann', password = 'pass+/&= %:1', redirectUri = 'https://app.example/callback' } = options
    const client = { clientId, clientSecret }
    const account = { username, password }
    const switches = { permanent: false, rateLimited: undefined, keepRefresh: false, denied: false }
    const desk = new PhonecomDesk(client, account, switches, now)
    const routes = {
      'POST /v4/oauth/access-token': { kind: 'token', handle: phonecomToken(desk) },
      ...phonecomResources(desk, now, redirectUri),
    } as const
    return {
      root,
      provider: { ...phonecom, api: url + root },
      credentials: client,
      grants: {
        client_credentials: client,
        password: { ...client, ...account },
        authorization_code: { ...client, redirectUri },
      },
      switches,
      actions: { authorizationCode: (scope = desk.usualScope) => desk.code(redirectUri, scope) },
      tokens: desk.tokens,
      usual: { grant: 'client_credentials', scope: desk.usualScope, refresh: true },
      routes: limited(routes, desk.switches),
      unauthorized: (standing) =>
        refuse(401, 'access_denied', standing === 'expired' ? 'The access token expired' : 'Invalid access token'),
      notFound: () => mason(404, 'Not Found'),
    }
  }
}

/** The routes, each of which answers 429 while that is switched on. */
function limited(routes: Routes, switches: PhonecomSwitches): Routes {
  const unless = <Args extends unknown[]>(handle: (...args: Args) => Answer) => {
    return (...args: Args): Answer =>
      switches.rateLimited === undefined ? handle(...args) : tooMany(switches.rateLimited)
  }
  return Object.fromEntries(
    Object.entries(routes).map(([name, route]) => [
      name,
      'handle' in route ? { ...route, handle: unless(route.handle) } : { ...route, guarded: unless(route.guarded) },
    ]),
  )
}
