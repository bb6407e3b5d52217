// For each flow the definition that it is of, the grant and the credentials; or the reason why the catalogue does not have it.
import type { DefaultGrant, GrantChoice } from '../../lib/definitions/credentials.ts'
import type { ProviderDefinition } from '../../lib/providers.ts'
import type { TokenManagerOptions } from '../../lib/token/options.ts'
import {
  airtable,
  amadeus,
  amazonSpApi,
  atlassian,
  auth0,
  box,
  cognito,
  discord,
  docusign,
  dropbox,
  ebay,
  entra,
  etsy,
  facebook,
  fedex,
  figma,
  fitbit,
  github,
  githubApp,
  gitlab,
  google,
  googleServiceAccount,
  hubspot,
  ibmIam,
  instagram,
  keycloak,
  linear,
  linkedin,
  mailchimp,
  marketo,
  notion,
  okta,
  paypal,
  pipedrive,
  quickbooks,
  reddit,
  ringcentral,
  salesforce,
  salesforceJwt,
  servicenow,
  shopify,
  slack,
  spotify,
  square,
  strava,
  stripeConnect,
  threads,
  tiktok,
  twilio,
  twitch,
  withings,
  x,
  xero,
  zoho,
  zoom,
} from '../../lib/catalogue.ts'

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
  'mailchimp/authorization_code': row({
    provider: mailchimp,
    credentials: consent,
    resources: ['https://us19.api.mailchimp.com'],
  }),
  'marketo/client_credentials': row({
    provider: marketo,
    credentials: { ...client, munchkinId: '123-abc' },
  }),
  'xero/authorization_code': row({
    provider: xero,
    credentials: { ...consent, tenantId: 'ten' },
    scope: 'offline_access accounting.transactions',
  }),
  'paypal/client_credentials': row({ provider: paypal, credentials: client }),
  'stripe-connect/authorization_code': row({
    provider: stripeConnect,
    credentials: { clientId: 'cid', clientSecret: 'sk_1' },
    scope: 'read_write',
  }),
  'square/authorization_code': row({
    provider: square,
    credentials: client,
    scope: 'MERCHANT_PROFILE_READ',
  }),
  'shopify/client_credentials': row({
    provider: shopify,
    grant: 'client_credentials',
    credentials: { ...client, shop: 'acme' },
  }),
  'shopify/authorization_code': row({
    provider: shopify,
    grant: 'authorization_code',
    credentials: { ...consent, shop: 'acme' },
    scope: ['read_products', 'write_orders'],
  }),
  'amazon-sp-api/refresh_token': row({
    provider: amazonSpApi,
    grant: 'refresh_token',
    credentials: { ...client, refreshToken: 'R1', region: 'eu' },
  }),
  'amazon-sp-api/authorization_code': row({
    provider: amazonSpApi,
    grant: 'authorization_code',
    credentials: { ...client, applicationId: 'app1', region: 'eu', sellerCentral: 'sellercentral.amazon.de' },
  }),
  'ebay/client_credentials': row({
    provider: ebay,
    credentials: client,
    scope: 'https://api.ebay.com/oauth/api_scope',
  }),
  'ebay/authorization_code':
    'The redirect URI is the name of a setting (RuName), not the address of the callback, which therefore cannot be held to it.',
  'etsy/authorization_code': row({
    provider: etsy,
    credentials: { clientId: 'cid', redirectUri },
    scope: 'transactions_r',
  }),
  'facebook/fb_exchange_token': row({
    provider: facebook,
    credentials: { ...client, shortToken: 'short' },
  }),
  'instagram/authorization_code':
    'The token of a code lives an hour and cannot be renewed; the renewal of a definition is that of all its grants.',
  'instagram/ig_exchange_token': row({
    provider: instagram,
    credentials: { clientSecret: 'sec', shortToken: 'short' },
  }),
  'threads/refresh': row({
    provider: threads,
    credentials: { clientSecret: 'sec', shortToken: 'short' },
  }),
  'tiktok/authorization_code': row({
    provider: tiktok,
    credentials: { clientKey: 'cid', clientSecret: 'sec', redirectUri },
    scope: ['user.info.basic', 'video.list'],
  }),
  'x/authorization_code': row({
    provider: x,
    credentials: consent,
    scope: 'tweet.read offline.access',
  }),
  'linkedin/authorization_code': row({
    provider: linkedin,
    credentials: { ...consent, apiVersion: '202501' },
    scope: ['openid', 'profile'],
  }),
  'reddit/authorization_code': row({
    provider: reddit,
    credentials: { ...consent, userAgent: 'web:app:v1 (by /u/me)' },
    scope: 'identity',
  }),
  'spotify/client_credentials': row({ provider: spotify, credentials: client }),
  'spotify/refresh_token': row({
    provider: spotify,
    grant: 'refresh_token',
    credentials: { ...client, refreshToken: 'R1' },
  }),
  'twitch/client_credentials': row({ provider: twitch, credentials: client }),
  'discord/authorization_code': row({ provider: discord, credentials: consent, scope: 'identify' }),
  'slack/bot': row({ provider: slack, credentials: consent, scope: ['chat:write', 'commands'] }),
  'slack/user': row({ provider: slack, credentials: consent }, { userScope: 'search:read' }),
  'notion/authorization_code': row({ provider: notion, credentials: consent }),
  'airtable/authorization_code': row({
    provider: airtable,
    credentials: consent,
    scope: 'data.records:read',
  }),
  'atlassian/authorization_code': row({
    provider: atlassian,
    credentials: consent,
    scope: 'read:jira-work offline_access',
  }),
  'linear/authorization_code': row(
    { provider: linear, credentials: consent, scope: ['read', 'write'] },
    { actor: 'app' },
  ),
  'figma/authorization_code': row({
    provider: figma,
    credentials: consent,
    scope: 'file_content:read',
  }),
  'box/client_credentials': row({
    provider: box,
    grant: 'client_credentials',
    credentials: { ...client, subjectId: 'e1' },
  }),
  'box/jwt': row({ provider: box, grant: 'jwt_bearer', credentials: { ...client, assertion } }),
  'dropbox/authorization_code': row({ provider: dropbox, credentials: consent }),
  'docusign/jwt': row({
    provider: docusign,
    credentials: { host: 'account-d.docusign.com', assertion },
    resources: ['https://demo.docusign.net/restapi'],
  }),
  'zoom/account_credentials': row({
    provider: zoom,
    credentials: { ...client, accountId: 'acc' },
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
  'ibm-iam/apikey': row({
    provider: ibmIam,
    credentials: { apiKey: 'K' },
    resources: ['https://us-south.ml.cloud.ibm.com'],
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
  'withings/authorization_code': row({
    provider: withings,
    credentials: consent,
    scope: ['user.info', 'user.metrics'],
  }),
  'salesforce/client_credentials': row({
    provider: salesforce,
    grant: 'client_credentials',
    credentials: { ...client, host: 'acme.my.salesforce.com' },
  }),
  'salesforce/authorization_code': row({ provider: salesforce, grant: 'authorization_code', credentials: consent }),
  'salesforce/jwt_bearer': row({ provider: salesforceJwt, credentials: { assertion } }),
  'salesforce/sandbox': row({
    provider: salesforce,
    grant: 'authorization_code',
    credentials: { ...consent, host: 'test.salesforce.com', domain: 'sandbox.my' },
  }),
  'zoho/authorization_code': row({ provider: zoho, credentials: consent }),
  'pipedrive/authorization_code': row({ provider: pipedrive, credentials: consent }),
  'quickbooks/authorization_code': row({
    provider: quickbooks,
    credentials: consent,
    scope: 'com.intuit.quickbooks.accounting',
  }),
  'vonage/self_signed': 'a token that the client signs needs no definition: signedJwt() as getToken',
  'smart-backend/client_credentials': 'each server has endpoints of its own: discover(), with private_key_jwt',
}
