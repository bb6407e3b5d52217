import { defineProvider } from '../providers/define-provider.ts'
import { oauth2 } from '../providers/oauth2.ts'

/**
 * Amazon Cognito, machine to machine. `domain` is that of the user pool, such as `acme.auth.eu-west-1.amazoncognito.com`.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const cognito = /* @__PURE__ */ defineProvider({
  .../* @__PURE__ */ oauth2({
    tokenEndpoint: 'https://{domain}/oauth2/token',
    clientAuthentication: 'client_secret_basic',
  }),
  id: 'cognito',
  title: 'Amazon Cognito, machine to machine',
  docs: 'https://docs.aws.amazon.com/cognito/latest/developerguide/token-endpoint.html',
})
