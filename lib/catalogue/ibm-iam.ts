import { defineProvider } from '../providers/define-provider.ts'

/**
 * IBM Cloud IAM: tokens for the services of IBM Cloud, by an API key. The hosts of the services are given as `resources`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const ibmIam = /* @__PURE__ */ defineProvider({
  id: 'ibm-iam',
  title: 'IBM Cloud IAM',
  docs: 'https://cloud.ibm.com/docs/account?topic=account-iamtoken_from_apikey',

  token: { url: 'https://iam.cloud.ibm.com/identity/token' },
  grants: {
    apikey: { params: { grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: '{apiKey}' } },
  },
})
