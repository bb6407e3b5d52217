// A provider for any other server, out of a few fields.

import { defined } from '../defined.ts'
import { checkDefinition, freeze } from './definition.ts'
import type { Authorize, Endpoint, Grant, Param, ProviderDefinition } from './definition.ts'
import type { OAuth2Options } from './oauth2-options.ts'
import { AUTHENTICATION, STANDARD, type OAuth2Provider } from './oauth2-provider.ts'
import { A_URL, check, FLAG, isObject, NAME, PARAM, TEMPLATE, TEXT, type Schema } from './rules.ts'

export type { ExtensionGrant, OAuth2Options } from './oauth2-options.ts'
export type { OAuth2Provider } from './oauth2-provider.ts'

const OPTIONS: Schema = {
  'tokenEndpoint!': A_URL,
  'clientAuthentication!': Object.keys(AUTHENTICATION).join('|'),
  basicStyle: 'encoded|raw',
  grants: [Object.keys(STANDARD).join('|')],
  extensionGrants: { '*': { 'grantType!': TEXT, params: { '*': PARAM }, repeatable: FLAG } },
  authorizationEndpoint: A_URL,
  pkce: FLAG,
  revocationEndpoint: A_URL,
  scope: TEXT,
  resource: PARAM,
  audience: TEMPLATE,
  params: { '*': PARAM },
  api: A_URL,
  id: NAME,
  dangerouslyAllowInsecureHttp: FLAG,
}

/**
 * Makes a provider for any OAuth 2.0 server. The credentials it needs follow from the options: `clientId`, `clientSecret`,
 * `username`, ... and whatever holes they have.
 *
 * Throws a `TypeError` that names a wrong option.
 * @see RFC 6749
 */
export function oauth2<const O extends OAuth2Options>(
  options: O & OAuth2Options & Readonly<Record<Exclude<keyof O, keyof OAuth2Options>, never>>,
): OAuth2Provider<O> {
  const insecure = isObject(options) && options.dangerouslyAllowInsecureHttp === true
  check(options, OPTIONS, 'oauth2', insecure)
  const definition = definitionOf(options)
  checkDefinition(definition, insecure)
  return freeze(definition) as OAuth2Provider<O>
}

function definitionOf(options: OAuth2Options): ProviderDefinition {
  const { tokenEndpoint, clientAuthentication, basicStyle, extensionGrants = {}, revocationEndpoint, api } = options
  const { resource, audience } = options
  const { grants = Object.keys(extensionGrants).length > 0 ? [] : (['client_credentials'] as const) } = options
  const id = options.id ?? tokenEndpoint.split('/')[2] ?? tokenEndpoint
  const target = defined({ resource, audience })
  const extra = { ...options.params, ...target }
  const scope = options.scope ? `{scope=${options.scope}}` : '{scope?}'

  const standard = grants.map((name): [string, Grant] => {
    const { params, ...grant } = STANDARD[name]
    return [name, { ...grant, params: { ...extra, ...params, ...(name !== 'authorization_code' && { scope }) } }]
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
      encoding: 'form',
      ...AUTHENTICATION[clientAuthentication],
      ...(basicStyle && { basicStyle }),
      // An object where RFC 6749 has text is common enough.
      errors: {
        code: ['error', 'error.type', 'error.code'],
        message: ['error_description', 'error.message', 'message'],
      },
    },
    grants: Object.fromEntries([...standard, ...extension]),
    renewal: {
      refreshToken: 'unknown',
      accessToken: 'unknown',
      params: { ...extra, grant_type: 'refresh_token', refresh_token: '{refreshToken}' },
    },
    ...defined({
      api,
      authorize: authorizeOf(options, { ...target, scope }),
      revoke: revocationEndpoint === undefined ? undefined : revokeAt(revocationEndpoint),
    }),
  }
}

function revokeAt(url: string): Endpoint {
  return { by: 'client', url, params: { token: '{token}' } }
}

function authorizeOf(
  { authorizationEndpoint: url, pkce = true }: OAuth2Options,
  params: Readonly<Record<string, Param>>,
): Authorize | undefined {
  return url === undefined
    ? undefined
    : {
        url,
        pkce,
        params: {
          ...params,
          response_type: 'code',
          client_id: '{clientId}',
          redirect_uri: '{redirectUri}',
          state: '{state?}',
          ...(pkce && { code_challenge: '{codeChallenge}', code_challenge_method: 'S256' }),
        },
      }
}
