// Searches the output of a spec for its secrets: errors in every printed form, events of every manager, the console, warnings of the
// process. Secrets are recorded when they are sent. After the spec, all objects reachable from its output are searched: sockets, agents
// and HTTP/2 sessions outlive a request.
import { inspect as printDeep } from 'node:util'
import type { WireRequest } from '../../lib/token-endpoint/transport.ts'

/** Names of fields whose values are secrets. */
const SECRET = /secret|password|passcode|otp|assertion|verifier|^code$|(?<!type_)token$|^id_token$/i

// Shorter text appears in other words by chance.
const SHORTEST = 4
// A text is looked at in every fourth place. A secret of seven letters or more contains one of these places and three letters after it.
const STRIDE = 4
const LONG = 2 * STRIDE - 1
// The first of many equal events suffice.
const MOST = 500

export interface Leak {
  readonly where: string
  /** The secret, as found. */
  readonly found: string
}

/** Records secrets and output; reports the secrets found in the output. */
export class LeakDetector {
  readonly #needles = new Map<string, string>()
  readonly #texts = new Map<string, string>()
  readonly #seen = new WeakSet()
  readonly #counts = new Map<string, number>()
  readonly #roots = new Map<object, string>()

  /** Records a secret. */
  learn(secret: unknown): void {
    if (typeof secret !== 'string' || secret.length < SHORTEST) return
    for (const form of formsOf(secret)) this.#needles.set(form, secret)
  }

  /** Records the parameters that are secrets by their name. */
  learnFields(fields: unknown): void {
    if (typeof fields !== 'object' || fields === null) return
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === 'object') this.learnFields(value)
      else if (SECRET.test(name)) this.learn(value)
    }
  }

  /** The body of a token request or of its answer, and a password of HTTP Basic. */
  learnMessage(text: string | undefined, authorization?: string): void {
    const body = text ?? ''
    try {
      this.learnFields(JSON.parse(body))
    } catch {
      this.learnFields(Object.fromEntries(new URLSearchParams(body)))
    }
    const basic = /^Basic (.*)$/i.exec(authorization ?? '')?.[1]
    const [, password] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString().split(/:(.*)/s)
    this.learn(password)
    if (password !== undefined) this.learn(plainOf(password))
  }

  learnRequest({ url, body, headers }: WireRequest): void {
    this.learnMessage(body, headers['authorization'])
    if (URL.canParse(url)) this.learnFields(Object.fromEntries(new URL(url).searchParams))
  }

  /** Records output, in every form it can be printed in. */
  inspect(where: string, value: unknown): void {
    if (typeof value === 'object' && value !== null) {
      if (this.#seen.has(value)) return
      this.#seen.add(value)
    }
    const count = (this.#counts.get(where) ?? 0) + 1
    this.#counts.set(where, count)
    if (count > MOST) return
    this.keep(where, value)
    for (const [way, text] of printed(value)) if (!this.#texts.has(text)) this.#texts.set(text, `${where}, ${way}`)
    if (!(value instanceof Error)) return
    this.inspect(`the cause of ${where}`, value.cause)
    const { response } = value as { response?: unknown }
    if (response !== undefined) this.inspect(`the response of ${where}`, response)
  }

  /** Records an object that is searched at the end. */
  keep(where: string, value: unknown): void {
    if (typeof value === 'object' && value !== null) this.#roots.set(value, where)
  }

  get leaks(): Leak[] {
    if (this.#needles.size === 0) return []
    for (const [text, where] of textsWithin(this.#roots)) if (!this.#texts.has(text)) this.#texts.set(text, where)
    const long = [...this.#needles.keys()].filter((needle) => needle.length >= LONG)
    const short = [...this.#needles.keys()].filter((needle) => needle.length < LONG)
    const byPart = byPartOf(long)
    return [...this.#texts].flatMap(([text, where]) => {
      const found = short.find((needle) => text.includes(needle)) ?? longIn(text, byPart)
      return found === undefined ? [] : [{ where, found: this.#needles.get(found) ?? found }]
    })
  }
}

interface Part {
  readonly needle: string
  /** The place of the part in the needle. */
  readonly start: number
}

/** The parts of which one stands at a place that is looked at, wherever the needle stands. */
function byPartOf(needles: readonly string[]): ReadonlyMap<string, readonly Part[]> {
  const found = new Map<string, Part[]>()
  for (const needle of needles)
    for (let start = 0; start < STRIDE; start += 1) {
      const text = needle.slice(start, start + STRIDE)
      const parts = found.get(text)
      if (parts) parts.push({ needle, start })
      else found.set(text, [{ needle, start }])
    }
  return found
}

function longIn(text: string, byPart: ReadonlyMap<string, readonly Part[]>): string | undefined {
  for (let at = 0; at + STRIDE <= text.length; at += STRIDE) {
    const candidates = byPart.get(text.slice(at, at + STRIDE))
    const found = candidates?.find(({ needle, start }) => text.startsWith(needle, at - start))
    if (found !== undefined) return found.needle
  }
  return undefined
}

/** The secret in clear, URL-encoded in either way, and in base64 wherever it may stand in what was encoded. */
function formsOf(secret: string): Set<string> {
  const encoded = [encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1)]
  const bytes = Buffer.from(secret)
  const base64 = [0, 1, 2].flatMap((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '')
    // The first and last characters depend on the neighbouring text.
    const core = text.slice(shift === 0 ? 0 : shift + 1, (shift + bytes.length) % 3 === 0 ? undefined : -1)
    return core.length < 6 ? [] : [core, core.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return new Set([secret, JSON.stringify(secret).slice(1, -1), ...encoded, ...base64])
}

function printed(value: unknown): [way: string, text: string][] {
  if (typeof value === 'string') return [['as text', value]]
  const ways: [string, () => unknown][] = [
    ['as text', () => String(value)],
    ['as JSON', () => JSON.stringify(value)],
    ['inspected', () => printDeep(value)],
    ['inspected with hidden properties', () => printDeep(value, { depth: isOfAxios(value) ? 4 : 8, showHidden: true })],
    ['inspected with getters', () => printDeep(value, { depth: isOfAxios(value) ? 0 : 8, getters: true })],
    ['in its stack', () => (value as { stack?: unknown } | undefined)?.stack],
  ]
  return ways.flatMap(([way, print]) => {
    let text: unknown
    try {
      text = print()
    } catch {
      // Values that cannot be printed (circular objects, symbols) leak nothing.
    }
    return typeof text === 'string' ? [[way, text]] : []
  })
}

/** A response or an error of axios: further down are connections, with requests of others in flight, and getters that change things. */
function isOfAxios(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'config' in value
}

/** All texts that objects lead to, at any depth, hidden properties included: what `util.inspect` could print, each with its path. */
function textsWithin(roots: ReadonlyMap<object, string>): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  const seen = new Set<unknown>()
  let level: (readonly [value: unknown, path: string])[] = [...roots]
  while (level.length > 0) {
    level = level.flatMap(([value, path]) => {
      if (typeof value === 'string' && !texts.has(value)) texts.set(value, path)
      if (typeof value !== 'object' || value === null || seen.has(value)) return []
      seen.add(value)
      return membersOf(value).map(([name, member]) => [member, `${path}.${name}`] as const)
    })
  }
  return texts
}

function membersOf(value: object): (readonly [name: string, member: unknown])[] {
  const entries = value instanceof Map || value instanceof Set ? [...value].flat() : []
  const bytes = ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined
  const names = bytes ? [] : Reflect.ownKeys(value)
  return [
    ...entries.map((entry) => ['entry', entry] as const),
    ...(bytes ? [['bytes', bytes.toString('latin1')] as const] : []),
    ...names.flatMap((name) => {
      const property = Reflect.getOwnPropertyDescriptor(value, name)
      return property && 'value' in property ? [[String(name), property.value as unknown] as const] : []
    }),
  ]
}

/** Decodes form-encoding. */
function plainOf(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

// Specs with an await at their top are imported, all others and the hooks are required: there are two copies of this module.
const CURRENT = Symbol.for('tokenflight.leak-detector')
const globals = globalThis as unknown as Record<symbol, LeakDetector | undefined>

/** The detector of the running spec. */
export function leakDetector(): LeakDetector {
  return (globals[CURRENT] ??= new LeakDetector())
}

export function resetLeakDetector(): void {
  globals[CURRENT] = new LeakDetector()
}
