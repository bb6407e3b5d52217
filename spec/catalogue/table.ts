// For each flow the definition that it is of, the grant and the credentials; or the reason why the catalogue does not have it.
import type { DefaultGrant, GrantChoice } from '../../lib/definitions/credentials.ts'
import type { ProviderDefinition } from '../../lib/providers.ts'
import type { TokenManagerOptions } from '../../lib/token/options.ts'
import { hubspot } from '../../lib/catalogue/hubspot.ts'
import { paypal } from '../../lib/catalogue/paypal.ts'
import { spotify } from '../../lib/catalogue/spotify.ts'

/** Options of a manager, of any provider. */
export type Options = TokenManagerOptions<ProviderDefinition, string>

export interface Row {
  readonly options: Options
  /** The values of the authorization request. */
  readonly values: Readonly<Record<string, string>>
}

/** A row whose credentials the compiler checks. */
function row<const D extends ProviderDefinition, const G extends GrantChoice<D> = DefaultGrant<D>>(
  options: TokenManagerOptions<D, G>,
  values: Readonly<Record<string, string>> = {},
): Row {
  return { options, values }
}

const client = { clientId: 'cid', clientSecret: 'sec' }
const redirectUri = 'https://app.example/cb'
const consent = { ...client, redirectUri }

/** By the id of the flow. */
export const TABLE: Readonly<Record<string, Row | string>> = {
  'hubspot/authorization_code': row({ provider: hubspot, credentials: consent }),
  'paypal/client_credentials': row({ provider: paypal, credentials: client }),
  'spotify/client_credentials': row({ provider: spotify, grant: 'client_credentials', credentials: client }),
  'spotify/refresh_token': row({
    provider: spotify,
    grant: 'refresh_token',
    credentials: { ...client, refreshToken: 'R1' },
  }),
}
