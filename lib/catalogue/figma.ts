import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Figma: the REST API on behalf of a person.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const figma = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://www.figma.com/oauth',
    tokenEndpoint: 'https://api.figma.com/v1/oauth/token',
    clientAuthentication: 'client_secret_basic',
    grants: ['authorization_code'],
    pkce: false,
    api: 'https://api.figma.com',
  }),
  id: 'figma',
  title: 'Figma',
  docs: 'https://developers.figma.com/docs/rest-api/authentication/',
  renewal: {
    url: 'https://api.figma.com/v1/oauth/refresh',
    refreshToken: 'keeps',
    accessToken: 'unknown',
    params: { refresh_token: '{refreshToken}' },
  },
})
