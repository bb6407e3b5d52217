// A server that follows the standards to the letter: for the generic provider, and for everything the five systems do not do.
import { generateKeyPairSync } from 'node:crypto'
import { clientSecretJwt, type JwtSigner, privateKeyJwt, signedJwt } from '../../../providers/assertions.ts'
import { oauth2, type OAuth2Provider } from '../../../providers/oauth2.ts'
import { type Check, checkAll, type Checks, object, word } from '../../../util/check-options.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import type { SystemFactory, System } from '../../system.ts'
import {
  type ClientAuthentication,
  type Consent,
  type OAuth2Account,
  OAuth2AuthorizationServer,
  type OAuth2Switches,
} from './authorization-server.ts'
import type { PublicJsonWebKey } from './assertions.ts'
import { oauth2Authorize, oauth2Push } from './authorize.ts'
import {
  oauth2Device,
  type OAuth2Extras,
  oauth2Introspect,
  oauth2Metadata,
  oauth2Revoke,
  oauth2Token,
} from './endpoints.ts'
import { challenge, unauthorized } from './responses.ts'

/** Options of {@link oauth2Emulator}: the client, the accounts and the behavior of the server. */
export interface OAuth2EmulatorOptions<Method extends ClientAuthentication> extends Partial<OAuth2Extras> {
  /** The one method by which the client may authenticate. @default 'client_secret_basic' */
  readonly clientAuthentication?: Method
  /** Whether user and password of the Basic header must be form-encoded, or must not. @default 'encoded' */
  readonly basicStyle?: 'encoded' | 'raw'
  /** @default 'client' */
  readonly clientId?: string
  /** @default a text with characters that need encoding */
  readonly clientSecret?: string
  /** Public keys of the client, beside the one that `credentials` sign with. @see RFC 7591, section 2 */
  readonly keys?: readonly PublicJsonWebKey[]
  /** The users; the first one consents, and is that of `grants.password`. @default two */
  readonly accounts?: readonly OAuth2Account[]
  /** The scopes of the API; all are granted to a request without `scope`. @default read, write */
  readonly scopes?: readonly string[]
  /** The redirect URI of the client. @default 'https://app.example/callback' */
  readonly redirectUri?: string
}

type Client<Method> = { readonly clientId: string } & (Method extends 'none'
  ? unknown
  : Method extends 'private_key_jwt' | 'client_secret_jwt'
    ? { readonly clientAssertion: JwtSigner }
    : { readonly clientSecret: string })

/** Credentials the server accepts, by grant. */
export interface OAuth2Grants<Method> {
  readonly client_credentials: Client<Method>
  readonly password: Client<Method> & OAuth2Account
  /** The code comes from `authorizationUrl()`, or from `actions.authorizationCode()`. */
  readonly authorization_code: Client<Method> & { readonly redirectUri: string }
  /** For the first account. */
  readonly jwt_bearer: Client<Method> & { readonly assertion: JwtSigner }
  readonly device_code: Client<Method>
}

/** Actions that people take at the system by hand. */
export interface OAuth2Actions {
  /** A code as a person's consent gives it, good for one use; `codeChallenge` is that of S256. */
  authorizationCode(consent?: Partial<Consent>): string
  /** Enters the code of a device, and agrees: as the first account, or as this one. */
  approveDevice(userCode: string, account?: string): void
  /** Enters the code of a device, and refuses. */
  denyDevice(userCode: string): void
}

/** The options of the provider that fits the emulator. */
export interface EmulatedOAuth2<Method extends ClientAuthentication> {
  readonly id: 'oauth2-emulator'
  readonly api: string
  readonly tokenEndpoint: string
  readonly authorizationEndpoint: string
  readonly issuer: string
  readonly authorizationResponseIssParameterSupported: true
  readonly revocationEndpoint: string
  readonly introspectionEndpoint: string
  readonly deviceAuthorizationEndpoint: string
  readonly clientAuthentication: Method
  readonly basicStyle: 'encoded' | 'raw'
  readonly grants: readonly [
    'client_credentials',
    'password',
    'authorization_code',
    'jwt_bearer',
    'device_code',
    'token_exchange',
  ]
}

/** The system that `oauth2Emulator()` starts. */
export type OAuth2System<Method extends ClientAuthentication = 'client_secret_basic'> = System<
  OAuth2Provider<EmulatedOAuth2<Method>>,
  Client<Method>,
  OAuth2Grants<Method>,
  OAuth2Switches,
  OAuth2Actions
>

const ACCOUNTS: readonly OAuth2Account[] = [
  { username: 'ann', password: 'pass+/&= %:1' },
  { username: 'bob', password: 'pass+/&= %:2' },
]

const text: Check = ['text', (value) => typeof value === 'string']
const list: Check = ['a list', Array.isArray]

const CHECKS: Checks = {
  clientAuthentication: word(
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'client_secret_jwt',
    'none',
  ),
  basicStyle: word('encoded', 'raw'),
  clientId: text,
  clientSecret: text,
  keys: list,
  accounts: list,
  scopes: list,
  redirectUri: text,
  extensionGrants: object,
  parameters: list,
}

/** As HMAC needs: 32 bytes and more. */
const LONG_SECRET = 'sesame+/&= %:1, thirty-two bytes and more'

/**
 * Any OAuth 2.0 server: `/token`, `/authorize`, `/par`, `/revoke`, `/introspect`, `/device_authorization`, its metadata, ID tokens for codes where
 * `scopes` have `openid`, with their key at `/jwks`, and an API at `/api` with `GET /api/scoped/{scope}`.
 * @throws `TypeError` for an invalid option
 */
export function oauth2Emulator<Method extends ClientAuthentication = 'client_secret_basic'>(
  options: OAuth2EmulatorOptions<Method> = {},
): SystemFactory<OAuth2System<Method>> {
  checkAll(options, CHECKS)
  return ({ url, now }) => {
    const { clientAuthentication = 'client_secret_basic' as Method, basicStyle = 'encoded' } = options
    const {
      clientId = 'client',
      clientSecret = clientAuthentication === 'client_secret_jwt' ? LONG_SECRET : 'sesame+/&= %:1',
      redirectUri = 'https://app.example/callback',
    } = options
    const { accounts = ACCOUNTS, scopes = ['read', 'write'], extensionGrants = {}, parameters = [] } = options
    const switches: OAuth2Switches = {
      rotate: true,
      onReuse: 'refuse',
      refreshKills: false,
      alwaysRefresh: false,
      requirePkce: false,
      requirePushed: false,
      denied: false,
      deviceInterval: 5,
      metadata: 'oauth-authorization-server',
      insufficient: undefined,
    }
    const extras = { extensionGrants, parameters }
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const keys = [publicKey.export({ format: 'jwk' }) as PublicJsonWebKey, ...(options.keys ?? [])]
    const server = new OAuth2AuthorizationServer(
      { clientId, clientSecret, clientAuthentication, basicStyle, keys },
      { accounts, scopes, redirectUri },
      url,
      switches,
      now,
    )
    const provider = oauth2<EmulatedOAuth2<Method>>({
      id: 'oauth2-emulator',
      api: `${url}/api`,
      tokenEndpoint: `${url}/token`,
      authorizationEndpoint: `${url}/authorize`,
      issuer: url,
      authorizationResponseIssParameterSupported: true,
      revocationEndpoint: `${url}/revoke`,
      introspectionEndpoint: `${url}/introspect`,
      deviceAuthorizationEndpoint: `${url}/device_authorization`,
      clientAuthentication,
      basicStyle,
      grants: ['client_credentials', 'password', 'authorization_code', 'jwt_bearer', 'device_code', 'token_exchange'],
    })
    const proofs: Readonly<Record<ClientAuthentication, object>> = {
      none: {},
      client_secret_basic: { clientSecret },
      client_secret_post: { clientSecret },
      private_key_jwt: { clientAssertion: privateKeyJwt({ key }) },
      client_secret_jwt: { clientAssertion: clientSecretJwt({ secret: () => clientSecret }) },
    }
    const client = { clientId, ...proofs[clientAuthentication] } as Client<Method>
    const { username: account = '', password = '' } = accounts[0] ?? {}
    const scope = scopes.join(' ')
    return {
      root: '/api',
      provider,
      credentials: client,
      grants: {
        client_credentials: client,
        password: { ...client, username: account, password },
        authorization_code: { ...client, redirectUri },
        jwt_bearer: { ...client, assertion: signedJwt({ key, claims: { iss: clientId, sub: account } }) },
        device_code: client,
      },
      switches,
      actions: {
        authorizationCode: (consent) => server.code({ account, scope, redirectUri, ...consent }),
        approveDevice: (userCode, by = account) => {
          server.decide(userCode, by)
        },
        denyDevice: (userCode) => {
          server.decide(userCode, null)
        },
      },
      tokens: server.tokens,
      defaultToken: { grant: 'client_credentials', scope },
      routes: {
        'POST /token': { kind: 'token', handle: oauth2Token(server, extras) },
        'GET /authorize': { kind: 'other', handle: oauth2Authorize(server, parameters, url) },
        'POST /par': { kind: 'other', handle: oauth2Push(server, parameters) },
        'GET /jwks': { kind: 'other', handle: () => ({ status: 200, body: server.idTokens.keySet }) },
        'GET /.well-known/oauth-authorization-server': { kind: 'other', handle: oauth2Metadata(server, url) },
        'GET /.well-known/openid-configuration': { kind: 'other', handle: oauth2Metadata(server, url) },
        'POST /revoke': { kind: 'other', handle: oauth2Revoke(server) },
        'POST /introspect': { kind: 'other', handle: oauth2Introspect(server) },
        'POST /device_authorization': { kind: 'other', handle: oauth2Device(server, `${url}/device`) },
        'GET /api/scoped/{scope}': {
          guarded: (_request, token, { scope: needed = '' }) =>
            token.scope?.split(' ').includes(needed) ? { status: 200, body: {} } : insufficientScope(needed),
        },
      },
      unauthorized: (status, { token }) => unauthorized(status, token !== undefined),
      reject: () => rejection(switches, scope),
      notFound: () => ({ status: 404, body: { error: 'not_found', error_description: 'No such resource' } }),
    }
  }
}

function insufficientScope(scope: string): EmulatedResponse {
  const error_description = 'The access token lacks a scope'
  return challenge(403, { error: 'insufficient_scope', error_description, scope })
}

/** @see RFC 6750, section 3.1; RFC 9470, section 3 */
function rejection({ insufficient }: OAuth2Switches, scope: string): EmulatedResponse | undefined {
  if (insufficient === undefined) return undefined
  if (insufficient === 'insufficient_scope') return insufficientScope(scope)
  return challenge(401, { error: insufficient, error_description: 'Another login is needed', acr_values: 'mfa' })
}
