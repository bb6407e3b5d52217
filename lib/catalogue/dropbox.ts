import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Dropbox: the API on behalf of a person. For files, `https://content.dropboxapi.com` goes into `resources` too.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const dropbox = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
    authorizationParams: { token_access_type: '{tokenAccessType=offline}' },
    tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    pkce: false,
    api: 'https://api.dropboxapi.com',
  }),
  id: 'dropbox',
  title: 'Dropbox',
  docs: 'https://developers.dropbox.com/oauth-guide',
})
