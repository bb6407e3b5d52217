import { defineProvider } from '../providers/define-provider.ts'

/**
 * GitHub, on behalf of a person. Tokens of GitHub Apps run out after 8 hours and are renewed; those of OAuth apps do neither. An
 * installation of an app is `githubApp`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const github = /* @__PURE__ */ defineProvider({
  id: 'github',
  title: 'GitHub, on behalf of a person',
  docs: 'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens',
  api: 'https://api.github.com',
  headers: { 'X-GitHub-Api-Version': '{apiVersion=2022-11-28}' },
  token: {
    url: 'https://github.com/login/oauth/access_token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    // With status 200.
    errors: { denied: [{ at: 'error', is: ['bad_verification_code', 'bad_refresh_token'] }] },
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: { code: '{code}', redirect_uri: '{redirectUri}', code_verifier: '{codeVerifier}' },
    },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'dies',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://github.com/login/oauth/authorize',
    pkce: true,
    params: {
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope?}',
      state: '{state}',
      code_challenge: '{codeChallenge}',
      code_challenge_method: 'S256',
    },
  },
})
