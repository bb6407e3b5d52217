import { defineProvider } from '../providers/define-provider.ts'

/**
 * Salesforce, as an application with a key, for a user: the credential `assertion` is
 * `signedJwt({ key, claims: { iss: clientId, sub: username, aud: 'https://login.salesforce.com' } })`; `host` and `domain` as of
 * `salesforce`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const salesforceJwt = /* @__PURE__ */ defineProvider({
  id: 'salesforce-jwt',
  title: 'Salesforce, as an application with a key',
  docs: 'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm',
  api: 'https://{instance}.{domain=my}.salesforce.com',
  token: {
    url: 'https://{host=login.salesforce.com}/services/oauth2/token',
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
    jwt_bearer: {
      params: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: '{assertion}' },
    },
  },
})
