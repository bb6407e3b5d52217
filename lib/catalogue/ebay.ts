import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * eBay: the APIs by the client itself; the credential `domain` is `sandbox.ebay.com` for the sandbox.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const ebay = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://api.{domain=ebay.com}/identity/v1/oauth2/token',
    clientAuthentication: 'client_secret_basic',
    api: 'https://api.{domain=ebay.com}',
  }),
  id: 'ebay',
  title: 'eBay',
  docs: 'https://developer.ebay.com/api-docs/static/oauth-client-credentials-grant.html',
})
