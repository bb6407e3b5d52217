// The session that the pages and workers of this origin share.
import { createTokenManager, type TokenManager } from 'tokenflight'
import { oauth2 } from 'tokenflight/providers'
import { webStore } from 'tokenflight/stores/web'

/** `issuer`: the one that authorization responses name. */
export function openSession(issuer: string): TokenManager {
  return createTokenManager({
    provider: oauth2({
      id: 'tabs',
      issuer,
      api: '/api',
      tokenEndpoint: '/token',
      authorizationEndpoint: '/authorize',
      clientAuthentication: 'none',
      grants: ['authorization_code'],
    }),
    grant: 'authorization_code',
    credentials: { clientId: 'client', redirectUri: `${location.origin}/` },
    account: 'me',
    store: webStore('tabs'),
  })
}
