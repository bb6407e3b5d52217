// `oauth2()`: a provider for any OAuth 2.0 server.
import type {
  Authorize,
  Encoding,
  Endpoint,
  Grant,
  Param,
  Placement,
  ProviderDefinition,
  Template,
} from '../definitions/definition.ts'
import { checkSchema, name, param, type Schema, template, text, urlTemplate } from '../definitions/schema.ts'
import { PLACEMENT, TEMPLATES, validateDefinition } from '../definitions/validate-definition.ts'
import { invalidOption } from '../errors.ts'
import { flag } from '../util/check-options.ts'
import { defined, isObject } from '../util/objects.ts'
import { fromPage, urlAsText, withoutSlashes } from '../util/url.ts'
import { freeze, interpreted } from './define-provider.ts'

/** Options of {@link oauth2}. All text may have placeholders, filled from credentials. */
export interface OAuth2Options {
  /** The token endpoint; https, or http on loopback; relative to the page, where there is one. */
  readonly tokenEndpoint: Template | URL
  /**
   * Client authentication: HTTP Basic, two parameters, a signed assertion (the credential `clientAssertion`, which `privateKeyJwt()` or
   * `clientSecretJwt()` makes), or none: a public client still sends its `client_id`, but for `jwt_bearer` alone, where it may be left out.
   * @see RFC 6749, section 2.3.1; RFC 7523, section 2.2
   */
  readonly clientAuthentication: ClientAuthentication
  /** Of `client_secret_basic`: whether user and password are form-encoded first. @default 'encoded' @see RFC 6749, section 2.3.1 */
  readonly basicStyle?: 'encoded' | 'raw'
  /**
   * The standard grants that the client may use, and `refresh_token`. @default `['client_credentials']`, or none beside extension grants
   */
  readonly grants?: readonly (Standard | 'refresh_token')[]
  /** Extension grants, by any name. @see RFC 6749, section 4.5 */
  readonly extensionGrants?: Readonly<Record<string, ExtensionGrant>>
  /** The authorization endpoint, for `authorization_code`. */
  readonly authorizationEndpoint?: Template | URL
  /** Whether authorization requests use PKCE, S256. @default true @see RFC 7636 */
  readonly pkce?: boolean
  /** The pushed authorization request endpoint. @see RFC 9126 */
  readonly pushedAuthorizationRequestEndpoint?: Template | URL
  /**
   * Further parameters of the authorization request, by wire name: `{ acr_values: '{acrValues?}' }` lets `authorizationUrl({ acrValues })` set
   * one, as it sets `prompt`, `loginHint` and `nonce`.
   */
  readonly authorizationParams?: Readonly<Record<string, Param>>
  /** The issuer that authorization responses name; another is refused. @default any of the origin of the endpoint @see RFC 9207 */
  readonly issuer?: Template | URL
  /** Whether each authorization response names its issuer, so that one without is refused. @default false @see RFC 9207, section 3 */
  readonly authorizationResponseIssParameterSupported?: boolean
  /** The revocation endpoint, for `revoke()`. @see RFC 7009 */
  readonly revocationEndpoint?: Template | URL
  /** The introspection endpoint, for `inspect()`. @see RFC 7662 */
  readonly introspectionEndpoint?: Template | URL
  /** The device authorization endpoint, for the grant `device_code`. @see RFC 8628 */
  readonly deviceAuthorizationEndpoint?: Template | URL
  /** Requested when the manager has no `scope`: space-separated, or a list. */
  readonly scope?: string | readonly string[]
  /** The API that the token is for. @see RFC 8707 */
  readonly resource?: Template | URL | readonly (Template | URL)[]
  /** The API that the token is for, as the parameter `audience` of servers without RFC 8707. */
  readonly audience?: Template | URL
  /** Further parameters of every token request, by wire name. */
  readonly params?: Readonly<Record<string, Param>>
  /** How token requests carry their parameters. @default 'form' */
  readonly encoding?: Encoding
  /** Whether refresh tokens are used; else each token is obtained by the grant. @default true */
  readonly renewal?: boolean
  /** Root of the API: URLs below it receive the token. @default the option `resources` of the manager or client */
  readonly api?: Template | URL
  /** Headers of every API request, by name. */
  readonly headers?: Readonly<Record<string, Template>>
  /** The place of the token on API requests. @default `{ header: 'Authorization', value: 'Bearer {token}' }` */
  readonly placement?: Placement
  /** Names the provider in errors, events and the key in the store. @default the host of the token endpoint */
  readonly id?: string
  /** Lets the endpoints be http on hosts that are not loopback; the manager needs the same option. @default false */
  readonly dangerouslyAllowInsecureHttp?: boolean
}

interface ExtensionGrant {
  /** The `grant_type`, e.g. `urn:ietf:params:oauth:grant-type:token-exchange`. */
  readonly grantType: string
  /** By wire name. */
  readonly params?: Readonly<Record<string, Param>>
  /** False for input that can be used once only. @default true */
  readonly repeatable?: boolean
}

const STANDARD = {
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
  token_exchange: {
    params: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: '{subjectToken}',
      subject_token_type: '{subjectTokenType=urn:ietf:params:oauth:token-type:access_token}',
      actor_token: '{actorToken?}',
      actor_token_type: '{actorTokenType?}',
      requested_token_type: '{requestedTokenType?}',
    },
  },
  device_code: {
    repeatable: false,
    params: { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: '{deviceCode}' },
  },
  jwt_bearer: { params: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: '{assertion}' } },
} as const

const ASSERTION = {
  params: {
    client_id: '{clientId}',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: '{clientAssertion}',
  },
} as const

const ANONYMOUS = { params: { client_id: '{clientId?}' } } as const

export const AUTHENTICATION = {
  private_key_jwt: ASSERTION,
  client_secret_jwt: ASSERTION,
  client_secret_basic: { basic: ['{clientId}', '{clientSecret}'] },
  client_secret_post: { params: { client_id: '{clientId}', client_secret: '{clientSecret}' } },
  none: { params: { client_id: '{clientId}' } },
} as const

type Standard = keyof typeof STANDARD
type ClientAuthentication = keyof typeof AUTHENTICATION
type Own<O, K extends PropertyKey> = O extends Record<K, infer V> ? V : object
type StandardOf<O> = O extends { grants: readonly (infer G)[] }
  ? Extract<G, Standard>
  : O extends { extensionGrants: object }
    ? never
    : 'client_credentials'
type TextOf<T> = T extends URL ? string : T extends readonly (infer E)[] ? readonly TextOf<E>[] : T
type Extra<O> = Own<O, 'params'> & { readonly [K in keyof O & ('resource' | 'audience')]: TextOf<O[K]> }

/** The endpoints that the grants need. */
type NeededBy<O> = OAuth2Options extends O
  ? unknown
  : ('authorization_code' extends StandardOf<O> ? { readonly authorizationEndpoint: Template | URL } : unknown) &
      ('device_code' extends StandardOf<O> ? { readonly deviceAuthorizationEndpoint: Template | URL } : unknown)

/** The assertion names the client of `jwt_bearer`. @see RFC 7523, section 3.1 */
type AuthenticationOf<O extends OAuth2Options> = [O['clientAuthentication'], StandardOf<O>] extends [
  'none',
  'jwt_bearer',
]
  ? [StandardOf<O>] extends [never]
    ? typeof AUTHENTICATION.none
    : typeof ANONYMOUS
  : (typeof AUTHENTICATION)[O['clientAuthentication']]

/** The provider that results from the options. The compiler knows its grants and credentials, unless they are no more than `OAuth2Options`. */
export type OAuth2Provider<O extends OAuth2Options> = OAuth2Options extends O ? ProviderDefinition : ProviderOf<O>

type ProviderOf<O extends OAuth2Options> = Omit<ProviderDefinition, 'token' | 'grants' | ApiOption | 'renewal'> & {
  readonly [K in keyof O & ApiOption]: TextOf<O[K]>
} & RenewalOf<O> &
  EndpointsOf<O> & {
    readonly token: { readonly url: TextOf<O['tokenEndpoint']> } & AuthenticationOf<O>
    readonly grants: {
      readonly [K in StandardOf<O>]: (typeof STANDARD)[K] & { readonly params: Extra<O> }
    } & {
      readonly [K in keyof Own<O, 'extensionGrants'>]: {
        readonly params: Own<Own<O, 'extensionGrants'>[K], 'params'> & Extra<O>
      }
    }
  }

/** Endpoints that a definition which spreads this one can extend. */
type EndpointsOf<O> = (O extends { authorizationEndpoint: Template | URL }
  ? { readonly authorize: Authorize }
  : unknown) &
  (O extends { revocationEndpoint: Template | URL } ? { readonly revoke: Endpoint } : unknown)

/** Options that are fields of the definition as they are. */
type ApiOption = 'api' | 'headers' | 'placement'

type RenewalOf<O extends OAuth2Options> = O extends { renewal: false }
  ? unknown
  : {
      readonly renewal: {
        readonly refreshToken: 'unknown'
        readonly accessToken: 'unknown'
        readonly params: { readonly refresh_token: '{refreshToken}' } & Extra<O>
      }
    }

const OPTIONS: Schema = {
  'tokenEndpoint!': urlTemplate,
  'clientAuthentication!': Object.keys(AUTHENTICATION).join('|'),
  basicStyle: 'encoded|raw',
  grants: [[...Object.keys(STANDARD), 'refresh_token'].join('|')],
  extensionGrants: { '*': { 'grantType!': text, params: { '*': param }, repeatable: flag } },
  authorizationEndpoint: urlTemplate,
  pushedAuthorizationRequestEndpoint: urlTemplate,
  pkce: flag,
  authorizationParams: { '*': param },
  issuer: urlTemplate,
  authorizationResponseIssParameterSupported: flag,
  revocationEndpoint: urlTemplate,
  introspectionEndpoint: urlTemplate,
  deviceAuthorizationEndpoint: urlTemplate,
  scope: ['text or a list of texts', (value) => [value].flat().every((each) => typeof each === 'string')],
  resource: param,
  audience: template,
  params: { '*': param },
  encoding: 'form|json|query',
  renewal: flag,
  api: urlTemplate,
  headers: TEMPLATES,
  placement: PLACEMENT,
  id: name,
  dangerouslyAllowInsecureHttp: flag,
}

/**
 * Makes a provider for any OAuth 2.0 server. Its credentials follow from the options: `clientId`, `clientSecret`, `username`, ... and the
 * placeholders in them.
 * @throws `TypeError` for an invalid option
 * @see RFC 6749
 */
export function oauth2<const O extends OAuth2Options>(
  options: O & OAuth2Options & NeededBy<O> & Readonly<Record<Exclude<keyof O, keyof OAuth2Options>, never>>,
): OAuth2Provider<O> {
  const insecure = isObject(options) && options.dangerouslyAllowInsecureHttp === true
  const given = textsOf(options) as TextOptions
  checkSchema(given, OPTIONS, 'oauth2', insecure)
  const issuer = issuersOf(options.issuer)
  const definition = definitionOf({ ...given, ...absoluteUrls(given) }, issuer)
  validateDefinition(definition, insecure)
  return freeze(interpreted(definition)) as OAuth2Provider<O>
}

/** The options, each URL as text. */
type TextOptions = { readonly [K in keyof OAuth2Options]: TextOf<OAuth2Options[K]> }

function textsOf(options: unknown): unknown {
  if (!isObject(options)) return options
  const texts = Object.entries(options).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map(urlAsText) : urlAsText(value),
  ])
  return Object.fromEntries(texts)
}

const URLS = [
  'tokenEndpoint',
  'authorizationEndpoint',
  'pushedAuthorizationRequestEndpoint',
  'revocationEndpoint',
  'introspectionEndpoint',
  'deviceAuthorizationEndpoint',
  'api',
] as const

/** The URLs among the options; relative ones are resolved against the page. */
function absoluteUrls(options: TextOptions): Partial<Record<(typeof URLS)[number], string>> {
  return Object.fromEntries(
    URLS.flatMap((name) => {
      const url = options[name]
      return url === undefined ? [] : [[name, fromPage(url)]]
    }),
  )
}

/** A URL object has a slash at its end where the text of an issuer may have none. */
function issuersOf(issuer: OAuth2Options['issuer']): Authorize['issuer'] {
  return issuer instanceof URL ? [issuer.href, withoutSlashes(issuer.href)] : issuer
}

const NEEDED = {
  authorization_code: 'authorizationEndpoint',
  device_code: 'deviceAuthorizationEndpoint',
} as const

function definitionOf(options: TextOptions, issuer: Authorize['issuer']): ProviderDefinition {
  const { tokenEndpoint, clientAuthentication, basicStyle, extensionGrants = {} } = options
  const { encoding = 'form', api, headers, placement } = options
  const { revocationEndpoint, introspectionEndpoint, deviceAuthorizationEndpoint } = options
  const { pushedAuthorizationRequestEndpoint } = options
  const { resource, audience } = options
  const named = options.grants ?? (Object.keys(extensionGrants).length > 0 ? [] : (['client_credentials'] as const))
  const grants = named.filter((name) => name !== 'refresh_token')
  const id = options.id ?? tokenEndpoint.split('/')[2] ?? tokenEndpoint
  const isAnonymous = clientAuthentication === 'none' && grants.length === 1 && grants[0] === 'jwt_bearer'
  if (named.length + Object.keys(extensionGrants).length === 0)
    throw invalidOption('oauth2.grants', 'at least one grant', named)
  if (options.renewal === false && grants.length < named.length)
    throw invalidOption('oauth2.grants', 'no refresh_token, where renewal is false', named)
  for (const grant of ['authorization_code', 'device_code'] as const) {
    const endpoint = NEEDED[grant]
    if (grants.includes(grant) && options[endpoint] === undefined)
      throw invalidOption(`oauth2.${endpoint}`, `a URL, for the grant ${grant}`, undefined)
  }
  const resourceParams = defined({ resource, audience })
  const extra = { ...options.params, ...resourceParams }
  const scopes = [options.scope ?? []].flat().join(' ')
  const scope = scopes ? `{scope=${scopes}}` : '{scope?}'

  const authorize = authorizeOf(options, { ...resourceParams, scope }, issuer)

  const standard = grants.map((name): [string, Grant] => {
    const { params, ...grant } = STANDARD[name]
    return [name, { ...grant, params: { ...extra, ...params, ...(!name.endsWith('_code') && { scope }) } }]
  })
  const extension = Object.entries(extensionGrants).map(([name, { grantType, params, ...grant }]): [string, Grant] => [
    name,
    { ...grant, params: { ...extra, scope, ...params, grant_type: grantType } },
  ])
  return {
    id,
    title: id,
    docs: 'https://www.rfc-editor.org/rfc/rfc6749',
    token: {
      url: tokenEndpoint,
      encoding,
      ...(isAnonymous ? ANONYMOUS : AUTHENTICATION[clientAuthentication]),
      ...(basicStyle && { basicStyle }),
      // Many servers send an object where RFC 6749 specifies text.
      errors: {
        code: ['error', 'error.type', 'error.code'],
        message: ['error_description', 'error.message', 'message'],
      },
    },
    grants: Object.fromEntries([...standard, ...extension]),
    ...(options.renewal !== false && {
      renewal: {
        refreshToken: 'unknown',
        accessToken: 'unknown',
        params: { ...extra, grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
      },
    }),
    ...defined({
      api,
      headers,
      placement,
      authorize,
      pushedAuthorization: authorize && endpointFor(pushedAuthorizationRequestEndpoint, authorize.params),
      revoke: endpointFor(revocationEndpoint, { token: '{token}' }),
      inspect: endpointFor(introspectionEndpoint, { token: '{token}' }),
      deviceAuthorization: endpointFor(deviceAuthorizationEndpoint, { ...resourceParams, scope }),
    }),
  }
}

/** An endpoint that the client calls. @see RFC 7009, section 2.1; RFC 7662, section 2.1; RFC 8628, section 3.1; RFC 9126, section 2.1 */
function endpointFor(url: string | undefined, params: Readonly<Record<string, Param>>): Endpoint | undefined {
  return url === undefined ? undefined : { by: 'client', url, encoding: 'form', params }
}

/** Parameters that a request may have. @see OpenID Connect Core 1.0, section 3.1.2.1 */
const CHOSEN = { prompt: '{prompt?}', login_hint: '{loginHint?}', nonce: '{nonce?}' }

function authorizeOf(
  {
    authorizationEndpoint: url,
    pkce = true,
    authorizationParams = {},
    authorizationResponseIssParameterSupported: issParameterSupported,
  }: TextOptions,
  params: Readonly<Record<string, Param>>,
  issuer: Authorize['issuer'],
): Authorize | undefined {
  if (url === undefined) return undefined
  const fixed = {
    response_type: 'code',
    client_id: '{clientId}',
    redirect_uri: '{redirectUri}',
    state: '{state?}',
    ...(pkce && { code_challenge: '{codeChallenge}', code_challenge_method: 'S256' }),
  }
  const taken = Object.keys(authorizationParams).find((name) => Object.hasOwn(fixed, name))
  if (taken !== undefined) {
    const expected = `no parameter that is always set (${Object.keys(fixed).join(', ')})`
    throw invalidOption(`oauth2.authorizationParams.${taken}`, expected, authorizationParams[taken])
  }
  return {
    url,
    pkce,
    params: { ...params, ...CHOSEN, ...authorizationParams, ...fixed },
    ...defined({ issuer, issParameterSupported }),
  }
}
