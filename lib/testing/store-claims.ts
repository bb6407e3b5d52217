// The contract of a token store, as checks for any store: no test framework, and nothing of Node.
import type { Presence, TokenStore } from '../stores/token-store.ts'
import { checkAll, count } from '../util/check-options.ts'
import { randomText } from '../util/encoding.ts'

/** One claim of the contract of a {@link TokenStore}. */
export interface StoreClaim {
  /** Completes the sentence "The store ...". */
  readonly claim: string
  /** The optional member of a store that the claim is about. A store without it passes. */
  readonly needs?: 'watch' | 'presence'
  /** Resolves where the claim holds; rejects with an `Error` that describes the behavior of the store. */
  readonly check: () => Promise<void>
}

/** Limits of a store. */
export interface StoreLimits {
  /** The number of bytes that a text may have: 20,000 or more. @default 100_000 */
  readonly bytes?: number
}

type Open = () => TokenStore | Promise<TokenStore>

const CONTENDERS = 8
const INCREMENTS = 50

/** Milliseconds within which a change must be called back: it may be later in use, never here. */
const PATIENCE = 3000

/** Milliseconds in which a callback that was stopped must not come. */
const QUIET = 50

/** Keys that are properties of every object: used as they are. */
const INHERITED = ['__proto__', 'constructor', 'toString']

const ENDINGS = [
  '',
  'a',
  'A',
  'a ',
  ' a',
  'a/b',
  'a/./b',
  'a/../b',
  'a\\b',
  'a:b',
  'a*',
  'a?',
  "a'",
  '%61',
  '{a}',
  'CON',
  'a.',
]
const UNICODE = ['\u00e4', 'a\u0308', '\u{1F511}', '\u30ad\u30fc', 'k\u0131']
const longKeys = (): string[] => ['x', 'y'].map((end) => 'k'.repeat(1000) + end)

const texts = (bytes: number): string[] => [
  '{"v":1}',
  ' ',
  ' \t\r\n ',
  '0',
  'null',
  'undefined',
  'false',
  '[object Object]',
  '"\'\\$1 %s {0} \u0001\u007f',
  '\u00e4 a\u0308 \u30ad\u30fc \u{1F511} \u2028',
  'x'.repeat(bytes),
  '\u{1F511}'.repeat(bytes / 4),
]

/**
 * The claims that a token store must hold to be shared by the managers of several processes, each with its check. They need no test
 * framework: `for (const { claim, check } of storeClaims(open)) it(claim, check)`.
 *
 * `open` gives a handle of the store; every call gives one over the same place, where the store can have several. The checks use keys of
 * their own, and leave some hundred kilobytes behind. Each takes less than a second, with a store that answers within a millisecond.
 * @throws `TypeError` for an invalid option
 */
export function storeClaims(open: Open, limits: StoreLimits = {}): readonly StoreClaim[] {
  checkAll(limits, { bytes: count })
  const { bytes = 100_000 } = limits
  return [
    {
      claim: 'reads undefined for a key that was never written',
      async check() {
        const store = await open()
        is(await store.read(newKey()), undefined, 'read, of a key never written')
      },
    },
    {
      claim: 'writes a text where there is none, once',
      async check() {
        const store = await open()
        const key = newKey()
        is(await store.swap(key, undefined, 'one'), true, 'swap, from nothing')
        is(await store.read(key), 'one', 'read, of what was put')
        is(await store.swap(key, undefined, 'two'), false, 'swap, from nothing where a text is')
        is(await store.read(key), 'one', 'read, after a swap that was refused')
      },
    },
    {
      claim: 'replaces the expected text',
      async check() {
        const store = await open()
        const key = newKey()
        await put(store, key, undefined, 'one')
        await put(store, key, 'one', 'two')
        is(await store.read(key), 'two', 'read, of what was put')
      },
    },
    {
      claim: 'returns false for a swap that expects another text, and changes nothing',
      async check() {
        const store = await open()
        const [key, absent] = [newKey(), newKey()]
        await put(store, key, undefined, 'one')
        for (const other of ['two', 'One', 'one ', 'on', ''])
          is(await store.swap(key, other, 'three'), false, `swap, which expects ${shown(other)} where 'one' is`)
        is(await store.read(key), 'one', 'read, after swaps that were refused')
        is(await store.swap(absent, 'one', 'two'), false, 'swap, which expects a text where there is none')
        is(await store.read(absent), undefined, 'read, after a swap that was refused')
      },
    },
    {
      claim: 'distinguishes keys',
      async check() {
        const store = await open()
        const start = newKey()
        const keys = [...INHERITED, ...[...ENDINGS, ...UNICODE, ...longKeys()].map((end) => start + end)]
        const texts = new Map(keys.map((key) => [key, newKey()]))
        for (const [key, text] of texts) {
          const before = await store.read(key)
          if (!INHERITED.includes(key)) is(before, undefined, `read, of the key ${shown(key)} never written`)
          await put(store, key, before, text)
        }
        for (const [key, text] of texts) is(await store.read(key), text, `read, of the key ${shown(key)}`)
      },
    },
    {
      claim: 'returns a text exactly as it was written',
      async check() {
        const store = await open()
        const key = newKey()
        let before: string | undefined
        for (const text of texts(bytes)) {
          await put(store, key, before, text)
          is(await store.read(key), text, 'read, of what was put')
          before = text
        }
      },
    },
    {
      claim: 'lets one of many concurrent swaps succeed',
      async check() {
        const stores = await several(open)
        const key = newKey()
        let before: string | undefined
        for (let round = 0; round < 5; round += 1) {
          const texts = Array.from({ length: 5 * CONTENDERS }, (_, n) => `${String(round)} ${String(n)}`)
          const won = await Promise.all(
            texts.map(async (text, n) => at(stores, n % CONTENDERS).swap(key, before, text)),
          )
          is(won.filter(Boolean).length, 1, 'swaps that were made, of those begun at once')
          before = at(texts, won.indexOf(true))
          is(await at(stores, round).read(key), before, 'read, of the text of the one that was made')
        }
      },
    },
    {
      claim: 'loses no change of concurrent writers that retry',
      async check() {
        const stores = await several(open)
        const key = newKey()
        const total = CONTENDERS * INCREMENTS
        const contend = async (store: TokenStore): Promise<void> => {
          let won = 0
          // A swap is refused only where another one was made since the read.
          for (let tries = 0; won < INCREMENTS; tries += 1) {
            if (tries > total) is(won, INCREMENTS, `swaps of one contender that were made, of ${String(tries)}`)
            const before = await store.read(key)
            if (await store.swap(key, before, String(Number(before ?? 0) + 1))) won += 1
          }
        }
        await Promise.all(stores.map(contend))
        is(await at(stores, 0).read(key), String(total), 'read, of a counter')
      },
    },
    {
      claim: 'never reads part of a text while it is written',
      async check() {
        const [writer, reader] = [await open(), await open()]
        const key = newKey()
        const texts = Array.from({ length: 20 }, (_, n) => String.fromCharCode(97 + n).repeat(bytes))
        let writing = true
        const write = async (): Promise<void> => {
          let before: string | undefined
          for (const text of texts) {
            await put(writer, key, before, text)
            before = text
          }
        }
        const read = async (): Promise<void> => {
          while (writing) {
            const text = await reader.read(key)
            if (text !== undefined && !texts.includes(text)) is(text, 'one of the texts that were put', 'read')
            await pause(0)
          }
        }
        const written = write().finally(() => {
          writing = false
        })
        await Promise.all([written, read()])
      },
    },
    {
      claim: 'shows the text of one handle to another, opened before or after',
      async check() {
        const [writer, before] = [await open(), await open()]
        const key = newKey()
        is(await before.read(key), undefined, 'read, of a key never written')
        await put(writer, key, undefined, 'one')
        const after = await open()
        is(await before.read(key), 'one', 'read, by a handle opened before')
        is(await after.read(key), 'one', 'read, by a handle opened after')
        is(await before.swap(key, undefined, 'two'), false, 'swap, by another handle from nothing where a text is')
        await put(after, key, 'one', 'two')
        is(await writer.read(key), 'two', 'read, of what another handle has put')
      },
    },
    {
      claim: 'notifies a watch of a key after a change by another handle',
      needs: 'watch',
      async check() {
        const [watching, other] = [await open(), await open()]
        const key = newKey()
        let called = 0
        const stop = watching.watch?.(key, () => {
          called += 1
        })
        if (!stop) return
        try {
          await changeUntil(other, key, () => called > 0)
        } finally {
          stop()
        }
      },
    },
    {
      claim: 'notifies no watch that was stopped, and goes on for others',
      needs: 'watch',
      async check() {
        const [watching, other] = [await open(), await open()]
        const key = newKey()
        let [late, called] = [0, 0]
        const stop = watching.watch?.(key, () => {
          late += 1
        })
        const stopOther = watching.watch?.(key, () => {
          called += 1
        })
        if (!stop || !stopOther) return
        try {
          await changeUntil(other, key, () => late > 0 && called > 0)
          stop()
          // Stopping once more is of no effect.
          stop()
          late = 0
          called = 0
          await changeUntil(other, key, () => called > 0)
          await pause(QUIET)
          is(late, 0, 'calls after watching was stopped')
        } finally {
          stop()
          stopOther()
        }
      },
    },
    {
      claim: 'reports no begun presence as gone, to any handle',
      needs: 'presence',
      async check() {
        const [one, other] = [(await open()).presence, (await open()).presence]
        if (!one || !other) return
        const signs = [await one.begin(), await other.begin(), await one.begin()]
        try {
          const names = signs.map(({ name }) => name)
          is(new Set(names).size, 3, 'names that differ, of three that were begun')
          for (const name of names) {
            if (typeof name !== 'string' || name === '') is(name, 'a text', 'the name of a sign')
            await isLiving(one, name)
            await isLiving(other, name)
          }
          signs[0]?.end()
          for (const name of names.slice(1)) await isLiving(other, name)
          const ended: unknown = await other.gone(names[0] ?? '')
          if (typeof ended !== 'boolean') is(ended, 'true or false', 'gone, of a name that has ended')
        } finally {
          for (const sign of signs) sign.end()
        }
      },
    },
    {
      claim: 'reports no unknown name as gone',
      needs: 'presence',
      async check() {
        const { presence } = await open()
        // The engine makes such a name where `begin` fails.
        if (presence) for (const name of [newKey(), randomText(12)]) await isLiving(presence, name)
      },
    },
  ]
}

/** A key that no other check has used. */
function newKey(): string {
  return `tokenflight:claims:${randomText(18)}`
}

async function several(open: Open): Promise<TokenStore[]> {
  const stores: TokenStore[] = []
  for (let n = 0; n < CONTENDERS; n += 1) stores.push(await open())
  return stores
}

async function put(store: TokenStore, key: string, expected: string | undefined, next: string): Promise<void> {
  is(
    await store.swap(key, expected, next),
    true,
    `swap, which expects ${shown(expected)} under ${shown(key)} where it is`,
  )
}

/** Changes the text until the change was noticed: a watch may take a moment to begin. */
async function changeUntil(store: TokenStore, key: string, noticed: () => boolean): Promise<void> {
  const start = Date.now()
  let before = await store.read(key)
  while (!noticed()) {
    const next = newKey()
    await put(store, key, before, next)
    before = next
    const changed = Date.now()
    while (!noticed() && Date.now() - changed < QUIET) await pause(1)
    if (Date.now() - start > PATIENCE)
      is('nobody', 'who watches', `called back, within ${String(PATIENCE)} ms of changes`)
  }
}

async function isLiving(presence: Presence, name: string): Promise<void> {
  is(await presence.gone(name), false, 'gone, of a name that has not ended')
}

function is(actual: unknown, expected: unknown, subject: string): void {
  if (actual !== expected) throw new Error(`${subject}: expected ${shown(expected)}, got ${shown(actual)}`)
}

function shown(value: unknown): string {
  if (typeof value !== 'string') return String(value)
  return value.length > 60 ? `'${value.slice(0, 60)}' and so on, ${String(value.length)} characters` : `'${value}'`
}

function at<T>(list: readonly T[], index: number): T {
  const value = list[index]
  if (value === undefined) throw new Error(`nothing at ${String(index)}`)
  return value
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
