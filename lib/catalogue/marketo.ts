import { defineProvider } from '../providers/define-provider.ts'

/**
 * Marketo Engage: the REST API of the instance `munchkinId`, e.g. `123-abc-456`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const marketo = /* @__PURE__ */ defineProvider({
  id: 'marketo',
  title: 'Marketo Engage',
  docs: 'https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/authentication',

  api: 'https://{munchkinId}.mktorest.com',
  token: {
    url: '/identity/oauth/token',
    method: 'GET',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
  },
  grants: { client_credentials: { params: { grant_type: 'client_credentials' } } },
  // With status 200: the token is invalid, or has expired.
  rejectedWhen: [{ status: 200, at: 'errors.0.code', is: ['601', '602'] }],
})
