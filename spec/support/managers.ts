// Managers with a fake token endpoint and a virtual clock.
import './instant-digest.ts'
import { defineProvider } from '../../lib/providers/define-provider.ts'
import type { CommonOptions } from '../../lib/token/options.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { VirtualClock } from './clock.ts'
import { FakeEndpoint } from './fake-endpoint.ts'

/** A plain provider: form encoding, client credentials in the body, a password grant with refresh tokens. */
export const plain = defineProvider({
  id: 'plain',
  title: 'A server of no particular kind',
  docs: 'https://plain.example',
  api: 'https://plain.example/api',
  token: {
    url: 'https://plain.example/token',
    encoding: 'form',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    errors: { code: 'error', message: 'error_description' },
  },
  grants: {
    client_credentials: { params: { grant_type: 'client_credentials', scope: '{scope?}' } },
    password: { params: { grant_type: 'password', username: '{username}', password: '{password}' } },
    once: { repeatable: false, params: { grant_type: 'once', code: '{onceCode}' } },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'lives',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
})

export const secrets = { clientId: 'the-client', clientSecret: 'client-secret-value', onceCode: 'once-code-value' }

export interface Setup {
  readonly clock: VirtualClock
  readonly endpoint: FakeEndpoint
  readonly tokens: TokenManager
}

/** A manager of `client_credentials`, or of a grant whose credentials can be used once. */
export function setup(options: CommonOptions & { readonly once?: boolean } = {}): Setup {
  const { once = false, ...common } = options
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  const { clientId, clientSecret, onceCode } = secrets
  const account = common.store && { account: 'ops' }
  const shared = { provider: plain, clock, transport: endpoint.transport, ...account, ...common }
  const tokens = once
    ? createTokenManager({ ...shared, grant: 'once', credentials: { clientId, clientSecret, onceCode } })
    : createTokenManager({ ...shared, grant: 'client_credentials', credentials: { clientId, clientSecret } })
  return { clock, endpoint, tokens }
}
