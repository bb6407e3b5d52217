// The shape of the provider that `oauth2` makes, so that its grants and credentials are known to the compiler.

import type { OAuth2Options } from './oauth2-options.ts'
import type { ProviderDefinition } from './shape.ts'

export const STANDARD = {
  client_credentials: { params: { grant_type: 'client_credentials' } },
  password: { params: { grant_type: 'password', username: '{username}', password: '{password}' } },
  authorization_code: {
    repeatable: false,
    params: {
      grant_type: 'authorization_code',
      code: '{code}',
      redirect_uri: '{redirectUri}',
      code_verifier: '{codeVerifier?}',
    },
  },
} as const

export const AUTHENTICATION = {
  client_secret_basic: { basic: ['{clientId}', '{clientSecret}'] },
  client_secret_post: { params: { client_id: '{clientId}', client_secret: '{clientSecret}' } },
  none: { params: { client_id: '{clientId}' } },
} as const

type Standard = keyof typeof STANDARD
type Own<O, K extends PropertyKey> = O extends Record<K, infer V> ? V : object
type StandardOf<O> = O extends { grants: readonly (infer G extends Standard)[] }
  ? G
  : O extends { extensionGrants: object }
    ? never
    : 'client_credentials'
type Extra<O> = Own<O, 'params'> &
  (O extends { resource: infer R } ? { readonly resource: R } : unknown) &
  (O extends { audience: infer A } ? { readonly audience: A } : unknown)

/** The provider that the options make: its grants and credentials are known to the compiler. */
export type OAuth2Provider<O extends OAuth2Options> = Omit<ProviderDefinition, 'api' | 'token' | 'grants' | 'renewal'> &
  (O extends { api: infer A } ? { readonly api: A } : unknown) & {
    readonly token: { readonly url: O['tokenEndpoint'] } & (typeof AUTHENTICATION)[O['clientAuthentication']]
    readonly grants: {
      readonly [K in StandardOf<O>]: (typeof STANDARD)[K] & { readonly params: Extra<O> }
    } & {
      readonly [K in keyof Own<O, 'extensionGrants'>]: {
        readonly params: Own<Own<O, 'extensionGrants'>[K], 'params'> & Extra<O>
      }
    }
    readonly renewal: {
      readonly refreshToken: 'unknown'
      readonly accessToken: 'unknown'
      readonly params: { readonly refresh_token: '{refreshToken}' } & Extra<O>
    }
  }
