import { defineProvider } from '../providers/define-provider.ts'

/**
 * Notion: the API on behalf of a person who installed a public integration.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const notion = /* @__PURE__ */ defineProvider({
  id: 'notion',
  title: 'Notion',
  docs: 'https://developers.notion.com/docs/authorization',

  api: 'https://api.notion.com',
  token: {
    url: '/v1/oauth/token',
    encoding: 'json',
    headers: { 'Notion-Version': '{apiVersion=2022-06-28}' },
    basic: ['{clientId}', '{clientSecret}'],
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: { grant_type: 'authorization_code', code: '{code}', redirect_uri: '{redirectUri}' },
    },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: '/v1/oauth/authorize',
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      state: '{state}',
      owner: 'user',
    },
  },
  headers: { 'Notion-Version': '{apiVersion=2022-06-28}' },
})
