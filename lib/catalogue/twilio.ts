import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Twilio, as an OAuth app. Its APIs have many hosts: `resources` names those that receive the token.
 *
 * From the documentation as of 2026-11, and less sure than the other providers here; not checked against the live service.
 */
export const twilio = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://oauth.twilio.com/v2/token',
    clientAuthentication: 'client_secret_post',
  }),
  id: 'twilio',
  title: 'Twilio',
  docs: 'https://www.twilio.com/docs/iam/oauth-apps',
})
