import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * ServiceNow, by a user's name and password. `instance` is the name before `.service-now.com`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const servicenow = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{instance}.service-now.com/oauth_token.do',
    clientAuthentication: 'client_secret_post',
    grants: ['password'],
    api: 'https://{instance}.service-now.com/api',
  }),
  id: 'servicenow',
  title: 'ServiceNow',
  docs: 'https://www.servicenow.com/docs/bundle/zurich-platform-security/page/administer/security/concept/c_OAuthApplications.html',
})
