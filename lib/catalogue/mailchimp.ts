import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Mailchimp Marketing. Tokens have no end, and are not renewed. The host of an account's API, such as `https://us19.api.mailchimp.com`, is told by
 * `https://login.mailchimp.com/oauth2/metadata`; `resources` of the client names it.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const mailchimp = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://login.mailchimp.com/oauth2/token',
    authorizationEndpoint: 'https://login.mailchimp.com/oauth2/authorize',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    pkce: false,
  }),
  id: 'mailchimp',
  title: 'Mailchimp Marketing',
  docs: 'https://mailchimp.com/developer/marketing/guides/access-user-data-oauth-2/',
})
