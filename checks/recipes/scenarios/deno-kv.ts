// The store over a key-value store in memory; `npm run check -- runtimes DenoKV` has Deno's own.
import assert from 'node:assert/strict'
import type { TokenStore } from '../../../lib/stores/token-store.ts'
import { storeClaims } from '../../../lib/testing.ts'
import type { Scenario } from '../scenario.ts'

interface Recipe {
  readonly denoKvStore: (kv: object) => TokenStore
}

type Entry =
  { readonly value: string; readonly versionstamp: string } | { readonly value: null; readonly versionstamp: null }

class FakeKv {
  readonly #entries = new Map<string, Entry>()
  readonly #watching = new Set<() => void>()
  #versions = 0

  get(key: readonly string[]): Promise<Entry> {
    return Promise.resolve(this.#entries.get(JSON.stringify(key)) ?? { value: null, versionstamp: null })
  }

  atomic(): object {
    let checked = ''
    const writes: (() => void)[] = []
    const operation = {
      check: ({ key, versionstamp }: { key: readonly string[]; versionstamp: string | null }) => {
        const found = this.#entries.get(JSON.stringify(key))
        checked = (found?.versionstamp ?? null) === versionstamp ? 'ok' : 'refused'
        return operation
      },
      set: (key: readonly string[], value: string) => {
        writes.push(() =>
          this.#entries.set(JSON.stringify(key), { value, versionstamp: String((this.#versions += 1)) }),
        )
        return operation
      },
      commit: () => {
        const ok = checked === 'ok'
        if (ok) for (const act of [...writes, ...this.#watching]) act()
        return Promise.resolve({ ok })
      },
    }
    return operation
  }

  watch(): ReadableStream {
    let tell = (): void => undefined
    return new ReadableStream({
      start: (controller) => {
        tell = () => {
          controller.enqueue([])
        }
        this.#watching.add(tell)
      },
      cancel: () => {
        this.#watching.delete(tell)
      },
    })
  }
}

export const scenario: Scenario = async (load) => {
  const { denoKvStore } = (await load('https://api.example.com', undefined, 'store.ts')) as Recipe
  const kv = new FakeKv()
  const claims = storeClaims(() => denoKvStore(kv))
  for (const { check } of claims) await check()
  assert.equal('watch' in denoKvStore(kv), true)
  return `${String(claims.length)} claims`
}
