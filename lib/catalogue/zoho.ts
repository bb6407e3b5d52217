import { defineProvider } from '../providers/define-provider.ts'

/**
 * Zoho, on behalf of a person: the callback names the accounts server of the person's data center, and each token response the host of the API.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const zoho = /* @__PURE__ */ defineProvider({
  id: 'zoho',
  title: 'Zoho',
  docs: 'https://www.zoho.com/accounts/protocol/oauth/web-apps/authorization.html',
  api: '{apiDomain}',
  placement: { header: 'Authorization', value: 'Zoho-oauthtoken {token}' },
  token: {
    url: '{accounts=https://accounts.zoho.com}/oauth/v2/token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    answer: {
      // Some answers have `expires_in` in milliseconds; those have `expires_in_sec` too.
      lifetime: [{ in: 'expires_in_sec' }, { in: 'expires_in' }],
      keep: {
        apiDomain: {
          at: 'api_domain',
          is: [
            'https://www.zohoapis.com',
            'https://www.zohoapis.eu',
            'https://www.zohoapis.in',
            'https://www.zohoapis.com.au',
            'https://www.zohoapis.jp',
            'https://www.zohoapis.ca',
            'https://www.zohoapis.sa',
            'https://www.zohoapis.uk',
            'https://www.zohoapis.com.cn',
          ],
        },
      },
    },
    // With status 200, of a code or of a refresh token.
    errors: { denied: [{ at: 'error', is: 'invalid_code' }] },
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
    refreshToken: 'keeps',
    accessToken: 'lives',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://accounts.zoho.com/oauth/v2/auth',
    pkce: true,
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope?}',
      state: '{state}',
      access_type: 'offline',
      prompt: '{prompt=consent}',
      code_challenge: '{codeChallenge}',
      code_challenge_method: 'S256',
    },
    callback: {
      keep: {
        accounts: {
          name: 'accounts-server',
          is: [
            'https://accounts.zoho.com',
            'https://accounts.zoho.eu',
            'https://accounts.zoho.in',
            'https://accounts.zoho.com.au',
            'https://accounts.zoho.jp',
            'https://accounts.zohocloud.ca',
            'https://accounts.zoho.sa',
            'https://accounts.zoho.uk',
            'https://accounts.zoho.com.cn',
          ],
        },
      },
    },
  },
  scopes: { separator: ',' },
})
