// Headers of a request by name: fields that clients set, change or refuse.
type Field = readonly [name: string, value: unknown]

const FIELDS = {
  'x-a': ['x-a', '1'],
  'X-Mixed-Case': ['X-Mixed-Case', '1'],
  accept: ['Accept', 'text/plain'],
  'accept-encoding': ['accept-encoding', 'identity'],
  'user-agent': ['User-Agent', 'own'],
  cookie: ['Cookie', 'a=1'],
  json: ['Content-Type', 'application/json'],
  'text/plain': ['content-type', 'text/plain'],
  form: ['Content-Type', 'application/x-www-form-urlencoded'],
  multipart: ['Content-Type', 'multipart/form-data'],
  'multipart with a boundary': ['Content-Type', 'multipart/form-data; boundary=given-boundary'],
  'own type': ['Content-Type', 'x/y'],
  chunked: ['Transfer-Encoding', 'chunked'],
  close: ['Connection', 'close'],
  expect: ['Expect', '100-continue'],
  host: ['Host', 'other.example'],
  te: ['TE', 'trailers'],
  range: ['Range', 'bytes=0-1'],
  empty: ['X-Empty', ''],
  latin1: ['X-Latin1', 'é'],
  unicode: ['X-Unicode', '漢'],
  'a line break': ['X-Break', 'a\nb'],
  'a bad name': ['bad name', '1'],
  'no name': ['', '1'],
  'a number': ['X-Number', 1],
  null: ['X-Null', null],
  undefined: ['X-Undefined', undefined],
  false: ['X-False', false],
  list: ['X-List', ['a', 'b']],
  'a symbol': ['X-Symbol', Symbol('value')],
  'own authorization': ['Authorization', 'Own 1'],
  'own AUTHORIZATION': ['AUTHORIZATION', 'Own 1'],
  'no authorization': ['authorization', undefined],
  'proxy-authorization': ['Proxy-Authorization', 'Own 1'],
} satisfies Record<string, Field>

export type HeaderName = keyof typeof FIELDS
export const HEADER_NAMES = Object.keys(FIELDS) as HeaderName[]

export function fieldsOf(names: readonly HeaderName[]): readonly Field[] {
  return names.map((name) => FIELDS[name])
}
