// Changes to the bytes of an answer, as data.
import fc from 'fast-check'

export interface Mutation {
  readonly kind: 'cut' | 'change' | 'insert' | 'remove' | 'repeat'
  /** Where, as a share of the bytes. */
  readonly at: number
  /** How many bytes. */
  readonly size: number
  /** In latin1. */
  readonly text: string
}

const TEXTS = [
  '\r\n',
  '\n',
  '\0',
  ' ',
  ':',
  '"',
  '{',
  '}',
  '[[[[',
  ',',
  '%',
  '\x1b[31m',
  '\xff\xfe',
  '-1',
  '1e999',
  '99999999999999999999',
]
const LINES = [
  'Content-Length: 0\r\n',
  'Content-Length: 10\r\n',
  'Content-Length: -5\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip\r\n',
  'Content-Encoding: gzip\r\n',
  'Content-Encoding: br, nonsense\r\n',
  'Content-Type: text/html; charset=nonsense\r\n',
  'Content-Type: application/x-www-form-urlencoded\r\n',
  'Location: http://127.0.0.1:1/\r\n',
  'Retry-After: 99999999999\r\n',
  'Date: nonsense\r\n',
  'Connection: upgrade\r\nUpgrade: nonsense\r\n',
  'Set-Cookie: a=b\r\n'.repeat(200),
  `X-Long: ${'x'.repeat(20_000)}\r\n`,
]
const FIRST = [
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50),
  'HTTP/1.1 101 Switching\r\n\r\n',
  '\r\n\r\n',
]

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record<Mutation>({
    kind: fc.constantFrom('cut', 'change', 'insert', 'remove', 'repeat'),
    at: fc.integer({ min: 0, max: 999 }).map((share) => share / 1_000),
    size: fc.integer({ min: 1, max: 20 }),
    text: fc.constantFrom(...TEXTS, ...LINES, ...FIRST),
  }),
  { minLength: 1, maxLength: 3 },
)

/** Applies the changes in their order. A line is inserted as a field of the head, a head before all. */
export function mutated(bytes: Buffer, changes: readonly Mutation[]): Buffer {
  return changes.reduce((before, change) => {
    const at = placeOf(before, change)
    const until = change.kind === 'insert' || change.kind === 'repeat' ? at : at + change.size
    const middle = { cut: '', change: change.text.slice(0, change.size), insert: change.text, remove: '', repeat: '' }
    const repeated = change.kind === 'repeat' ? before.subarray(at, at + change.size) : Buffer.alloc(0)
    return Buffer.concat([
      before.subarray(0, at),
      Buffer.from(middle[change.kind], 'latin1'),
      repeated,
      change.kind === 'cut' ? Buffer.alloc(0) : before.subarray(until),
    ])
  }, bytes)
}

function placeOf(bytes: Buffer, { kind, at, text }: Mutation): number {
  if (kind === 'insert' && FIRST.includes(text)) return 0
  if (kind === 'insert' && LINES.includes(text)) return bytes.indexOf('\r\n') + 2
  return Math.floor(at * bytes.length)
}
