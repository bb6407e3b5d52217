// Hostile answers of a token endpoint: each gives the token that was sent, or a typed error, in time, and no secret is shown.
import { inspect } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { createTokenManager, isTokenError } from '../../lib/index.ts'
import { axiosTransport } from '../../lib/axios.ts'
import { fetchTransport } from '../../lib/fetch.ts'
import { oauth2 } from '../../lib/providers.ts'
import { type Mutation, mutated, mutations } from './mutations.ts'
import { type After, type RawServer, startRawServer } from './raw-server.ts'

const SECRET = 'client-secret-8d1f5c'
const TOKEN = 'access-token-4b7e9a'
const REFRESH = 'refresh-token-2c6d0f'
const ELSEWHERE = '/elsewhere'

const TOKENS = JSON.stringify({ access_token: TOKEN, token_type: 'Bearer', expires_in: 3600, refresh_token: REFRESH })
const json = 'Content-Type: application/json'

function answer(status: string, fields: readonly string[], body: Buffer | string): Buffer {
  const bytes = Buffer.from(body)
  const head = [`HTTP/1.1 ${status}`, ...fields, `Content-Length: ${String(bytes.length)}`].join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), bytes])
}

const refusal = (description: string): string =>
  JSON.stringify({ error: 'invalid_client', error_description: description })

const ok = (body: Buffer | string, ...fields: readonly string[]): Buffer => answer('200 OK', [json, ...fields], body)

/** Answers by name, and the outcome of each: the token, or the code of the error and its reason. */
const ANSWERS: Readonly<Record<string, readonly [bytes: Buffer, outcome: string]>> = {
  token: [ok(TOKENS), TOKEN],
  'a token in chunks': [
    Buffer.from(
      `HTTP/1.1 200 OK\r\n${json}\r\nTransfer-Encoding: chunked\r\n\r\n${TOKENS.length.toString(16)}\r\n${TOKENS}\r\n0\r\n\r\n`,
    ),
    TOKEN,
  ],
  'a token in gzip': [ok(gzipSync(TOKENS), 'Content-Encoding: gzip'), TOKEN],
  'a token in brotli': [ok(brotliCompressSync(TOKENS), 'Content-Encoding: br'), TOKEN],
  'a token in a form': [
    answer(
      '200 OK',
      ['Content-Type: application/x-www-form-urlencoded'],
      `access_token=${TOKEN}&token_type=bearer&expires_in=60`,
    ),
    TOKEN,
  ],
  'much of nothing in gzip': [
    ok(gzipSync(Buffer.alloc(20_000_000)), 'Content-Encoding: gzip'),
    'ERR_TOKEN_RESPONSE, too_large',
  ],
  'a refusal that repeats the secret': [
    answer('401 Unauthorized', [json], refusal(`wrong secret ${SECRET}`)),
    'ERR_OAUTH, invalid_client',
  ],
  'a refusal that repeats it encoded': [
    answer('400 Bad Request', [json], refusal(Buffer.from(`x${SECRET}`).toString('base64'))),
    'ERR_OAUTH, invalid_client',
  ],
  'a refusal whose code is the secret': [
    answer('400 Bad Request', [json], JSON.stringify({ error: SECRET })),
    'ERR_OAUTH, [redacted]',
  ],
  'a page that repeats it': [
    answer('403 Forbidden', ['Content-Type: text/html'], `<p>client_secret=${SECRET}</p>`),
    'ERR_TOKEN_REQUEST, blocked',
  ],
  'a token that is none': [
    ok(JSON.stringify({ access_token: { a: TOKEN }, token_type: 'Bearer' })),
    'ERR_TOKEN_RESPONSE, no_token',
  ],
  'a token with a line break': [
    ok(JSON.stringify({ access_token: `${TOKEN}\r\nX: y` })),
    'ERR_TOKEN_RESPONSE, bad_token',
  ],
  'numbers beyond': [ok(`{"access_token":"${TOKEN}","token_type":"Bearer","expires_in":1e400}`), TOKEN],
  'deep JSON': [ok(`${'['.repeat(50_000)}${']'.repeat(50_000)}`), 'ERR_TOKEN_RESPONSE, no_token'],
  'a prototype': [ok(`{"__proto__":{"access_token":"${TOKEN}"},"constructor":1}`), 'ERR_TOKEN_RESPONSE, no_token'],
  'utf-16': [
    answer('200 OK', [`${json}; charset=utf-16`], Buffer.from(TOKENS, 'utf16le')),
    'ERR_TOKEN_RESPONSE, unreadable',
  ],
  nothing: [ok(''), 'ERR_TOKEN_RESPONSE, unreadable'],
  'a redirect': [answer('307 Temporary Redirect', [`Location: ${ELSEWHERE}`], ''), 'ERR_TOKEN_REQUEST, redirect'],
  'too much': [ok('x'.repeat(1_500_000)), 'ERR_TOKEN_RESPONSE, too_large'],
}

export interface HostileCase {
  readonly transport: 'fetch' | 'axios'
  readonly answer: string
  readonly changes: readonly Mutation[]
  readonly after: After
}

export const hostileCases: fc.Arbitrary<HostileCase> = fc.record<HostileCase>({
  transport: fc.constantFrom('fetch', 'axios'),
  answer: fc.constantFrom('token', ...Object.keys(ANSWERS)),
  changes: fc.oneof(fc.constant<Mutation[]>([]), mutations, mutations, mutations),
  after: fc.constantFrom('end', 'end', 'reset', 'keep'),
})

/** Every place at which an answer may break off. */
export function cuts(name: string, after: After): readonly HostileCase[] {
  const { length } = bytesOf(name)
  return Array.from({ length }, (_, place) => place).flatMap((place) =>
    (['fetch', 'axios'] as const).map((transport): HostileCase => {
      const cut: Mutation = { kind: 'cut', at: (place + 0.5) / length, size: 0, text: '' }
      return { transport, answer: name, changes: [cut], after }
    }),
  )
}

/** Milliseconds of a renewal: fewer where no answer may come. An outcome that takes longer by far is overdue. */
const DEADLINE_MS = 10_000
const HOSTILE_DEADLINE_MS = 120
const OVERDUE_MS = 3_000

/** Gives what is wrong with the outcome of a case; undefined for nothing. */
export async function runHostile(server: RawServer, given: HostileCase): Promise<string | undefined> {
  const isWhole = given.changes.length === 0 && given.after !== 'reset'
  const bytes = mutated(bytesOf(given.answer), given.changes)
  const path = `/${String((count += 1))}`
  answers.set(path, { bytes, after: given.after })
  const elsewhere: string[] = []
  server.handler = ({ target }) => {
    if (target === ELSEWHERE) elsewhere.push(target)
    return answers.get(target)
  }
  const tokens = createTokenManager({
    provider: oauth2({
      id: 'hostile',
      api: server.url,
      tokenEndpoint: `${server.url}${path}`,
      clientAuthentication: 'client_secret_post',
      grants: ['client_credentials'],
    }),
    grant: 'client_credentials',
    credentials: { clientId: 'client', clientSecret: SECRET },
    transport: given.transport === 'fetch' ? fetchTransport() : axiosTransport(),
    timing: { flightDeadline: isWhole ? DEADLINE_MS : HOSTILE_DEADLINE_MS },
  })
  const startedAt = performance.now()
  const outcome = await tokens.token().then(
    ({ accessToken }) => accessToken,
    (error: unknown) => error,
  )
  answers.delete(path)
  const took = performance.now() - startedAt
  if (took > OVERDUE_MS && !isWhole) return `it took ${took.toFixed(0)} ms`
  if (elsewhere.length > 0) return 'a redirect was followed'
  const expected = ANSWERS[given.answer]?.[1]
  if (isWhole && shortOf(outcome) !== expected) return `not ${String(expected)}: ${inspect(outcome)}`
  if (isCutOff(given) && typeof outcome === 'string') return 'a token of an answer that breaks off'
  return typeof outcome === 'string' ? faultOfToken(outcome, bytes, given) : faultOfError(outcome)
}

const answers = new Map<string, { readonly bytes: Buffer; readonly after: After }>()
let count = 0

function bytesOf(name: string): Buffer {
  return ANSWERS[name]?.[0] ?? Buffer.alloc(0)
}

function isCutOff({ changes: [change, ...others] }: HostileCase): boolean {
  return change?.kind === 'cut' && others.length === 0
}

/** An outcome as the table of answers has it. */
function shortOf(outcome: unknown): string {
  const { code, reason, error } = outcome as { code?: string; reason?: string; error?: string }
  return typeof outcome === 'string' ? outcome : `${String(code)}, ${String(reason ?? error)}`
}

/** A token stands in the answer as it is, unless that is encoded. */
function faultOfToken(token: string, bytes: Buffer, { answer: name }: HostileCase): string | undefined {
  if (/[^\x21-\x7e]/.test(token)) return `a token that no header can carry: ${JSON.stringify(token)}`
  return /gzip|brotli|form|chunks/.test(name) || bytes.includes(token) ? undefined : `another token: ${token}`
}

function faultOfError(error: unknown): string | undefined {
  if (!isTokenError(error)) return `not a TokenError: ${inspect(error)}`
  const texts = [
    String(error),
    error.stack ?? '',
    JSON.stringify(error),
    inspect(error, { depth: Infinity, showHidden: true }),
  ]
  const found = [SECRET, TOKEN, REFRESH].find((secret) => texts.some((text) => text.includes(secret.slice(0, 12))))
  if (found !== undefined) return `${found} in ${texts[0] ?? ''}`
  return texts.some((text) => text.length > 20_000) ? 'an error that is too long' : undefined
}

const LANES = 4

/** Runs the cases and lists the faults of their outcomes. */
export async function runHostiles(cases: readonly HostileCase[]): Promise<readonly string[]> {
  const server = await startRawServer()
  const faults: string[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    for (let given = cases[next]; given; given = cases[next]) {
      next += 1
      const fault = await runHostile(server, given)
      if (fault !== undefined) faults.push(`${fault}\n  ${JSON.stringify(given)}`)
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  await server.close()
  return faults
}
