// The resource server of a provider: the URLs that may receive a token, and the place of the token on a request.
import type { Match, Placement } from './definition.ts'

/** The resource server as a provider describes it, placeholders filled. */
export interface ResourceServer {
  /** URLs that may receive the token. Empty when the root of the API is unknown, or known only from a token response or a function. */
  readonly resources: readonly string[]
  /** Paths below the first of {@link resources} that take no token. */
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

/** `{type}` is the scheme of the token, `Bearer` for all tokens of a manager. */
export const DEFAULT_PLACEMENT: Placement = { header: 'Authorization', value: '{type} {token}' }

/** Whether a header of a provider may be an API key: it is none of those that every client sends, and long enough. */
export function isSecretHeader([name, value]: readonly [name: string, value: string]): boolean {
  return value.length >= 8 && !/^(?:accept|content|user-agent)(?:-|$)/i.test(name)
}
