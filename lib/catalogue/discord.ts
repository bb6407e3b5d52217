import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Discord: the API on behalf of a person. Bots have a token of their own, which never expires.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const discord = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://discord.com/oauth2/authorize',
    tokenEndpoint: 'https://discord.com/api/oauth2/token',
    clientAuthentication: 'client_secret_basic',
    grants: ['authorization_code'],
    pkce: false,
    api: 'https://discord.com/api',
  }),
  id: 'discord',
  title: 'Discord',
  docs: 'https://discord.com/developers/docs/topics/oauth2',
})
