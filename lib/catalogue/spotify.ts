import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Spotify: the Web API, by the client itself, or for a person by a refresh token that is at hand (`grant: 'refresh_token'`).
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const spotify = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://accounts.spotify.com/api/token',
    clientAuthentication: 'client_secret_basic',
    api: 'https://api.spotify.com',
  }),
  id: 'spotify',
  title: 'Spotify',
  docs: 'https://developer.spotify.com/documentation/web-api/tutorials/client-credentials-flow',
})
