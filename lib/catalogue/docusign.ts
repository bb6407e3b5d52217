import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * DocuSign: the JWT grant. The host of the API differs by account and is given as `resources`; the credential `host` is
 * `account-d.docusign.com` for developer accounts.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const docusign = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{host=account.docusign.com}/oauth/token',
    clientAuthentication: 'none',
    grants: ['jwt_bearer'],
  }),
  id: 'docusign',
  title: 'DocuSign',
  docs: 'https://developers.docusign.com/platform/auth/jwt/',
})
