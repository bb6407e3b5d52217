import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * RingCentral, by the JWT of a user: the credential `assertion` is that which its developer console gives.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const ringcentral = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://platform.ringcentral.com/restapi/oauth/token',
    clientAuthentication: 'client_secret_basic',
    grants: ['jwt_bearer'],
    api: 'https://platform.ringcentral.com/restapi',
  }),
  id: 'ringcentral',
  title: 'RingCentral',
  docs: 'https://developers.ringcentral.com/guide/authentication/jwt-flow',
})
