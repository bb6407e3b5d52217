import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Google, on behalf of a person: by consent in a browser, on a device without one, or from a refresh token. A service account is
 * `googleServiceAccount`. Google's APIs have many hosts: `resources` names those that receive the token.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const google = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
    deviceAuthorizationEndpoint: 'https://oauth2.googleapis.com/device/code',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code', 'device_code', 'refresh_token'],
    // A refresh token comes with offline access only, and after the first consent only if consent is asked for again.
    authorizationParams: { access_type: 'offline', prompt: '{prompt=consent}' },
  }),
  id: 'google',
  title: 'Google, on behalf of a person',
  docs: 'https://developers.google.com/identity/protocols/oauth2/web-server',
  deviceAuthorization: {
    by: 'client',
    url: 'https://oauth2.googleapis.com/device/code',
    params: { client_secret: null, scope: '{scope}' },
  },
})
