import { defineProvider } from '../providers/define-provider.ts'

/**
 * Slack: the Web API by the bot of an application (`scope`), or on behalf of a person (`authorizationUrl({ userScope })`). Where both are asked
 * for, the token is that of the bot.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const slack = /* @__PURE__ */ defineProvider({
  id: 'slack',
  title: 'Slack',
  docs: 'https://docs.slack.dev/authentication/installing-with-oauth',

  api: 'https://slack.com/api',
  token: {
    url: '/oauth.v2.access',
    basic: ['{clientId}', '{clientSecret}'],
    // The token of a person is one level down in the first answer, and at the top in those of renewals.
    answer: {
      token: ['access_token', 'authed_user.access_token'],
      refresh: ['refresh_token', 'authed_user.refresh_token'],
      scope: ['scope', 'authed_user.scope'],
      lifetime: [{ in: ['expires_in', 'authed_user.expires_in'] }],
    },
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: { grant_type: 'authorization_code', code: '{code}', redirect_uri: '{redirectUri}' },
    },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'lives',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://slack.com/oauth/v2/authorize',
    params: {
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope?}',
      user_scope: '{userScope?}',
      state: '{state}',
    },
  },
  rejectedWhen: [{ status: 200, at: 'error', is: ['token_expired', 'invalid_auth'] }],
  scopes: { separator: ',' },
})
