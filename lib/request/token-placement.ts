// Where the token goes on a request: header, query or HTTP Basic.
import type { Placement } from '../definitions/definition.ts'
import type { ResourceServer } from '../token/token-source.ts'
import type { Token } from '../token/token.ts'

export type Field = readonly [name: string, value: string]

/** What goes on a request with a token. */
export interface TokenPlacement {
  /** The header that carries the token, unless the query does. */
  readonly header: Field | undefined
  readonly query: Field | undefined
  /** All headers: those of the provider, which the caller's own come over, and the token's. */
  readonly fields: readonly Field[]
}

/** Puts a token where the provider wants it. @default `Authorization: Bearer …` */
export function placeToken(
  token: Token,
  { placement = BEARER, headers = {} }: Partial<ResourceServer> = {},
): TokenPlacement {
  const { accessToken, scheme } = token
  // A source of the application's own may give anything: a line break would end the header.
  if (!/^[!-~]+$/.test(accessToken))
    throw new TypeError('tokenflight: an access token is visible ASCII, and this one is not')
  // Functions: a text would have its dollar signs read as patterns, and the token its own braces as placeholders.
  const fill = (template: string): string =>
    template.replaceAll(/\{(?:token|type)\}/g, (placeholder) => (placeholder === '{token}' ? accessToken : scheme))
  const extras = Object.entries(headers)
  if ('query' in placement) {
    return { header: undefined, query: [placement.query, fill(placement.value ?? '{token}')], fields: extras }
  }
  const header: Field =
    'basic' in placement
      ? ['Authorization', `Basic ${btoa(placement.basic.map(fill).join(':'))}`]
      : [placement.header, fill(placement.value)]
  return { header, query: undefined, fields: [...extras, header] }
}

const BEARER: Placement = { header: 'Authorization', value: '{type} {token}' }
