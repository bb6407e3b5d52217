import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Linear: the API on behalf of a person, or of the application (`authorizationUrl({ actor: 'app' })`).
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const linear = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://linear.app/oauth/authorize',
    authorizationParams: { actor: '{actor?}' },
    tokenEndpoint: 'https://api.linear.app/oauth/token',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    pkce: false,
    api: 'https://api.linear.app',
  }),
  id: 'linear',
  title: 'Linear',
  docs: 'https://linear.app/developers/oauth-2-0-authentication',
  scopes: { separator: ',' },
})
