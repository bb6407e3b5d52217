import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Keycloak: a service account, and token exchange. `server` is the URL above `/realms`: `https://id.example.com`, or `https://id.example.com/auth`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const keycloak = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: '{server}/realms/{realm}/protocol/openid-connect/token',
    clientAuthentication: 'client_secret_basic',
    grants: ['client_credentials', 'token_exchange'],
    audience: '{audience?}',
  }),
  id: 'keycloak',
  title: 'Keycloak',
  docs: 'https://www.keycloak.org/securing-apps/token-exchange',
})
