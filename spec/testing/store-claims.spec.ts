import { expect } from 'chai'
import { exclusiveStore } from '../../lib/stores/exclusive.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { Presence, TokenStore } from '../../lib/stores/token-store.ts'
import { storeClaims } from '../../lib/testing/store-claims.ts'

type Open = Parameters<typeof storeClaims>[0]

/** The claims that do not hold of a store, as `claim: what the store did`. */
async function brokenClaims(open: Open, among = ''): Promise<string[]> {
  const broken: string[] = []
  for (const { claim, check } of storeClaims(open).filter((each) => each.claim.includes(among))) {
    const failure: unknown = await check().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure !== undefined) broken.push(`${claim}: ${(failure as Error).message}`)
  }
  return broken
}

/** A store like `memoryStore`, but for what is given of it. */
function but(change: (store: TokenStore) => Partial<TokenStore>): Open {
  const store = memoryStore()
  const changed = { ...store, ...change(store) }
  return () => changed
}

/** A store that takes keys for the same that `of` makes the same. */
const underKey = (of: (key: string) => string): Open =>
  but((store) => ({
    read: (key) => store.read(of(key)),
    swap: (key, expected, next) => store.swap(of(key), expected, next),
    watch: (key, changed) => store.watch?.(of(key), changed) ?? (() => undefined),
  }))

/** A store that changes texts on their way in. */
const asText = (of: (text: string) => string): Open =>
  but((store) => ({
    swap: (key, expected, next) => store.swap(key, expected === undefined ? expected : of(expected), of(next)),
  }))

function presence(change: Partial<Presence> = {}): Presence {
  const living = new Set<string>()
  const begun = new Set<string>()
  return {
    begin() {
      const name = String(begun.size)
      living.add(name)
      begun.add(name)
      return { name, end: () => living.delete(name) }
    },
    gone: (name) => begun.has(name) && !living.has(name),
    ...change,
  }
}

const withPresence = (change?: Partial<Presence>): Open => but(() => ({ presence: presence(change) }))

/** Storage that is read, and written a turn later. */
function unlocked(write: (texts: Map<string, string>, key: string, next: string) => unknown): Open {
  const texts = new Map<string, string>()
  return () => ({
    read: (key) => texts.get(key),
    async swap(key, expected, next) {
      if (texts.get(key) !== expected) return false
      await write(texts, key, next)
      return true
    },
  })
}

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Stores that break the contract, and a claim that each breaks. */
const BROKEN: readonly (readonly [what: string, open: Open, claim: string])[] = [
  [
    'lets the last write win',
    but((store) => ({ swap: async (key, _, next) => store.swap(key, await store.read(key), next) })),
    'refuses a swap that expects another text',
  ],
  [
    'puts a text over anything where nothing is expected',
    but((store) => ({ swap: async (key, old, next) => store.swap(key, old ?? (await store.read(key)), next) })),
    'puts a text where there is nothing, once',
  ],
  [
    'puts a text where another one is expected and nothing is',
    but((store) => ({
      swap: async (key, old, next) => store.swap(key, (await store.read(key)) === undefined ? undefined : old, next),
    })),
    'refuses a swap that expects another text',
  ],
  [
    'compares, and writes later',
    unlocked(async (texts, key, next) => {
      await later()
      texts.set(key, next)
    }),
    'lets one of many win',
  ],
  [
    'writes a text in two parts',
    (() => {
      const texts = new Map<string, string>()
      const store = exclusiveStore({
        get: (key) => texts.get(key),
        async set(key, text) {
          texts.set(key, text.slice(0, 50_000))
          await new Promise((resolve) => setTimeout(resolve, 3))
          texts.set(key, text)
        },
        delete: (key) => texts.delete(key),
      })
      return () => ({ ...store, read: (key: string) => texts.get(key) })
    })(),
    'never gives half a text',
  ],
  ['forgets', but(() => ({ read: () => undefined })), 'puts a text where there is nothing, once'],
  ['keeps a memory for each handle', memoryStore, 'shows what one handle has put to another'],
  [
    'keeps what it has read',
    (() => {
      const store = memoryStore()
      return (): TokenStore => {
        const seen = new Map<string, string | undefined>()
        return {
          ...store,
          read: async (key) => {
            if (!seen.has(key)) seen.set(key, await store.read(key))
            return seen.get(key)
          },
          swap: async (key, expected, next) => {
            const swapped = await store.swap(key, expected, next)
            if (swapped) seen.set(key, next)
            else seen.delete(key)
            return swapped
          },
        }
      }
    })(),
    'shows what one handle has put to another',
  ],
  ['cuts long keys', underKey((key) => key.slice(0, 255)), 'keeps keys apart'],
  ['knows no case in keys', underKey((key) => key.toLowerCase()), 'keeps keys apart'],
  ['normalizes keys', underKey((key) => key.normalize()), 'keeps keys apart'],
  ['trims keys', underKey((key) => key.trim()), 'keeps keys apart'],
  ['takes keys for paths', underKey((key) => key.replace('/./', '/')), 'keeps keys apart'],
  [
    'is a plain object',
    (() => {
      const texts: Record<string, string | undefined> = {}
      const swap = (key: string, expected: string | undefined, next: string): boolean => {
        if (texts[key] !== expected) return false
        texts[key] = next
        return true
      }
      return () => ({ read: (key: string) => texts[key], swap })
    })(),
    'keeps keys apart',
  ],
  [
    'gives null for nothing',
    but((store) => ({ read: async (key) => ((await store.read(key)) ?? null) as never })),
    'has nothing',
  ],
  [
    'gives no answer to a swap',
    but((store) => ({ swap: async (...all) => ((await store.swap(...all)) || undefined) as never })),
    'once',
  ],
  ['trims texts', asText((text) => text.trim()), 'keeps a text exactly'],
  ['cuts long texts', asText((text) => text.slice(0, 65_536)), 'keeps a text exactly'],
  ['normalizes texts', asText((text) => text.normalize()), 'keeps a text exactly'],
  ['keeps Latin-1', asText((text) => Buffer.from(text, 'latin1').toString('latin1')), 'keeps a text exactly'],
  [
    'takes 0 for nothing',
    but((store) => ({
      read: async (key) => {
        const text = await store.read(key)
        return text === '0' ? undefined : text
      },
    })),
    'keeps a text exactly',
  ],
  ['calls nobody back', but(() => ({ watch: () => () => undefined })), 'calls back those who watch'],
  [
    'goes on calling back',
    but((store) => ({
      watch: (key, changed) => {
        store.watch?.(key, changed)
        return () => undefined
      },
    })),
    'calls nobody back who has stopped watching',
  ],
  [
    'stops for all who watch',
    but((store) => {
      const stops: ((() => void) | undefined)[] = []
      return {
        watch: (key, changed) => {
          stops.push(store.watch?.(key, changed))
          return () => {
            for (const stop of stops) stop?.()
          }
        },
      }
    }),
    'calls nobody back who has stopped watching',
  ],
  ['takes all for gone', withPresence({ gone: () => true }), 'takes nobody for gone'],
  [
    'takes unknown names for gone',
    withPresence({ gone: (name) => name.length > 3 }),
    'takes a name for living that it cannot judge',
  ],
  ['names all alike', withPresence({ begin: () => ({ name: '0', end: () => undefined }) }), 'takes nobody for gone'],
  ['gives no name', withPresence({ begin: () => ({ end: () => undefined }) as never }), 'takes nobody for gone'],
]

describe('storeClaims(open)', () => {
  it('hold of a store that keeps the contract, with presence and without', async () => {
    const plain = memoryStore()
    expect(await brokenClaims(() => plain)).to.deep.equal([])
    expect(await brokenClaims(withPresence())).to.deep.equal([])
  })

  it('hold of a store without hints', async () => {
    const plain = { ...memoryStore(), watch: undefined as never }
    expect(await brokenClaims(() => plain)).to.deep.equal([])
  })

  it('hold of a store that was held to them before', async () => {
    const store = memoryStore()
    expect(await brokenClaims(() => store)).to.deep.equal([])
    expect(await brokenClaims(() => store)).to.deep.equal([])
  })

  for (const [what, open, claim] of BROKEN)
    it(`find a store that ${what}`, async () => {
      expect(await brokenClaims(open, claim)).to.have.lengthOf(1)
    })

  it('take no limit that they do not know', () => {
    const limits = { byte: 30_000 } as object
    expect(() => storeClaims(memoryStore, limits)).to.throw(
      TypeError,
      'tokenflight: byte: expected no option of this name',
    )
  })

  it('say what the store did', async () => {
    expect(await brokenClaims(but(() => ({ read: () => undefined })))).to.include(
      "puts a text where there is nothing, once: read, of what was put: expected 'one', got undefined",
    )
  })

  it('reject with the failure of the store', async () => {
    const failure = new Error('the store is down')
    const [first] = storeClaims(
      but(() => ({
        read: () => {
          throw failure
        },
      })),
    )
    expect(await first?.check().catch((error: unknown) => error)).to.equal(failure)
  })
})
