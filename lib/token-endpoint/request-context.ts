// What a response is read with.
import type { ProviderDefinition } from '../definitions/definition.ts'

/** The request that a response answers. */
export interface RequestContext {
  readonly provider: ProviderDefinition
  /** The grant, or `refresh_token` for the renewal. */
  readonly grant: string
  /** Epoch milliseconds. */
  readonly now: number
  /** What of the request must never be shown. */
  readonly secrets: readonly string[]
  /** The access token held, for servers whose renewal extends it and returns none. */
  readonly accessToken?: string | undefined
}
