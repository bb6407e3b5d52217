// KnetikCloud (JSAPI). Every application has its own host: there is no default.
import { defineProvider } from '../define-provider.ts'

const knetikcloudDefinition = /* @__PURE__ */ defineProvider({
  id: 'knetikcloud',
  title: 'KnetikCloud (JSAPI)',
  docs: 'https://knetikcloud.com',
  api: 'https://{host}',
  token: {
    url: '/oauth/token',
    encoding: 'form',
    params: { client_id: '{clientId=knetik}' },
    errors: { code: ['error', 'code'], message: ['error_description', 'result.0.message'] },
  },
  grants: {
    client_credentials: { params: { grant_type: 'client_credentials', client_secret: '{clientSecret}' } },
    password: {
      params: {
        grant_type: 'password',
        username: '{username}',
        password: '{password}',
        client_secret: '{clientSecret?}',
      },
    },
    facebook: { repeatable: false, params: { grant_type: 'facebook', token: '{socialToken}' } },
    google: { repeatable: false, params: { grant_type: 'google', token: '{socialToken}' } },
  },
  renewal: {
    refreshToken: 'unknown',
    accessToken: 'unknown',
    // The system is built on Spring, which answers an expired refresh token with this code.
    denied: [{ at: 'error', is: 'invalid_token' }],
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}', client_secret: '{clientSecret?}' },
  },
  publicPaths: ['/health', '/version'],
  rejectedWhen: [{ status: 401 }, { status: [400, 403], at: 'error', is: 'invalid_token' }],
  errors: { code: ['code', 'error'], message: ['result.0.message', 'error_description'] },
})

/** The type of {@link knetikcloud}, by name: its hover stays short. */
export interface Knetikcloud extends Readonly<typeof knetikcloudDefinition> {}

/** KnetikCloud (JSAPI). The grants `facebook` and `google` take the token of a person's session there, which can be used once. */
export const knetikcloud: Knetikcloud = knetikcloudDefinition
