// For each flow the definition that it is of, the grant and the credentials; or the reason why the catalogue does not have it.
import type { DefaultGrant, GrantChoice } from '../../lib/definitions/credentials.ts'
import type { ProviderDefinition } from '../../lib/providers.ts'
import type { TokenManagerOptions } from '../../lib/token/options.ts'
import { amadeus } from '../../lib/catalogue/amadeus.ts'
import { atlassian } from '../../lib/catalogue/atlassian.ts'
import { auth0 } from '../../lib/catalogue/auth0.ts'
import { cognito } from '../../lib/catalogue/cognito.ts'
import { entra } from '../../lib/catalogue/entra.ts'
import { fedex } from '../../lib/catalogue/fedex.ts'
import { fitbit } from '../../lib/catalogue/fitbit.ts'
import { github } from '../../lib/catalogue/github.ts'
import { githubApp } from '../../lib/catalogue/github-app.ts'
import { gitlab } from '../../lib/catalogue/gitlab.ts'
import { google } from '../../lib/catalogue/google.ts'
import { googleServiceAccount } from '../../lib/catalogue/google-service-account.ts'
import { hubspot } from '../../lib/catalogue/hubspot.ts'
import { keycloak } from '../../lib/catalogue/keycloak.ts'
import { mailchimp } from '../../lib/catalogue/mailchimp.ts'
import { okta } from '../../lib/catalogue/okta.ts'
import { paypal } from '../../lib/catalogue/paypal.ts'
import { ringcentral } from '../../lib/catalogue/ringcentral.ts'
import { servicenow } from '../../lib/catalogue/servicenow.ts'
import { spotify } from '../../lib/catalogue/spotify.ts'
import { strava } from '../../lib/catalogue/strava.ts'
import { twilio } from '../../lib/catalogue/twilio.ts'
import { xero } from '../../lib/catalogue/xero.ts'

/** Options of a manager, of any provider. */
export type Options = TokenManagerOptions<ProviderDefinition, string>

export interface Row {
  readonly options: Options
  /** The values of the authorization request. */
  readonly values: Readonly<Record<string, string>>
}

/** A row whose credentials the compiler checks. */
function row<const D extends ProviderDefinition, const G extends GrantChoice<D> = DefaultGrant<D>>(
  options: TokenManagerOptions<D, G>,
  values: Readonly<Record<string, string>> = {},
): Row {
  return { options, values }
}

const client = { clientId: 'cid', clientSecret: 'sec' }
const redirectUri = 'https://app.example/cb'
const assertion = 'a.signed.jwt'
const clientAssertion = assertion
const consent = { ...client, redirectUri }

/** By the id of the flow. */
export const TABLE: Readonly<Record<string, Row | string>> = {
  'hubspot/authorization_code': row({ provider: hubspot, credentials: consent }),
  'paypal/client_credentials': row({ provider: paypal, credentials: client }),
  'spotify/client_credentials': row({ provider: spotify, grant: 'client_credentials', credentials: client }),
  'spotify/refresh_token': row({
    provider: spotify,
    grant: 'refresh_token',
    credentials: { ...client, refreshToken: 'R1' },
  }),
  'mailchimp/authorization_code': row({
    provider: mailchimp,
    credentials: consent,
    resources: ['https://us19.api.mailchimp.com'],
  }),
  'xero/authorization_code': row({
    provider: xero,
    credentials: { ...consent, tenantId: 'ten' },
    scope: 'offline_access accounting.transactions',
  }),
  'atlassian/authorization_code': row({
    provider: atlassian,
    credentials: consent,
    scope: 'read:jira-work offline_access',
  }),
  'github/authorization_code': row({ provider: github, credentials: consent }),
  'github-app/installation': row({ provider: githubApp, credentials: { installationId: '42', assertion } }),
  'gitlab/authorization_code': row({ provider: gitlab, credentials: consent, scope: 'api' }),
  'google/service_account': row({
    provider: googleServiceAccount,
    credentials: { assertion },
    resources: ['https://www.googleapis.com'],
  }),
  'google/authorization_code': row({
    provider: google,
    grant: 'authorization_code',
    credentials: consent,
    scope: 'openid',
    resources: ['https://www.googleapis.com'],
  }),
  'google/refresh_token': row({
    provider: google,
    grant: 'refresh_token',
    credentials: { ...client, refreshToken: 'R1' },
    resources: ['https://www.googleapis.com'],
  }),
  'google/device': row({
    provider: google,
    grant: 'device_code',
    credentials: client,
    scope: 'email',
    resources: ['https://www.googleapis.com'],
  }),
  'entra/client_credentials': row({
    provider: entra,
    grant: 'client_credentials',
    credentials: { ...client, tenant: 'ten' },
    scope: 'https://graph.microsoft.com/.default',
    resources: ['https://graph.microsoft.com'],
  }),
  'entra/certificate': row({
    provider: entra,
    grant: 'certificate',
    credentials: { clientId: 'cid', clientAssertion, tenant: 'ten' },
    scope: 'https://graph.microsoft.com/.default',
    resources: ['https://graph.microsoft.com'],
  }),
  'entra/on_behalf_of': row({
    provider: entra,
    grant: 'on_behalf_of',
    credentials: { ...client, tenant: 'ten', assertion: 'user.jwt.x' },
    scope: 'https://graph.microsoft.com/user.read',
    resources: ['https://graph.microsoft.com'],
  }),
  'auth0/client_credentials': row({
    provider: auth0,
    credentials: { ...client, domain: 'acme.eu.auth0.com', audience: 'https://api.acme' },
    resources: ['https://api.acme.example'],
  }),
  'okta/private_key_jwt': row({
    provider: okta,
    credentials: { clientId: 'cid', clientAssertion, domain: 'acme.okta.com' },
    scope: 'okta.users.read',
  }),
  'okta/dpop': 'proof of possession on each request (RFC 9449) is not part of this library',
  'keycloak/client_credentials': row({
    provider: keycloak,
    grant: 'client_credentials',
    credentials: { ...client, server: 'https://kc.example', realm: 'r' },
    resources: ['https://api.example'],
  }),
  'keycloak/token_exchange': row({
    provider: keycloak,
    grant: 'token_exchange',
    credentials: { ...client, server: 'https://kc.example', realm: 'r', subjectToken: 'sub', audience: 'svc' },
    resources: ['https://api.example'],
  }),
  'cognito/client_credentials': row({
    provider: cognito,
    credentials: { ...client, domain: 'acme.auth.eu-west-1.amazoncognito.com' },
    scope: 'api/read',
    resources: ['https://api.example'],
  }),
  'servicenow/password': row({
    provider: servicenow,
    credentials: { ...client, instance: 'acme', username: 'u', password: 'p' },
  }),
  'ringcentral/jwt': row({ provider: ringcentral, credentials: { ...client, assertion: 'rc.jwt.x' } }),
  'twilio/client_credentials': row({
    provider: twilio,
    credentials: client,
    resources: ['https://api.twilio.com'],
  }),
  'fedex/client_credentials': row({ provider: fedex, credentials: client }),
  'amadeus/client_credentials': row({ provider: amadeus, credentials: { ...client, host: 'test.api.amadeus.com' } }),
  'strava/authorization_code': row({ provider: strava, credentials: consent, scope: 'read activity:read' }),
  'fitbit/authorization_code': row({ provider: fitbit, credentials: consent, scope: 'activity' }),
}
