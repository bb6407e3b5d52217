import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Twitch: the API by the client itself.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const twitch = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://id.twitch.tv/oauth2/token',
    clientAuthentication: 'client_secret_post',
    api: 'https://api.twitch.tv',
    headers: { 'Client-Id': '{clientId}' },
  }),
  id: 'twitch',
  title: 'Twitch',
  docs: 'https://dev.twitch.tv/docs/authentication/getting-tokens-oauth/',
})
