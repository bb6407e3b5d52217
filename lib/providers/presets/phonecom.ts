// Phone.com API v4.
import { defineProvider } from '../define-provider.ts'

const phonecomDefinition = /* @__PURE__ */ defineProvider({
  id: 'phonecom',
  title: 'Phone.com API v4',
  docs: 'https://apidocs.phone.com',
  api: 'https://api.phone.com/v4',
  token: {
    url: '/oauth/access-token',
    encoding: 'json',
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    errors: {
      code: ['error', '@error.@code', '@error.@httpStatusCode'],
      message: ['error_description', '@error.@message'],
      wait: [
        { header: 'Retry-After', as: 'seconds' },
        { at: '@error.@rateLimit.Retry-After', as: 'seconds' },
      ],
    },
  },
  grants: {
    authorization_code: {
      repeatable: false,
      params: { grant_type: 'authorization_code', code: '{code}', redirect_uri: '{redirectUri}', scope: '{scope?}' },
    },
    client_credentials: { params: { grant_type: 'client_credentials', scope: '{scope?}' } },
    password: {
      params: { grant_type: 'password', username: '{username}', password: '{password}', scope: '{scope?}' },
    },
  },
  renewal: {
    refreshToken: 'unknown',
    accessToken: 'unknown',
    denied: [
      { at: 'error', is: 'access_denied' },
      { at: '@error.@code', is: 'oauth2.access_denied' },
    ],
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
  },
  authorize: {
    url: '/oauth/authorization',
    params: {
      client_id: '{clientId}',
      // `token` for the implicit grant.
      response_type: '{responseType=code}',
      scope: '{scope}',
      redirect_uri: '{redirectUri}',
      state: '{state?}',
    },
  },
  errors: {
    code: ['@error.@code', '@error.@httpStatusCode'],
    message: '@error.@message',
    wait: [
      { header: 'Retry-After', as: 'seconds' },
      { at: '@error.@rateLimit.Retry-After', as: 'seconds' },
    ],
  },
  scopes: {
    known: ['account-owner', 'extension-user', 'call-logs', 'billing-api', 'oauth-management', 'openid', 'methods:ALL'],
  },
  // Without `view` the token alone; with `details` what it may do, where the server is of the newer kind.
  inspect: { by: 'token', method: 'GET', url: '/oauth/access-token/{view?}' },
  revoke: { by: 'token', method: 'DELETE', url: '/oauth/access-token' },
})

/** The type of {@link phonecom}, by name: its hover stays short. */
export interface Phonecom extends Readonly<typeof phonecomDefinition> {}

/** Phone.com API v4. Token requests may have their parameters in the query: `{ ...phonecom, token: { ...phonecom.token, encoding: 'query' } }`. */
export const phonecom: Phonecom = phonecomDefinition
