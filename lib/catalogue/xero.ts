import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Xero, on behalf of a person. A refresh token comes with the scope `offline_access`. `https://api.xero.com/connections` tells the organisations that the
 * person has connected: the credential `tenantId` puts one on every API request, or a client for each sets `xero-tenant-id` itself.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const xero = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://identity.xero.com/connect/token',
    authorizationEndpoint: 'https://login.xero.com/identity/connect/authorize',
    issuer: 'https://identity.xero.com',
    clientAuthentication: 'client_secret_basic',
    grants: ['authorization_code'],
    api: 'https://api.xero.com',
    headers: { 'Xero-Tenant-Id': '{tenantId?}' },
  }),
  id: 'xero',
  title: 'Xero',
  docs: 'https://developer.xero.com/documentation/guides/oauth2/auth-flow/',
})
