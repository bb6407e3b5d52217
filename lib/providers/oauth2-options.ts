// What a provider for any other server is made from.

import type { Param, Template } from './shape.ts'

/** What `oauth2` makes a provider from. All text may have holes, filled from credentials. */
export interface OAuth2Options {
  /** Where tokens are asked for; https, or http on loopback. */
  readonly tokenEndpoint: Template
  /**
   * How the client proves who it is: HTTP Basic, two parameters, or not at all (a public client still sends its `client_id`).
   * @see RFC 6749, section 2.3.1
   */
  readonly clientAuthentication: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** With `client_secret_basic`: whether the two halves are form-encoded first, as RFC 6749 has it. @default 'encoded' */
  readonly basicStyle?: 'encoded' | 'raw'
  /** The grants of the standard that the client may use. @default ['client_credentials'], or none beside extension grants */
  readonly grants?: readonly ('client_credentials' | 'password' | 'authorization_code')[]
  /** Grants of other kinds, by a name of yours. @see RFC 6749, section 4.5 */
  readonly extensionGrants?: Readonly<Record<string, ExtensionGrant>>
  /** Where a person is sent to agree, for `authorization_code`. */
  readonly authorizationEndpoint?: Template
  /** Whether a code is bound to this client by a proof key, S256. @default true @see RFC 7636 */
  readonly pkce?: boolean
  /** Where `revoke()` has a token forgotten. @see RFC 7009 */
  readonly revocationEndpoint?: Template
  /** Asked for when the manager's `scope` is not given, space separated. */
  readonly scope?: string
  /** Which API the token is for. @see RFC 8707 */
  readonly resource?: Template | readonly Template[]
  /** The same, as servers older than RFC 8707 ask for it. */
  readonly audience?: Template
  /** More parameters for every token request, by wire name. */
  readonly params?: Readonly<Record<string, Param>>
  /** Root of the API: URLs below it receive the token. */
  readonly api?: Template
  /** Names the provider in errors and keys. @default the host of the token endpoint */
  readonly id?: string
  /** Lets the endpoints be http on hosts that are not loopback; the manager has to be told as well. @default false */
  readonly dangerouslyAllowInsecureHttp?: boolean
}

export interface ExtensionGrant {
  /** The `grant_type`, e.g. `urn:ietf:params:oauth:grant-type:token-exchange`. */
  readonly grantType: string
  /** By wire name. */
  readonly params?: Readonly<Record<string, Param>>
  /** False where the input is used up by one use. @default true */
  readonly repeatable?: boolean
}
