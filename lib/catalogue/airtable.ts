import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Airtable: the Web API on behalf of a person, by a confidential client.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const airtable = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    authorizationEndpoint: 'https://airtable.com/oauth2/v1/authorize',
    tokenEndpoint: 'https://airtable.com/oauth2/v1/token',
    clientAuthentication: 'client_secret_basic',
    grants: ['authorization_code'],
    api: 'https://api.airtable.com',
  }),
  id: 'airtable',
  title: 'Airtable',
  docs: 'https://airtable.com/developers/web/api/oauth-reference',
})
