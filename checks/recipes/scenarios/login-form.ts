// A login, a burst after the token was revoked, a reload of the page, the end of the session, a login after it, a logout.
import assert from 'node:assert/strict'
import { startBackend } from '../../migrating/backend.ts'
import { loginPage } from '../login-page.ts'
import { type Scenario, setGlobals, tabStorage } from '../scenario.ts'

interface Recipe {
  readonly api: { readonly get: (url: string) => Promise<{ readonly status: number }> }
  readonly login: (credentials: object) => Promise<unknown>
  readonly logout: () => Promise<void>
}

const signedOut = { name: 'ReauthenticationRequiredError' }

export const scenario: Scenario = async (load) => {
  const restore = setGlobals({ sessionStorage: tabStorage() })
  const backend = await startBackend()
  loginPage.shown = 0
  try {
    const before = (await load(backend.url)) as Recipe
    await assert.rejects(before.api.get('/orders'), signedOut)
    await before.login({ username: 'ada', password: 'the-password' })
    backend.revoke()
    await Promise.all(['1', '2', '3'].map((id) => before.api.get(`/orders/${id}`)))
    assert.equal(backend.refreshes, 1)

    const { api, login, logout } = (await load(backend.url)) as Recipe
    await api.get('/orders')
    assert.equal(backend.refreshes, 1)
    assert.equal(loginPage.shown, 0)

    backend.revoke()
    backend.endSessions()
    await assert.rejects(api.get('/orders'), signedOut)
    assert.equal(loginPage.shown, 1)
    await login({ username: 'ada', password: 'the-password' })
    await api.get('/orders')
    await logout()
    await assert.rejects(api.get('/orders'), signedOut)
    assert.equal(backend.refreshes, 2)
    return 'one refresh for a burst, none after a reload; the login page once, when the session has ended'
  } finally {
    restore()
    await backend.close()
  }
}
