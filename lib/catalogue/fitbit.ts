import { defineProvider } from '../providers/define-provider.ts'

/**
 * Fitbit Web API, on behalf of a person.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const fitbit = /* @__PURE__ */ defineProvider({
  id: 'fitbit',
  title: 'Fitbit',
  docs: 'https://dev.fitbit.com/build/reference/web-api/authorization/',
  api: 'https://api.fitbit.com',
  token: {
    url: '/oauth2/token',
    basic: ['{clientId}', '{clientSecret}'],
    params: { client_id: '{clientId}' },
    errors: { code: ['error', 'errors.0.errorType'], message: ['error_description', 'errors.0.message'] },
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: {
        grant_type: 'authorization_code',
        code: '{code}',
        redirect_uri: '{redirectUri}',
        code_verifier: '{codeVerifier}',
      },
    },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://www.fitbit.com/oauth2/authorize',
    pkce: true,
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope}',
      state: '{state}',
      code_challenge: '{codeChallenge}',
      code_challenge_method: 'S256',
      prompt: '{prompt?}',
    },
  },
})
