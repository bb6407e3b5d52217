import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Etsy: the Open API on behalf of a person.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const etsy = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://www.etsy.com/oauth/connect',
    tokenEndpoint: 'https://api.etsy.com/v3/public/oauth/token',
    clientAuthentication: 'none',
    grants: ['authorization_code'],
    api: 'https://openapi.etsy.com',
    headers: { 'x-api-key': '{clientId}' },
  }),
  id: 'etsy',
  title: 'Etsy',
  docs: 'https://developers.etsy.com/documentation/essentials/authentication',
})
