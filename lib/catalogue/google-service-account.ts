import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Google, as a service account: the credential `assertion` is `signedJwt({ key, claims: { iss, scope, sub } })`, with `private_key` and `client_email`
 * of the account's file as `key` and `iss`; `sub` is the person that it acts for, if any. Google's APIs have many hosts: `resources`
 * names those that receive the token.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const googleServiceAccount = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://oauth2.googleapis.com/token',
    clientAuthentication: 'none',
    grants: ['jwt_bearer'],
  }),
  id: 'google-service-account',
  title: 'Google, as a service account',
  docs: 'https://developers.google.com/identity/protocols/oauth2/service-account',
})
