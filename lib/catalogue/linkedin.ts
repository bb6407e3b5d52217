import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * LinkedIn: the APIs on behalf of a member; those that are versioned need the credential `apiVersion`, e.g. `202611`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const linkedin = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://www.linkedin.com/oauth/v2/authorization',
    tokenEndpoint: 'https://www.linkedin.com/oauth/v2/accessToken',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    pkce: false,
    api: 'https://api.linkedin.com',
    headers: { 'LinkedIn-Version': '{apiVersion?}' },
  }),
  id: 'linkedin',
  title: 'LinkedIn',
  docs: 'https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow',
})
