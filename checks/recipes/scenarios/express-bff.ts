// Two users log in at the authorization server; the token of one is revoked during a burst; after its logout requests get a 401.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Scenario, startServers } from '../scenario.ts'

interface Recipe {
  readonly app: RequestListener
}

/** A browser: keeps the cookie of the session, and follows no redirect by itself. */
class Browser {
  #cookie = ''
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  async request(path: string, method = 'GET'): Promise<Response> {
    const headers = { cookie: this.#cookie }
    const response = await fetch(`${this.#origin}${path}`, { method, headers, redirect: 'manual' })
    this.#cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? this.#cookie
    return response
  }

  get cookie(): string {
    return this.#cookie
  }
}

export const scenario: Scenario = async (load) => {
  await using emulator = await startServers({
    'GET /me': (_request, token) => ({ status: 200, body: { account: token.account } }),
  })
  const { app } = (await load(emulator.api, emulator.url)) as Recipe
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`

  const login = async (account: string): Promise<Browser> => {
    const browser = new Browser(origin)
    assert.equal((await browser.request('/api/me')).status, 401)
    const { headers } = await browser.request('/login')
    const before = browser.cookie
    const { searchParams } = new URL(headers.get('location') ?? '')
    const codeChallenge = searchParams.get('code_challenge') ?? undefined
    const code = emulator.actions.authorizationCode({ account, codeChallenge })
    const state = searchParams.get('state') ?? ''
    const back = await browser.request(`/callback?${String(new URLSearchParams({ code, state }))}`)
    assert.equal(back.headers.get('location'), '/')
    assert.notEqual(browser.cookie, before)
    return browser
  }
  const accountOf = async (browser: Browser): Promise<unknown> => {
    const response = await browser.request('/api/me')
    return response.ok ? ((await response.json()) as { account: string }).account : response.status
  }

  try {
    const ann = await login('ann')
    const bob = await login('bob')
    assert.deepEqual([await accountOf(ann), await accountOf(bob)], ['ann', 'bob'])
    emulator.revokeAll()
    assert.deepEqual(await Promise.all([ann, ann, ann].map(accountOf)), ['ann', 'ann', 'ann'])
    assert.equal(emulator.counts.token, 3)

    assert.equal((await ann.request('/logout', 'POST')).status, 204)
    assert.equal(await accountOf(ann), 401)
    emulator.revokeRefreshTokens()
    emulator.revokeAll()
    assert.equal(await accountOf(bob), 401)
    return 'two sessions with a token of their own; one refresh for a burst; 401 after a logout, and at the end of a session'
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
