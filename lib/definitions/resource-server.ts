// The resource server of a provider: the URLs that may receive a token, and the place of the token on a request.
import type { Match, Placement } from './definition.ts'
import type { KeptFields } from './kept.ts'

/** The resource server as a provider describes it, placeholders filled. */
export interface ResourceServer {
  /** URLs that may receive the token. Empty when the root of the API is unknown, or known only from a token response or a function. */
  readonly resources: readonly string[]
  /** In place of {@link resources}, where each token names the root of its API. */
  readonly tokenRoot?: TokenRoot
  /** Headers and placement for a token, where fields that came with it are part of them. Throws as {@link TokenRoot.of} does. */
  readonly fieldsOf?: (kept: KeptFields) => Pick<ResourceServer, 'headers' | 'placement'>
  /** Paths below the first of {@link resources}, or below the root, that take no token. */
  readonly publicPaths?: readonly string[]
  /** `{token}` and `{type}` are filled for each token. */
  readonly placement?: Placement
  /** Sent with every request that carries the token, unless the caller set them. */
  readonly headers?: Readonly<Record<string, string>>
  /** Responses that reject the token, beside status 401. A rule that names no status is about 400 and above. */
  readonly rejectedWhen?: readonly Match[]
  /** Milliseconds for which the API may reject a token after it was issued. @default 0 */
  readonly propagationDelay?: number
  /** Lets the token travel over http to hosts that are not loopback. @default false */
  readonly dangerouslyAllowInsecureHttp?: boolean
}

/** The root of an API where fields that came with a token (`Token.kept`) are part of it. */
export interface TokenRoot {
  /** All that it may be; `*` stands for a label of a host, or for a segment of a path. */
  readonly patterns: readonly string[]
  /** The root that fields make up; throws a `TokenResponseError` (reason `kept`) where one is missing, or is none that the provider allows. */
  readonly of: (kept: KeptFields) => string
}

/** `{type}` is the scheme of the token, `Bearer` for all tokens of a manager. */
export const DEFAULT_PLACEMENT: Placement = { header: 'Authorization', value: '{type} {token}' }

/** Whether a header of a provider may be an API key: it is none of those that every client sends, and long enough or yet to be filled. */
export function isSecretHeader([name, value]: readonly [name: string, value: string]): boolean {
  return (value.length >= 8 || value.includes('{')) && !/^(?:accept|content|user-agent)(?:-|$)/i.test(name)
}
