import type { Token } from '../token/token.ts'
import type { Site } from '../token/token-source.ts'

export type Field = readonly [name: string, value: string]

/** What goes on a request with a token. */
export interface Placed {
  /** The header that carries the token, unless the query does. */
  readonly header: Field | undefined
  readonly query: Field | undefined
  /** Headers of the provider that the caller's own come over. */
  readonly extras: readonly Field[]
}

/** Puts a token where the provider wants it. @default `Authorization: Bearer …` */
export function place(token: Token, { placement, headers = {} }: Partial<Site> = {}): Placed {
  const { accessToken, scheme } = token
  // A source of the application's own may give anything: a line break would end the header.
  if (!/^[!-~]+$/.test(accessToken))
    throw new TypeError('tokenflight: an access token is visible ASCII, and this one is not')
  // Functions: a text would have its dollar signs read as patterns, and the token its own braces as holes.
  const fill = (template: string): string =>
    template.replaceAll(/\{(?:token|type)\}/g, (hole) => (hole === '{token}' ? accessToken : scheme))
  const extras = Object.entries(headers)
  if (!placement) return { header: ['Authorization', `${scheme} ${accessToken}`], query: undefined, extras }
  if ('query' in placement) {
    return { header: undefined, query: [placement.query, fill(placement.value ?? '{token}')], extras }
  }
  if ('basic' in placement) {
    const [user, password] = placement.basic
    return { header: ['Authorization', `Basic ${btoa(`${fill(user)}:${fill(password)}`)}`], query: undefined, extras }
  }
  return { header: [placement.header, fill(placement.value)], query: undefined, extras }
}
