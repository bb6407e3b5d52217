import { defineProvider } from '../providers/define-provider.ts'

/**
 * Microsoft Entra ID: an application with a secret (`client_credentials`) or with a certificate (`certificate`, whose credential `clientAssertion` is
 * `privateKeyJwt({ key, certificate })`), and a service on behalf of a person (`on_behalf_of`, whose `assertion` is the person's token). `tenant`
 * is an id or a domain; `scope` of an application is that of one API, such as `https://graph.microsoft.com/.default`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const entra = /* @__PURE__ */ defineProvider({
  id: 'entra',
  title: 'Microsoft Entra ID',
  docs: 'https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow',
  token: {
    url: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}', scope: '{scope}' },
  },
  grants: {
    client_credentials: { params: { grant_type: 'client_credentials' } },
    certificate: {
      params: {
        grant_type: 'client_credentials',
        client_secret: null,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: '{clientAssertion}',
      },
    },
    on_behalf_of: {
      params: {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: '{assertion}',
        requested_token_use: 'on_behalf_of',
      },
    },
  },
})
