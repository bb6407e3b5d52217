import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Zoom: the API by a server-to-server app of the account `accountId`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const zoom = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://zoom.us/oauth/token',
    clientAuthentication: 'client_secret_basic',
    extensionGrants: {
      account_credentials: { grantType: 'account_credentials', params: { account_id: '{accountId}' } },
    },
    api: 'https://api.zoom.us',
  }),
  id: 'zoom',
  title: 'Zoom',
  docs: 'https://developers.zoom.us/docs/internal-apps/s2s-oauth/',
})
