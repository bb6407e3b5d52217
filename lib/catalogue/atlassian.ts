import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Atlassian Cloud, on behalf of a person: Jira, Confluence. A refresh token comes with the scope `offline_access`. Paths of the APIs hold the id of a
 * site, which `https://api.atlassian.com/oauth/token/accessible-resources` tells.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const atlassian = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://auth.atlassian.com/oauth/token',
    authorizationEndpoint: 'https://auth.atlassian.com/authorize',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    encoding: 'json',
    pkce: false,
    authorizationParams: { audience: 'api.atlassian.com', prompt: '{prompt=consent}' },
    api: 'https://api.atlassian.com',
  }),
  id: 'atlassian',
  title: 'Atlassian Cloud',
  docs: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
})
