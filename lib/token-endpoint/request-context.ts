// The request and its settings, beside which a response is read.
import type { ProviderDefinition } from '../definitions/definition.ts'

/** The request that a response answers. */
export interface RequestContext {
  readonly provider: ProviderDefinition
  /** The grant, or `refresh_token` for the renewal. */
  readonly grant: string
  /** Epoch milliseconds at which the request was sent. */
  readonly sentAt: number
  /** Epoch milliseconds at which it was answered. */
  readonly now: number
  /** The same by the server's clock, where the response has a `Date`. */
  readonly date?: number | undefined
  /** The values of the request that must never be shown. */
  readonly secrets: readonly string[]
  /** The token endpoint for messages: origin and path. */
  readonly endpoint?: string | undefined
  /** The access token held, for servers whose renewal extends it and returns none. */
  readonly accessToken?: string | undefined
}
