// Telstra Messaging, versions 2 and 3 of the API. A definition spread from another one is built in a function: bundlers cannot
// know that spreading has no side effect, and would keep it.
import { defineProvider } from '../define-provider.ts'

const telstraDefinition = /* @__PURE__ */ defineProvider({
  id: 'telstra-messaging',
  title: 'Telstra Messaging API v2',
  docs: 'https://dev.telstra.com/content/messaging-api',
  api: 'https://tapi.telstra.com/v2',
  token: {
    url: '/oauth/token',
    encoding: 'form',
    // The vendor's own client asks so, because of differences of the proxy in front of the token endpoint.
    headers: { Accept: '*/*' },
    params: { client_id: '{clientId}', client_secret: '{clientSecret}' },
    // The model says that tokens live an hour, and that every field of the answer is optional.
    answer: { lifetime: [{ in: 'expires_in' }, { fixed: 3600 }] },
    errors: { code: ['error', 'code'], message: ['error_description', 'message'] },
  },
  grants: { client_credentials: { params: { grant_type: 'client_credentials', scope: '{scope=NSMS}' } } },
  headers: { Accept: 'application/json' },
  publicPaths: ['/messages/sms/healthcheck', '/messages/mms/healthcheck'],
  errors: { code: 'code', message: 'message', wait: [{ header: 'Retry-After', as: 'seconds' }] },
})

/** The type of {@link telstra}, by name: its hover stays short. */
export interface Telstra extends Readonly<typeof telstraDefinition> {}

/** Telstra Messaging API v2. */
export const telstra: Telstra = telstraDefinition

const telstraV3Definition = /* @__PURE__ */ (() =>
  defineProvider({
    ...telstraDefinition,
    id: 'telstra-messaging-v3',
    title: 'Telstra Messaging API v3',
    api: 'https://products.api.telstra.com/messaging/v3',
    token: { ...telstraDefinition.token, url: 'https://products.api.telstra.com/v2/oauth/token' },
    grants: {
      client_credentials: {
        params: {
          grant_type: 'client_credentials',
          scope:
            '{scope=free-trial-numbers:read free-trial-numbers:write messages:read messages:write virtual-numbers:read virtual-numbers:write reports:read reports:write}',
        },
      },
    },
    headers: {
      Accept: 'application/json',
      'Accept-Charset': 'utf-8',
      'Content-Language': 'en-au',
      'Telstra-api-version': '3.x',
    },
    publicPaths: [],
    errors: { code: 'errors.0.code', message: 'errors.0.issue', wait: [{ header: 'Retry-After', as: 'seconds' }] },
  }))()

/** The type of {@link telstraV3}, by name: its hover stays short. */
export interface TelstraV3 extends Readonly<typeof telstraV3Definition> {}

/** Telstra Messaging API v3. */
export const telstraV3: TelstraV3 = telstraV3Definition
