// The place of the token on a request: header, query or HTTP Basic.
import { DEFAULT_PLACEMENT, isSecretHeader, type ResourceServer } from '../definitions/resource-server.ts'
import type { Token } from '../token/token.ts'
import { isVisibleAscii } from '../util/token-syntax.ts'

export type Field = readonly [name: string, value: string]

/** The headers and the query parameter of a request with a token. */
export interface TokenPlacement {
  /** The header that carries the token, unless the query does. */
  readonly header: Field | undefined
  readonly query: Field | undefined
  /** All headers: those of the provider, which the caller's own replace, and that of the token. */
  readonly fields: readonly Field[]
  /** Those of them that no other origin and no error may show: that of the token, and what may be an API key. */
  readonly secret: readonly Field[]
}

/** Puts a token in the provider's place for it. @default `Authorization: Bearer …` */
export function placeToken(
  token: Token,
  { placement = DEFAULT_PLACEMENT, headers = {} }: Partial<ResourceServer> = {},
): TokenPlacement {
  const { accessToken, scheme } = token
  // A custom token source may return any text: a line break would end the header.
  if (!isVisibleAscii(accessToken))
    throw new TypeError('tokenflight: an access token is visible ASCII, and this one is not')
  // One pass with a function: dollar signs in a token are no patterns, and braces in it are no placeholders.
  const fill = (template: string): string =>
    template.replaceAll(/\{(?:token|type)\}/g, (placeholder) => (placeholder === '{token}' ? accessToken : scheme))
  const extras = Object.entries(headers)
  const keys = extras.filter(isSecretHeader)
  if ('query' in placement) {
    const query = [placement.query, fill(placement.value ?? '{token}')] as const
    return { header: undefined, query, fields: extras, secret: keys }
  }
  const header: Field =
    'basic' in placement
      ? ['Authorization', `Basic ${btoa(placement.basic.map(fill).join(':'))}`]
      : [placement.header, fill(placement.value)]
  return { header, query: undefined, fields: [...extras, header], secret: [...keys, header] }
}
