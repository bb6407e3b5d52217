// Answers of the API by name, as bytes.
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import type { After, WireAnswer } from './raw-server.ts'

export interface Answer {
  readonly status: number
  readonly head: readonly HeadName[]
  readonly body: AnswerBodyName
  readonly framing: 'length' | 'chunks' | 'close'
  readonly fault: FaultName
  /** Where the answer is split or cut: a share of its bytes. */
  readonly at: number
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const long = Buffer.alloc(100_000, 'long ')

const ANSWER_BODIES = {
  none: { bytes: Buffer.alloc(0) },
  text: { bytes: Buffer.from('text ü'), head: ['Content-Type: text/plain; charset=utf-8'] },
  json: { bytes: json({ a: [1, 'ü'] }), head: ['Content-Type: application/json'] },
  'json that is cut': { bytes: Buffer.from('{"a":'), head: ['Content-Type: application/json'] },
  'json with a BOM': { bytes: Buffer.from('\ufeff{"a":1}'), head: ['Content-Type: application/json'] },
  'a number': { bytes: json(1), head: ['Content-Type: application/json'] },
  null: { bytes: json(null), head: ['Content-Type: application/json'] },
  'utf-16': { bytes: Buffer.from('text', 'utf16le'), head: ['Content-Type: text/plain; charset=utf-16le'] },
  'a bad charset': { bytes: Buffer.from('text'), head: ['Content-Type: text/plain; charset=nonsense'] },
  'bytes that are no text': { bytes: Buffer.from([0, 255, 254, 200, 1]), head: [] },
  long: { bytes: long, head: ['Content-Type: text/plain'] },
  form: { bytes: Buffer.from('a=1&b=2'), head: ['Content-Type: application/x-www-form-urlencoded'] },
  gzip: { bytes: gzipSync(json({ a: 1 })), head: ['Content-Type: application/json', 'Content-Encoding: gzip'] },
  deflate: { bytes: deflateSync(json({ a: 1 })), head: ['Content-Encoding: deflate'] },
  brotli: { bytes: brotliCompressSync(json({ a: 1 })), head: ['Content-Encoding: br'] },
  'gzip that is cut': { bytes: gzipSync(long).subarray(0, 60), head: ['Content-Encoding: gzip'] },
  'gzip that is none': { bytes: Buffer.from('text'), head: ['Content-Encoding: gzip'] },
  'an unknown encoding': { bytes: Buffer.from('text'), head: ['Content-Encoding: nonsense'] },
  'gzip twice': { bytes: gzipSync(gzipSync('text')), head: ['Content-Encoding: gzip, gzip'] },
} satisfies Record<string, { readonly bytes: Buffer; readonly head?: readonly string[] }>

export type AnswerBodyName = keyof typeof ANSWER_BODIES
export const ANSWER_BODY_NAMES = Object.keys(ANSWER_BODIES) as AnswerBodyName[]

const HEADS = {
  'x-a': 'X-A: 1',
  'two cookies': 'Set-Cookie: a=1\r\nSet-Cookie: b=2',
  'a field twice': 'X-Twice: 1\r\nX-Twice: 2',
  'a field in latin1': 'X-Latin1: \xe9',
  'an empty field': 'X-Empty:',
  folded: 'X-Folded: a\r\n b',
  etag: 'ETag: "1"',
  'retry-after': 'Retry-After: 1',
  'connection: close': 'Connection: close',
  'a challenge': 'WWW-Authenticate: Bearer realm="x", error="invalid_token"',
  'a challenge of another scheme': 'WWW-Authenticate: Basic realm="x"',
  'insufficient scope': 'WWW-Authenticate: Bearer error="insufficient_scope"',
  'a long field': `X-Long: ${'x'.repeat(8_000)}`,
  'cache-control': 'Cache-Control: no-store',
} satisfies Record<string, string>

export type HeadName = keyof typeof HEADS
export const HEAD_NAMES = Object.keys(HEADS) as HeadName[]

export const FAULTS = [
  'none',
  'split',
  'information first',
  'silent',
  'stalled',
  'closed at once',
  'reset at once',
  'closed in the answer',
  'reset in the answer',
  'a length too long',
  'a length too short',
  'two lengths',
  'no HTTP',
  'a head too long',
  'a bad chunk',
  'a bad field',
] as const

export type FaultName = (typeof FAULTS)[number]

const REASONS: Readonly<Record<number, string>> = { 200: 'OK', 401: 'Unauthorized', 404: 'Not Found' }

/** Whether an answer to this method, with this status, ends with its head. */
function hasNoBody(method: string, status: number): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304
}

function chunked(bytes: Buffer): Buffer {
  const half = bytes.length >> 1
  const parts = [bytes.subarray(0, half), bytes.subarray(half)].filter(({ length }) => length > 0)
  const chunks = parts.map((part) => Buffer.concat([Buffer.from(`${part.length.toString(16)}\r\n`), part, CRLF]))
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')])
}

const CRLF = Buffer.from('\r\n')

/** The answer as bytes; undefined for none. `fields`: further lines of the head. */
export function wireAnswer(answer: Answer, method: string, fields: readonly string[] = []): WireAnswer | undefined {
  const { status, head, body, framing, fault, at } = answer
  if (fault === 'silent') return undefined
  if (fault === 'closed at once') return { bytes: Buffer.alloc(0), after: 'end' }
  if (fault === 'reset at once') return { bytes: Buffer.alloc(0), after: 'reset' }
  const isEmpty = hasNoBody(method, status)
  const { bytes, head: own = [] }: { bytes: Buffer; head?: readonly string[] } = ANSWER_BODIES[body]
  const length = bytes.length + (fault === 'a length too long' ? 5 : 0)
  const lengths = [`Content-Length: ${String(length)}`]
  if (fault === 'a length too short') lengths[0] = `Content-Length: ${String(Math.max(0, bytes.length - 2))}`
  if (fault === 'two lengths') lengths.push(`Content-Length: ${String(length + 1)}`)
  const isChunked = (framing === 'chunks' || fault === 'a bad chunk') && !fault.includes('length')
  const closes = framing === 'close' && !isChunked && !fault.includes('length') && fault !== 'stalled'
  const lines = [
    `HTTP/1.1 ${String(status)} ${REASONS[status] ?? 'Status'}`,
    ...fields,
    ...own,
    ...head.map((name) => HEADS[name]),
    ...(closes ? ['Connection: close'] : isChunked ? ['Transfer-Encoding: chunked'] : status < 200 ? [] : lengths),
    ...(fault === 'a bad field' ? ['X bad\x01: \x02'] : []),
    ...(fault === 'a head too long' ? [`X-Too-Long: ${'x'.repeat(20_000)}`] : []),
  ]
  if (fault === 'no HTTP') lines[0] = 'NONSENSE'
  const first = fault === 'information first' ? 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' : ''
  const payload = fault === 'a bad chunk' ? Buffer.from('zz\r\nnonsense') : isChunked ? chunked(bytes) : bytes
  const whole = Buffer.concat([
    Buffer.from(`${first}${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    isEmpty ? Buffer.alloc(0) : payload,
  ])
  const cut = Math.floor(at * whole.length)
  if (fault === 'closed in the answer') return { bytes: whole.subarray(0, cut), after: 'end' }
  if (fault === 'reset in the answer') return { bytes: whole.subarray(0, cut), after: 'reset' }
  if (fault === 'stalled') return { bytes: whole.subarray(0, whole.length - payload.length + 1), after: 'keep' }
  const after: After = closes || fault === 'a length too long' || fault === 'a bad chunk' ? 'end' : 'keep'
  return { bytes: whole, after, ...(fault === 'split' && { split: cut }) }
}
