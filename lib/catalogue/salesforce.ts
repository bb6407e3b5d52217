import { defineProvider } from '../providers/define-provider.ts'

/**
 * Salesforce: as an application (`client_credentials`, whose `host` is that of My Domain), or on behalf of a person. The API is at the instance that
 * each token response names, `https://{instance}.my.salesforce.com`; the credential `domain` is `sandbox.my`, `develop.my` or `scratch.my` for orgs of that
 * kind, and `host` is `test.salesforce.com` for sandboxes. Applications with a key are `salesforceJwt`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const salesforce = /* @__PURE__ */ defineProvider({
  id: 'salesforce',
  title: 'Salesforce',
  docs: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flows.htm',
  api: 'https://{instance}.{domain=my}.salesforce.com',
  token: {
    url: 'https://{host=login.salesforce.com}/services/oauth2/token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    answer: {
      keep: {
        instance: {
          at: 'instance_url',
          is: [
            'https://{instance}.my.salesforce.com',
            'https://{instance}.sandbox.my.salesforce.com',
            'https://{instance}.develop.my.salesforce.com',
            'https://{instance}.scratch.my.salesforce.com',
          ],
        },
      },
    },
  },
  grants: {
    client_credentials: {
      url: 'https://{host}/services/oauth2/token',
      params: { grant_type: 'client_credentials' },
    },
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
    refreshToken: 'unknown',
    accessToken: 'unknown',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: 'https://{host=login.salesforce.com}/services/oauth2/authorize',
    pkce: true,
    params: {
      response_type: 'code',
      client_id: '{clientId}',
      redirect_uri: '{redirectUri}',
      scope: '{scope?}',
      state: '{state}',
      prompt: '{prompt=consent}',
      login_hint: '{loginHint?}',
      code_challenge: '{codeChallenge}',
      code_challenge_method: 'S256',
    },
  },
})
