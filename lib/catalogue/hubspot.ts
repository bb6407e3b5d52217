import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * HubSpot: the API on behalf of an account that installed the application.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const hubspot = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://app.hubspot.com/oauth/authorize',
    tokenEndpoint: 'https://api.hubapi.com/oauth/v1/token',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    pkce: false,
    api: 'https://api.hubapi.com',
  }),
  id: 'hubspot',
  title: 'HubSpot',
  docs: 'https://developers.hubspot.com/docs/api/working-with-oauth',
})
