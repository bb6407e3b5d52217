import { defineProvider } from '../providers/define-provider.ts'

/**
 * Box: the API by the service account of an enterprise (`subjectId`), by a user of its own (`subjectType: 'user'`), or by a signed assertion.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const box = /* @__PURE__ */ defineProvider({
  id: 'box',
  title: 'Box',
  docs: 'https://developer.box.com/guides/authentication/',

  api: 'https://api.box.com',
  token: {
    url: '/oauth2/token',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
  },
  grants: {
    client_credentials: {
      params: {
        grant_type: 'client_credentials',
        box_subject_type: '{subjectType=enterprise}',
        box_subject_id: '{subjectId}',
      },
    },
    jwt_bearer: {
      params: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: '{assertion}' },
    },
  },
})
