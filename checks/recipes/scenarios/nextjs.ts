// The handlers as Next.js calls them, with a stand-in for its cookies: two logins, a burst after the token was revoked, a logout.
import assert from 'node:assert/strict'
import { startBackend } from '../../migrating/backend.ts'
import { type Scenario, setGlobals, writeStandIn } from '../scenario.ts'

interface Actions {
  readonly login: (form: FormData) => Promise<void>
  readonly logout: () => Promise<void>
}

interface Route {
  readonly GET: () => Promise<Response>
}

interface Tokens {
  readonly pool: { readonly size: number }
}

class Cookies {
  readonly #values = new Map<string, string>()

  get(name: string): { readonly value: string } | undefined {
    const value = this.#values.get(name)
    return value === undefined ? undefined : { value }
  }

  set(name: string, value: string): void {
    this.#values.set(name, value)
  }

  delete(name: string): void {
    this.#values.delete(name)
  }
}

export const scenario: Scenario = async (load, folder) => {
  const backend = await startBackend()
  writeStandIn(folder, 'next', './headers', 'export const cookies = async () => globalThis.cookiesOfTheRequest')
  const loadFile = (path: string): Promise<unknown> => load(backend.url, undefined, path)
  const { login, logout } = (await loadFile('app/login/actions.ts')) as Actions
  const { GET } = (await loadFile('app/api/orders/route.ts')) as Route
  const ada = new Cookies()
  const bob = new Cookies()
  const as = async <T>(cookiesOfTheRequest: Cookies, act: () => Promise<T>): Promise<T> => {
    const restore = setGlobals({ cookiesOfTheRequest })
    try {
      return await act()
    } finally {
      restore()
    }
  }
  const statusOf = async (): Promise<number> => (await GET()).status
  try {
    assert.equal(await as(ada, statusOf), 401)
    for (const cookies of [ada, bob]) await as(cookies, () => login(new FormData()))
    assert.notEqual(ada.get('session')?.value, bob.get('session')?.value)
    assert.deepEqual([await as(ada, statusOf), await as(bob, statusOf)], [200, 200])
    backend.revoke()
    assert.deepEqual(await as(ada, () => Promise.all([statusOf(), statusOf(), statusOf()])), [200, 200, 200])
    assert.equal(backend.refreshes, 1)
    await as(ada, logout)
    assert.equal(await as(ada, statusOf), 401)

    const again = (await loadFile('lib/tokens.ts')) as Tokens
    assert.equal(again.pool, ((await loadFile('lib/tokens.ts')) as Tokens).pool)
    backend.endSessions()
    assert.equal(await as(bob, statusOf), 401)
    return 'two sessions, one refresh for a burst; one pool for all copies of the module'
  } finally {
    Reflect.deleteProperty(globalThis, 'tokenPool')
    await backend.close()
  }
}
