// The place of the token on a request: header, query or HTTP Basic.
import { DEFAULT_PLACEMENT, isSecretHeader, type ResourceServer } from '../definitions/resource-server.ts'
import { invalidOption } from '../errors.ts'
import type { Token } from '../token/token.ts'
import { basicOf } from '../util/encoding.ts'
import { isObject } from '../util/objects.ts'
import { isAccessToken, isHttpToken } from '../util/syntax.ts'

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
  // A custom token source may return anything: a line break, for example, would end the header.
  const given: unknown = token
  if (!isObject(given)) throw invalidOption('peek(), token() or renew() of the token source', 'a Token', given)
  const { accessToken, scheme } = token
  if (!isAccessToken(accessToken)) throw invalidToken('accessToken', 'visible ASCII, up to 32 KiB', accessToken)
  if (!isHttpToken(scheme)) throw invalidToken('scheme', "the name of a scheme, e.g. 'Bearer'", scheme)
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
      ? ['Authorization', `Basic ${basicOf(fill(placement.basic[0]), fill(placement.basic[1]))}`]
      : [placement.header, fill(placement.value)]
  return { header, query: undefined, fields: [...extras, header], secret: [...keys, header] }
}

/** One list for all requests: a fresh token is sent without making one. */
export const NO_FIELDS: readonly Field[] = []

/** The placement with headers of one sending, which take the place of others of their names. They may be a signature. */
export function withFields(placement: TokenPlacement, own: readonly Field[]): TokenPlacement {
  const isOther = ([name]: Field): boolean => !own.some(([each]) => each.toLowerCase() === name.toLowerCase())
  const { fields, secret } = placement
  return { ...placement, fields: [...fields.filter(isOther), ...own], secret: [...secret.filter(isOther), ...own] }
}

function invalidToken(member: string, expected: string, got: unknown): TypeError {
  return invalidOption(`the token of peek(), token() or renew() of the token source: ${member}`, expected, got)
}
