import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { oauth2 } from '../../lib/providers/oauth2.ts'
import { fetchTransport } from '../../lib/token-endpoint/fetch-transport.ts'
import { createTokenManager } from '../../lib/token/token-manager.ts'
import { createTokenPool } from '../../lib/token/token-pool.ts'
import axios from 'axios'
import { failureOf } from '../support/failure.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'

/** As in React Native: without a tag, and not iterable. */
class PartsFormData {
  readonly parts: [string, string][] = []
  append(name: string, value: string): void {
    this.parts.push([name, value])
  }
  getParts(): readonly unknown[] {
    return this.parts
  }
}

// Node's `fetch` needs its ReadableStream: `npm run check -- runtimes ReactNative` runs without, over React Native's own `fetch`.
describe('A platform like React Native: no WebCrypto, a FormData without Symbol.toStringTag', () => {
  const replaced = {
    crypto: undefined,
    FormData: PartsFormData,
  }
  const originals = Object.keys(replaced).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  )
  let server: Loopback
  let rejected: number

  beforeEach(async () => {
    rejected = 0
    server = await startLoopback((response, { url }, nth) => {
      if (url.startsWith('/token'))
        return response.end(JSON.stringify({ access_token: `a${String(nth)}`, expires_in: 3600 }))
      rejected -= 1
      return response.writeHead(rejected >= 0 ? 401 : 200).end('{}')
    })
    for (const [name, value] of Object.entries(replaced))
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  })

  afterEach(async () => {
    for (const [name, descriptor] of originals) if (descriptor) Object.defineProperty(globalThis, name, descriptor)
    await server.close()
  })

  const options = () => {
    const provider = oauth2({
      tokenEndpoint: `${server.url}/token`,
      authorizationEndpoint: `${server.url}/authorize`,
      clientAuthentication: 'client_secret_post',
      grants: ['client_credentials', 'authorization_code'],
      api: `${server.url}/api`,
    })
    const credentials = { clientId: 'the-client', clientSecret: 'the-secret', redirectUri: 'https://app.example/back' }
    return { provider, grant: 'client_credentials' as const, credentials }
  }
  const paths = (): string[] => server.received.map(({ url }) => url)

  // Fault 115
  it('obtains, stores and uses a token', async () => {
    const tokens = createTokenManager(options())
    const api = axios.create({ baseURL: `${server.url}/api` })
    attachBearer(api, tokens)
    await Promise.all([api.get('/one'), api.get('/two')])
    await api.get('/three')
    expect(paths()).to.have.members(['/token', '/api/one', '/api/two', '/api/three'])
    expect(server.received[3]?.headers['authorization']).to.equal('Bearer a1')
  })

  it('rejects with an error that names the missing function for PKCE and state', async () => {
    const tokens = createTokenManager({ ...options(), grant: 'authorization_code' })
    expect(await failureOf(tokens.authorizationUrl()))
      .to.be.an.instanceOf(TypeError)
      .with.property('message')
      .that.includes('crypto.')
  })

  it('replays a FormData after a 401', async () => {
    const sent: unknown[] = []
    const bare = (_: unknown, init?: RequestInit): Promise<Response> => {
      sent.push(init?.body)
      return Promise.resolve(new Response(null, { status: sent.length < 2 ? 401 : 200 }))
    }
    let tokens = 0
    const issue = () => new Response(JSON.stringify({ access_token: `a${String((tokens += 1))}` }))
    const transport = fetchTransport({ fetch: () => Promise.resolve(issue()) })
    const apiFetch = wrapFetch(bare as typeof fetch, createTokenManager({ ...options(), transport }))
    const form = new FormData()
    form.append('a', 'b')
    expect((await apiFetch(`${server.url}/api/form`, { method: 'POST', body: form })).status).to.equal(200)
    expect(sent).to.deep.equal([form, form])
  })

  it('rejects with an AbortError where signals have no reason', async () => {
    const listeners = new Set<() => void>()
    const signal = {
      aborted: false,
      addEventListener: (_: string, listener: () => void) => listeners.add(listener),
      removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
    }
    const transport = () => new Promise<never>(() => undefined)
    const tokens = createTokenManager({ ...options(), transport })
    const failure = failureOf(tokens.token({ signal: signal as unknown as AbortSignal }))
    signal.aborted = true
    for (const listener of listeners) listener()
    expect(await failure).to.have.property('name', 'AbortError')
    await tokens.clear()
  })

  it('creates pools without a FinalizationRegistry', () => {
    const { provider, credentials } = options()
    const { FinalizationRegistry } = globalThis
    Reflect.deleteProperty(globalThis, 'FinalizationRegistry')
    try {
      const pool = createTokenPool({ provider, grant: 'client_credentials', credentials: () => credentials })
      expect(pool.for('ops')).to.equal(pool.for('ops'))
    } finally {
      Object.defineProperty(globalThis, 'FinalizationRegistry', {
        value: FinalizationRegistry,
        configurable: true,
        writable: true,
      })
    }
  })
})
