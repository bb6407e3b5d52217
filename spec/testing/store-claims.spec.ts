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
    'swaps whatever the expected text',
    but((store) => ({ swap: async (key, _, next) => store.swap(key, await store.read(key), next) })),
    'returns false for a swap that expects another text',
  ],
  [
    'overwrites a text where none is expected',
    but((store) => ({ swap: async (key, old, next) => store.swap(key, old ?? (await store.read(key)), next) })),
    'writes a text where there is none, once',
  ],
  [
    'writes a text where another is expected and there is none',
    but((store) => ({
      swap: async (key, old, next) => store.swap(key, (await store.read(key)) === undefined ? undefined : old, next),
    })),
    'returns false for a swap that expects another text',
  ],
  [
    'compares and then writes a turn later',
    unlocked(async (texts, key, next) => {
      await later()
      texts.set(key, next)
    }),
    'lets one of many concurrent swaps succeed',
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
    'never reads part of a text',
  ],
  ['stores nothing', but(() => ({ read: () => undefined })), 'writes a text where there is none, once'],
  ['has a memory per handle', memoryStore, 'shows the text of one handle to another'],
  [
    'caches what it has read',
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
    'shows the text of one handle to another',
  ],
  ['truncates long keys', underKey((key) => key.slice(0, 255)), 'distinguishes keys'],
  ['ignores the case of keys', underKey((key) => key.toLowerCase()), 'distinguishes keys'],
  ['normalizes keys', underKey((key) => key.normalize()), 'distinguishes keys'],
  ['trims keys', underKey((key) => key.trim()), 'distinguishes keys'],
  ['resolves keys as paths', underKey((key) => key.replace('/./', '/')), 'distinguishes keys'],
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
    'distinguishes keys',
  ],
  [
    'returns null where there is no text',
    but((store) => ({ read: async (key) => ((await store.read(key)) ?? null) as never })),
    'reads undefined',
  ],
  [
    'returns undefined from swap',
    but((store) => ({ swap: async (...all) => ((await store.swap(...all)) || undefined) as never })),
    'once',
  ],
  ['trims texts', asText((text) => text.trim()), 'returns a text exactly'],
  ['truncates long texts', asText((text) => text.slice(0, 65_536)), 'returns a text exactly'],
  ['normalizes texts', asText((text) => text.normalize()), 'returns a text exactly'],
  ['stores Latin-1', asText((text) => Buffer.from(text, 'latin1').toString('latin1')), 'returns a text exactly'],
  [
    'reads 0 as no text',
    but((store) => ({
      read: async (key) => {
        const text = await store.read(key)
        return text === '0' ? undefined : text
      },
    })),
    'returns a text exactly',
  ],
  ['notifies no watch', but(() => ({ watch: () => () => undefined })), 'notifies a watch of a key'],
  [
    'notifies a stopped watch',
    but((store) => ({
      watch: (key, changed) => {
        store.watch?.(key, changed)
        return () => undefined
      },
    })),
    'notifies no watch that was stopped',
  ],
  [
    'stops all watches at once',
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
    'notifies no watch that was stopped',
  ],
  ['reports all as gone', withPresence({ gone: () => true }), 'reports no begun presence as gone'],
  [
    'reports unknown names as gone',
    withPresence({ gone: (name) => name.length > 3 }),
    'reports no unknown name as gone',
  ],
  [
    'gives all the same name',
    withPresence({ begin: () => ({ name: '0', end: () => undefined }) }),
    'reports no begun presence as gone',
  ],
  [
    'gives no name',
    withPresence({ begin: () => ({ end: () => undefined }) as never }),
    'reports no begun presence as gone',
  ],
]

describe('storeClaims(open)', () => {
  it('pass for a valid store, with and without presence', async () => {
    const plain = memoryStore()
    expect(await brokenClaims(() => plain)).to.deep.equal([])
    expect(await brokenClaims(withPresence())).to.deep.equal([])
  })

  it('pass for a store without hints', async () => {
    const plain = { ...memoryStore(), watch: undefined as never }
    expect(await brokenClaims(() => plain)).to.deep.equal([])
  })

  it('pass again for a store that was checked before', async () => {
    const store = memoryStore()
    expect(await brokenClaims(() => store)).to.deep.equal([])
    expect(await brokenClaims(() => store)).to.deep.equal([])
  })

  for (const [what, open, claim] of BROKEN)
    it(`fail for a store that ${what}`, async () => {
      expect(await brokenClaims(open, claim)).to.have.lengthOf(1)
    })

  it('throw a TypeError for an unknown limit', () => {
    const limits = { byte: 30_000 } as object
    expect(() => storeClaims(memoryStore, limits)).to.throw(
      TypeError,
      'tokenflight: byte: expected no option of this name',
    )
  })

  it('reject with a message that says what the store did', async () => {
    expect(await brokenClaims(but(() => ({ read: () => undefined })))).to.include(
      "writes a text where there is none, once: read, of what was put: expected 'one', got undefined",
    )
  })

  it('reject with the error of the store', async () => {
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
