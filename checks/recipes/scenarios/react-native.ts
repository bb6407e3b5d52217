// With a stand-in for the keychain: a login, a burst after the token was revoked, a restart of the application, a logout.
import assert from 'node:assert/strict'
import { startBackend } from '../../migrating/backend.ts'
import { loginPage } from '../login-page.ts'
import { type Scenario, writeStandIn } from '../scenario.ts'

interface Recipe {
  readonly api: { readonly get: (url: string) => Promise<unknown> }
  readonly login: (credentials: object) => Promise<unknown>
  readonly logout: () => Promise<void>
}

const KEYCHAIN = `
const passwords = new Map()
export const getGenericPassword = async ({ service }) =>
  passwords.has(service) && { service, username: 'session', password: passwords.get(service) }
export const setGenericPassword = async (username, password, { service }) => passwords.set(service, password)
export const resetGenericPassword = async ({ service }) => passwords.delete(service)
`

const signedOut = { name: 'ReauthenticationRequiredError' }

export const scenario: Scenario = async (load, folder) => {
  writeStandIn(folder, 'react-native-keychain', '.', KEYCHAIN)
  const backend = await startBackend()
  loginPage.shown = 0
  try {
    const before = (await load(backend.url)) as Recipe
    await before.login({ username: 'ada', password: 'the-password' })
    backend.revoke()
    await Promise.all(['1', '2', '3'].map((id) => before.api.get(`/orders/${id}`)))
    assert.equal(backend.refreshes, 1)

    const { api, logout } = (await load(backend.url)) as Recipe
    await api.get('/orders')
    assert.equal(backend.refreshes, 1)
    await logout()
    await assert.rejects(api.get('/orders'), signedOut)
    assert.equal(loginPage.shown, 0)
    return 'one refresh for a burst, none after a restart'
  } finally {
    await backend.close()
  }
}
