// The store over objects in memory; `npm run check -- runtimes DurableObjects` has those of workerd.
import { readFileSync, writeFileSync } from 'node:fs'
import type { TokenStore } from '../../../lib/stores/token-store.ts'
import { storeClaims } from '../../../lib/testing.ts'
import type { Scenario } from '../scenario.ts'

interface Recipe {
  readonly SessionObject: new (context: object, env: object) => object
  readonly durableObjectStore: (namespace: object) => TokenStore
}

/** Storage of one object: transactions one after the other. */
class FakeStorage {
  readonly #values = new Map<string, unknown>()
  #last: Promise<unknown> = Promise.resolve()

  get(key: string): Promise<unknown> {
    return Promise.resolve(this.#values.get(key))
  }

  put(key: string, value: unknown): Promise<void> {
    this.#values.set(key, value)
    return Promise.resolve()
  }

  transaction<T>(act: (storage: this) => Promise<T>): Promise<T> {
    const done = this.#last.then(() => act(this))
    this.#last = done.catch(() => undefined)
    return done
  }
}

export const scenario: Scenario = async (_, folder) => {
  // Node has no such module.
  writeFileSync(new URL('workers.js', folder), 'export class DurableObject { constructor(ctx) { this.ctx = ctx } }')
  const code = readFileSync(new URL('store.ts', folder), 'utf8').replace("'cloudflare:workers'", "'./workers.js'")
  writeFileSync(new URL('faked.ts', folder), code)
  const { SessionObject, durableObjectStore } = (await import(new URL('faked.ts', folder).href)) as Recipe
  const objects = new Map<string, object>()
  const namespace = {
    idFromName: (name: string) => name,
    get: (name: string) => {
      const object = objects.get(name) ?? new SessionObject({ storage: new FakeStorage() }, {})
      objects.set(name, object)
      return object
    },
  }
  const claims = storeClaims(() => durableObjectStore(namespace))
  for (const { check } of claims) await check()
  return `${String(claims.length)} claims`
}
