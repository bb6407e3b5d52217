// A visit without a cookie, a login, a burst after the token was revoked, a reload, the end of the session, a logout.
import assert from 'node:assert/strict'
import axios from 'axios'
import { startServer } from '../../server.ts'
import { loginPage } from '../login-page.ts'
import { openPage } from '../page.ts'
import type { Scenario } from '../scenario.ts'

interface Recipe {
  readonly api: { readonly get: (url: string) => Promise<unknown> }
  readonly tokens: { readonly status: string }
  readonly login: (form: FormData) => Promise<void>
  readonly logout: () => Promise<void>
}

interface Backend {
  /** The valid cookie and access token; each is valid until the next one is issued, the cookie once. */
  cookie: string | undefined
  accessToken: string | undefined
  refreshes: number
}

function startBackend(state: Backend): ReturnType<typeof startServer> {
  let issued = 0
  return startServer((request, response) => {
    const respond = (status: number, body: object, cookie?: string): void => {
      const headers = { 'content-type': 'application/json', ...(cookie !== undefined && { 'set-cookie': cookie }) }
      response.writeHead(status, headers).end(JSON.stringify(body))
    }
    const issue = (): void => {
      issued += 1
      Object.assign(state, { cookie: `R${String(issued)}`, accessToken: `A${String(issued)}` })
      const { accessToken, cookie = '' } = state
      respond(200, { accessToken, expiresIn: 3_600 }, `refresh=${cookie}; HttpOnly; Path=/auth`)
    }
    const { url, headers } = request
    request.resume()
    if (url === '/auth/login') issue()
    else if (url === '/auth/logout') respond(200, {}, 'refresh=; Max-Age=0')
    else if (url === '/auth/refresh') {
      state.refreshes += 1
      if (state.cookie !== undefined && headers.cookie === `refresh=${state.cookie}`) issue()
      else respond(401, {})
    } else respond(headers.authorization === `Bearer ${String(state.accessToken)}` ? 200 : 401, {})
  })
}

const signedOut = { name: 'ReauthenticationRequiredError' }

export const scenario: Scenario = async (load) => {
  const state: Backend = { cookie: undefined, accessToken: undefined, refreshes: 0 }
  const backend = await startBackend(state)
  const close = openPage(`${backend.url}/shop`)
  const { adapter = [] } = axios.defaults
  axios.defaults.adapter = 'fetch'
  loginPage.shown = 0
  try {
    const before = (await load(backend.url)) as Recipe
    await assert.rejects(before.api.get('/orders'), signedOut)
    assert.equal(before.tokens.status, 'signed-out')
    await before.login(new FormData())
    await before.api.get('/orders')
    assert.equal(state.refreshes, 1)
    state.accessToken = undefined
    await Promise.all(['1', '2', '3'].map((id) => before.api.get(`/orders/${id}`)))
    assert.equal(state.refreshes, 2)

    const { api, tokens, login, logout } = (await load(backend.url)) as Recipe
    await Promise.all(['1', '2', '3'].map((id) => api.get(`/orders/${id}`)))
    assert.equal(state.refreshes, 3)
    assert.equal(loginPage.shown, 0)

    Object.assign(state, { cookie: undefined, accessToken: undefined })
    await assert.rejects(api.get('/orders'), signedOut)
    assert.equal(loginPage.shown, 1)
    await login(new FormData())
    await api.get('/orders')
    await logout()
    await assert.rejects(api.get('/orders'), signedOut)
    assert.equal(tokens.status, 'signed-out')
    assert.equal(state.refreshes, 5)
    return 'one refresh for a burst, one after a reload; the login page once, when the session has ended'
  } finally {
    axios.defaults.adapter = adapter
    close()
    await backend.close()
  }
}
