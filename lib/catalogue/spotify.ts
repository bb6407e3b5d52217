import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Spotify: the Web API, by the client itself or on behalf of a person whose refresh token is at hand.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const spotify = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://accounts.spotify.com/authorize',
    tokenEndpoint: 'https://accounts.spotify.com/api/token',
    clientAuthentication: 'client_secret_basic',
    grants: ['client_credentials', 'authorization_code', 'refresh_token'],
    api: 'https://api.spotify.com',
  }),
  id: 'spotify',
  title: 'Spotify',
  docs: 'https://developer.spotify.com/documentation/web-api/concepts/authorization',
})
