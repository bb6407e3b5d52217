import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * GitLab, on behalf of a person: gitlab.com, or a server of one's own, whose `host` is a credential.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const gitlab = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{host=gitlab.com}/oauth/token',
    authorizationEndpoint: 'https://{host=gitlab.com}/oauth/authorize',
    clientAuthentication: 'client_secret_post',
    grants: ['authorization_code'],
    api: 'https://{host=gitlab.com}/api/v4',
  }),
  id: 'gitlab',
  title: 'GitLab',
  docs: 'https://docs.gitlab.com/api/oauth2/',
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'dies',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
})
