// Requests of a page through the worker: before a login, a burst after it, one after the token was revoked, one after the logout.
import assert from 'node:assert/strict'
import { startServer } from '../../server.ts'
import { openPage } from '../page.ts'
import { type Scenario, setGlobals } from '../scenario.ts'

interface Page {
  readonly login: (form: FormData) => Promise<void>
  readonly logout: () => Promise<void>
}

type Listener = (event: object) => void

const state = { cookie: '', token: '', issued: 0, refreshes: 0 }

function startBackend(): ReturnType<typeof startServer> {
  return startServer((request, response) => {
    const { url, headers } = request
    request.resume()
    const respond = (status: number, body: object, cookie?: string): void => {
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(cookie !== undefined && { 'set-cookie': cookie }),
      })
      response.end(JSON.stringify(body))
    }
    if (url === '/auth/login') {
      state.cookie = 'R1'
      respond(200, {}, 'refresh=R1; HttpOnly; Path=/auth')
    } else if (url === '/auth/logout') {
      state.cookie = state.token = ''
      respond(200, {}, 'refresh=; Max-Age=0')
    } else if (url === '/auth/refresh') {
      state.refreshes += 1
      const isKnown = state.cookie !== '' && headers.cookie === `refresh=${state.cookie}`
      if (isKnown) state.token = `A${String((state.issued += 1))}`
      respond(isKnown ? 200 : 401, { accessToken: state.token, expiresIn: 3_600 })
    } else respond(state.token !== '' && headers.authorization === `Bearer ${state.token}` ? 200 : 401, {})
  })
}

export const scenario: Scenario = async (load) => {
  const backend = await startBackend()
  const close = openPage(`${backend.url}/shop`)
  const listeners = new Map<string, Listener>()
  const active = { postMessage: (data: string) => listeners.get('message')?.({ data }) }
  const restore = setGlobals({
    addEventListener: (type: string, listener: Listener) => listeners.set(type, listener),
    navigator: { serviceWorker: { ready: Promise.resolve({ active }) } },
  })
  try {
    await load(backend.url, undefined, 'service-worker.ts')
    const { login, logout } = (await load(backend.url, undefined, 'page.ts')) as Page
    const send = async (): Promise<number> => {
      let answered: Promise<Response> | undefined
      listeners.get('fetch')?.({
        request: new Request(new URL('/api/orders', backend.url)),
        respondWith: (response: Promise<Response>) => (answered = response),
      })
      return (await answered)?.status ?? 0
    }
    assert.equal(await send(), 401)
    await login(new FormData())
    assert.deepEqual(await Promise.all([send(), send(), send()]), [200, 200, 200])
    assert.equal(state.refreshes, 2)
    state.token = ''
    assert.deepEqual(await Promise.all([send(), send()]), [200, 200])
    assert.equal(state.refreshes, 3)
    await logout()
    assert.equal(await send(), 401)
    return 'one refresh for a burst after the login, one after a revocation; none of it in the page'
  } finally {
    restore()
    close()
    await backend.close()
  }
}
