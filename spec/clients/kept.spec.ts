// Fields that came with a token, in the URL, the headers and the placement of its requests, over both clients: what reached the server.
import '../support/instant-digest.ts'
import axios from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import type { ClientOptions } from '../../lib/clients/resource-server.ts'
import type { ProviderDefinition } from '../../lib/definitions/definition.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, createTokenPool, type TokenManager, TokenResponseError } from '../../lib/index.ts'
import { defineProvider } from '../../lib/providers.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'

type Options = Pick<ClientOptions<never>, 'resources' | 'publicPaths' | 'whenSignedOut'>

/** Sends a GET, or a form; gives the status. */
type Send = (url: string, form?: FormData) => Promise<number>

interface Client {
  readonly name: string
  readonly bind: (tokens: TokenSource, options?: Options) => Send
}

const CLIENTS: readonly Client[] = [
  {
    name: 'axios',
    bind: (tokens, options) => {
      const api = axios.create({ validateStatus: () => true })
      attachBearer(api, tokens, options)
      return async (url, form) => {
        const response = form ? await api.post(url, form) : await api.get(url)
        expect(response.config).to.not.have.property('baseURL')
        expect(response.config.url).to.equal(url)
        return response.status
      }
    },
  },
  {
    name: 'fetch',
    bind: (tokens, options) => {
      const apiFetch = wrapFetch(fetch, tokens, options)
      return async (url, form) => {
        const response = await apiFetch(url, form && { method: 'POST', body: form })
        await response.text()
        return response.status
      }
    },
  },
]

const INSTANCES = ['acme', 'other']

for (const { name, bind } of CLIENTS)
  describe(`${name}, with a token response that names the API`, () => {
    realNetwork()
    let server: Loopback
    let clock: VirtualClock
    let endpoint: FakeEndpoint
    /** The tokens that the server refuses. */
    let refused: Set<string>

    beforeEach(async () => {
      clock = new VirtualClock()
      endpoint = new FakeEndpoint()
      refused = new Set()
      server = await startLoopback((response, { url, headers }) => {
        if (url.startsWith('/acme/v1/elsewhere')) response.writeHead(302, { location: '/other/v1/me' })
        else if (refused.has(String(headers['authorization']))) response.statusCode = 401
        response.end()
      })
    })
    afterEach(() => server.close())

    const root = (instance: string): string => `${server.url}/${instance}/v1`

    /** The path and the authorization of each request that came. */
    const sent = (): [path: string, authorization: string | undefined][] =>
      server.received.map(({ url, headers: { authorization } }) => [url, authorization as string | undefined])

    const definition = (change: Partial<ProviderDefinition> = {}) =>
      defineProvider({
        id: 'named',
        title: 'A server whose answers name the API',
        docs: 'https://docs.example',
        api: `${server.url}/{instance}/v1`,
        token: {
          url: 'https://as.example/token',
          params: { client_id: '{clientId}' },
          answer: { keep: { instance: { at: 'instance_url', is: `${server.url}/{instance}/v1` } } },
        },
        grants: { password: { params: { username: '{username}' } } },
        renewal: {
          refreshToken: 'rotates',
          accessToken: 'lives',
          params: { refresh_token: '{refreshToken}' },
        },
        ...change,
      })

    const issue = (n: number, instance?: string, more: object = {}) =>
      answer(200, {
        access_token: `AT-${String(n)}`,
        refresh_token: `RT-${String(n)}`,
        expires_in: 3600,
        ...(instance !== undefined && { instance_url: root(instance) }),
        ...more,
      })

    const setup = (provider = definition(), store = memoryStore()): TokenManager => {
      const credentials = { clientId: 'c', username: 'ann' }
      return createTokenManager({ provider, credentials, clock, transport: endpoint.transport, store, account: 'ann' })
    }

    it('sends relative URLs to the API of the token, the first after a wait', async () => {
      endpoint.next(issue(1, 'acme'))
      const tokens = setup()
      const send = bind(tokens)
      await send('/me')
      await send('me?all=1')
      expect(sent()).to.deep.equal([
        ['/acme/v1/me', 'Bearer AT-1'],
        ['/acme/v1/me?all=1', 'Bearer AT-1'],
      ])
      expect((await tokens.token()).kept).to.deep.equal({ instance: 'acme' })
      expect(JSON.stringify(await tokens.token())).to.not.include('acme')
    })

    it('sends forms to relative URLs', async () => {
      endpoint.next(issue(1, 'acme'))
      const form = new FormData()
      form.set('a', 'b')
      await bind(setup())('/upload', form)
      expect(sent()).to.deep.equal([['/acme/v1/upload', 'Bearer AT-1']])
      expect(server.received[0]?.body).to.include('name="a"')
    })

    it('attaches the token only to absolute URLs within its API', async () => {
      endpoint.next(issue(1, 'acme'))
      const send = bind(setup())
      await send(`${server.url}/token`)
      expect(endpoint.calls).to.equal(0)
      for (const path of ['acme/v1/me', 'other/v1/me', 'acme/v10', 'acme', 'acme/v1/%2e%2e/admin'])
        await send(`${server.url}/${path}`)
      expect(sent().map(([path, authorization]) => [path, authorization ?? 'bare'])).to.deep.equal([
        ['/token', 'bare'],
        ['/acme/v1/me', 'Bearer AT-1'],
        ['/other/v1/me', 'bare'],
        ['/acme/v10', 'bare'],
        ['/acme', 'bare'],
        ['/acme/admin', 'bare'],
      ])
    })

    it('attaches no token where a relative URL leaves the API', async () => {
      endpoint.next(issue(1, 'acme'))
      const send = bind(setup())
      for (const url of ['../../other/v1/me', '/..%2f..%2fother', '/\t/evil.test']) await send(url)
      expect(sent().filter(([path, authorization]) => authorization && !path.startsWith('/acme/v1/'))).to.deep.equal([])
      expect(sent()[0]).to.deep.equal(['/other/v1/me', undefined])
    })

    it('sends the requests of each account of a pool to its own API', async () => {
      const pool = createTokenPool({
        provider: definition(),
        credentials: (username) => ({ clientId: 'c', username }),
        clock,
        transport: endpoint.transport,
      })
      endpoint.always((params) =>
        issue(INSTANCES.indexOf(String(params.get('username'))), String(params.get('username'))),
      )
      const clients = INSTANCES.map((instance) => bind(pool.for(instance)))
      await Promise.all([...clients, ...clients].map((send) => send('/me')))
      expect(sent().sort()).to.deep.equal([
        ['/acme/v1/me', 'Bearer AT-0'],
        ['/acme/v1/me', 'Bearer AT-0'],
        ['/other/v1/me', 'Bearer AT-1'],
        ['/other/v1/me', 'Bearer AT-1'],
      ])
    })

    it('accepts fields in adopt(), keeps them after a refresh, and restores them from a store', async () => {
      const store = memoryStore()
      const tokens = setup(definition(), store)
      await tokens.adopt({ accessToken: 'AT-0', refreshToken: 'RT-0', expiresIn: 60, kept: { instance: 'other' } })
      await bind(tokens)('/me')
      await clock.advance(61_000)
      endpoint.next(issue(1))
      await bind(tokens)('/me')
      await bind(setup(definition(), store))('/me')
      expect(sent()).to.deep.equal([
        ['/other/v1/me', 'Bearer AT-0'],
        ['/other/v1/me', 'Bearer AT-1'],
        ['/other/v1/me', 'Bearer AT-1'],
      ])
      expect(endpoint.calls).to.equal(1)
    })

    it('sends requests of two clients to another API after a renewal', async () => {
      const tokens = setup()
      endpoint.next(issue(1, 'acme'), issue(2, 'other'))
      const [one, two] = [bind(tokens), bind(tokens)]
      await one('/me')
      await two('/me')
      refused.add('Bearer AT-1')
      expect(await one('/me')).to.equal(200)
      await two('/me')
      expect(sent()).to.deep.equal([
        ['/acme/v1/me', 'Bearer AT-1'],
        ['/acme/v1/me', 'Bearer AT-1'],
        ['/acme/v1/me', 'Bearer AT-1'],
        ['/other/v1/me', 'Bearer AT-2'],
        ['/other/v1/me', 'Bearer AT-2'],
      ])
    })

    it('returns the 401 for an absolute URL where the new token is for another API', async () => {
      endpoint.next(issue(1, 'acme'), issue(2, 'other'))
      refused.add('Bearer AT-1')
      expect(await bind(setup())(`${root('acme')}/me`)).to.equal(401)
      expect(sent()).to.deep.equal([['/acme/v1/me', 'Bearer AT-1']])
    })

    for (const [what, url] of [
      ['another host', () => 'https://evil.test/acme/v1'],
      ['two segments', () => `${server.url}/a/b/v1`],
      ['what is no label', () => `${server.url}/a%2Fb/v1`],
      ['nothing', () => `${server.url}//v1`],
      ['a longer end', () => `${server.url}/acme/v1/x`],
    ] as const)
      it(`rejects a token response whose field has ${what}, and sends no request`, async () => {
        endpoint.next(issue(1, undefined, { instance_url: url() }))
        const error = await failureOf(bind(setup())('/me'))
        expect(error).to.be.instanceOf(TokenResponseError).and.to.include({ reason: 'kept' })
        expect(String(error)).to.not.include(url())
        expect(sent()).to.deep.equal([])
      })

    it('throws a TypeError for fields in adopt() that are invalid in the URL', async () => {
      for (const [kept, message] of [
        [{ instance: 'evil.test/' }, 'adopt: kept.instance: expected one label of a host name'],
        [{ instance: 'a.b' }, 'adopt: kept.instance: expected one label of a host name'],
        [
          { instanse: 'a' },
          'adopt: kept.instanse: expected no field of this name (there are instance; perhaps instance)',
        ],
        [{ instance: 5 }, 'adopt: kept: expected an object of texts'],
        ['acme', 'adopt: kept: expected an object of texts'],
      ] as const) {
        const error = await failureOf(setup().adopt({ accessToken: 'AT-0', kept: kept as never }))
        expect(error).to.be.instanceOf(TypeError)
        expect(String(error)).to.include(message)
      }
    })

    it('rejects requests of a session without the field, and of a stored session with an invalid one', async () => {
      const store = memoryStore()
      const tokens = setup(definition(), store)
      await tokens.adopt({ accessToken: 'AT-0' })
      const missing = await failureOf(bind(tokens)('/me'))
      expect(String(missing)).to.include(
        'the field instance, which came with the token, is missing: adopt() takes it in kept',
      )
      await tokens.adopt({ accessToken: 'AT-0', kept: { instance: 'acme' } })
      const foreign = {
        ...store,
        read: async (key: string) => (await store.read(key))?.replace('"acme"', '"..%2fevil"'),
      }
      const wrong = await failureOf(bind(setup(definition(), foreign))('/me'))
      expect(wrong).to.be.instanceOf(TokenResponseError).and.to.include({ reason: 'kept' })
      expect(sent()).to.deep.equal([])
    })

    it('inserts fields into headers and placement', async () => {
      const provider = definition({
        api: server.url,
        headers: { 'X-Tenant': '{tenant}', 'X-Part': 'part {part?}' },
        placement: { header: 'Authorization', value: '{type} {tenant}.{token}' },
        token: { url: 'https://as.example/token', answer: { keep: { tenant: 'tenant', part: 'part' } } },
      })
      endpoint.next(issue(1, undefined, { tenant: 'té' }))
      const tokens = createTokenManager({
        provider,
        credentials: { username: 'ann' },
        clock,
        transport: endpoint.transport,
      })
      const send = bind(tokens)
      await send(`${server.url}/me`)
      expect(server.received[0]?.headers).to.include({ 'x-tenant': 'té', authorization: 'Bearer té.AT-1' })
      expect(server.received[0]?.headers).to.not.have.property('x-part')
      await tokens.adopt({ accessToken: 'AT-2', kept: { tenant: 't2', part: '3' } })
      await send(`${server.url}/me`)
      expect(server.received[1]?.headers).to.include({
        'x-tenant': 't2',
        'x-part': 'part 3',
        authorization: 'Bearer t2.AT-2',
      })
      await tokens.adopt({ accessToken: 'AT-3' })
      expect(await failureOf(send(`${server.url}/me`))).to.include({ reason: 'kept' })
      await tokens.adopt({ accessToken: 'AT-5', refreshToken: 'RT-5', kept: { tenant: 't5' } })
      refused.add('Bearer t5.AT-5')
      endpoint.next(issue(6, undefined, { tenant: 't6' }))
      await send(`${server.url}/me`)
      expect(server.received.at(-1)?.headers).to.include({ 'x-tenant': 't6', authorization: 'Bearer t6.AT-6' })
      const split = await failureOf(tokens.adopt({ accessToken: 'AT-4', kept: { tenant: 'a\r\nX: y' } }))
      expect(String(split)).to.include('kept.tenant: expected text that a header can carry')
    })

    it('sends public paths without a token, without waiting where the URL is absolute', async () => {
      const send = bind(setup(definition({ publicPaths: ['/health'] })), { publicPaths: ['/version'] })
      for (const path of ['health', 'version']) await send(`${root('acme')}/${path}`)
      expect(endpoint.calls).to.equal(0)
      endpoint.next(issue(1, 'acme'))
      await send('/health')
      expect(sent()).to.deep.equal([
        ['/acme/v1/health', undefined],
        ['/acme/v1/version', undefined],
        ['/acme/v1/health', undefined],
      ])
    })

    it('accepts narrower resources of a client, and throws for others', async () => {
      const tokens = setup()
      expect(() => bind(tokens, { resources: ['https://api.example'] })).to.throw(TypeError, 'resources[0]')
      endpoint.next(issue(1, 'acme'))
      const send = bind(tokens, { resources: [`${root('acme')}/files`, root('other')] })
      for (const url of ['/files/1', '/me', `${root('other')}/me`]) await send(url)
      expect(sent()).to.deep.equal([
        ['/acme/v1/files/1', 'Bearer AT-1'],
        ['/acme/v1/me', undefined],
        ['/other/v1/me', undefined],
      ])
      await bind(tokens, { resources: [server.url] })('/me')
      expect(sent().at(-1)).to.deep.equal(['/acme/v1/me', 'Bearer AT-1'])
    })

    it('uses an API of a list that the response names, and no other', async () => {
      const second = await startLoopback((response) => response.end())
      try {
        const roots = [server.url, second.url]
        const answers = { keep: { root: { at: 'api_domain', is: roots } } }
        const provider = definition({ api: '{root}', token: { url: 'https://as.example/token', answer: answers } })
        const tokens = createTokenManager({
          provider,
          credentials: { username: 'ann' },
          clock,
          transport: endpoint.transport,
        })
        endpoint.next(issue(1, undefined, { api_domain: second.url }))
        const send = bind(tokens)
        await send('/me')
        await send(`${server.url}/me`)
        expect(second.received.map(({ headers }) => headers['authorization'])).to.deep.equal(['Bearer AT-1'])
        expect(sent()).to.deep.equal([['/me', undefined]])
        const error = await failureOf(tokens.adopt({ accessToken: 'AT-2', kept: { root: 'https://evil.test' } }))
        expect(String(error)).to.include(`kept.root: expected one of ${roots.join(', ')}`)
      } finally {
        await second.close()
      }
    })

    it('sends a relative URL with the token in the query', async () => {
      endpoint.next(issue(1, 'acme'))
      const send = bind(setup(definition({ placement: { query: 'key' } })))
      await send('/me?a=1')
      expect(sent()).to.deep.equal([['/acme/v1/me?a=1&key=AT-1', undefined]])
      expect(await send(`${root('acme')}/me?key=own`)).to.equal(200)
      expect(sent().at(-1)).to.deep.equal(['/acme/v1/me?key=own', undefined])
    })

    it("sends no token request while signed out with whenSignedOut: 'send'", async () => {
      const consent = { repeatable: false, params: { code: '{code}' } }
      const authorize = { url: 'https://as.example/auth', params: { state: '{state}' } }
      const provider = definition({ grants: { consent }, authorize })
      const tokens = createTokenManager({
        provider,
        credentials: { clientId: 'c' },
        clock,
        transport: endpoint.transport,
      })
      const send = bind(tokens, { whenSignedOut: 'send' })
      await send(`${root('acme')}/me`)
      expect(sent()).to.deep.equal([['/acme/v1/me', undefined]])
    })
  })

describe('attachBearer(), with a token response that names the API', () => {
  realNetwork()

  it('keeps the token within its API on redirects', async () => {
    const server = await startLoopback((response, { url }) => {
      if (url === '/acme/away') response.writeHead(302, { location: '/other/me' })
      if (url === '/acme/near') response.writeHead(302, { location: '/acme/me' })
      response.end()
    })
    try {
      const tokens = adoptable(`${server.url}/{instance}`)
      await tokens.adopt({ accessToken: 'AT-0', kept: { instance: 'acme' } })
      const api = axios.create()
      attachBearer(api, tokens)
      await api.get('/away')
      await api.get('/near')
      expect(server.received.map(({ url, headers }) => [url, headers['authorization']])).to.deep.equal([
        ['/acme/away', 'Bearer AT-0'],
        ['/other/me', undefined],
        ['/acme/near', 'Bearer AT-0'],
        ['/acme/me', 'Bearer AT-0'],
      ])
    } finally {
      await server.close()
    }
  })

  it('resolves a relative baseURL', async () => {
    const server = await startLoopback((response) => response.end())
    try {
      const tokens = adoptable(`${server.url}/{instance}`)
      await tokens.adopt({ accessToken: 'AT-0', kept: { instance: 'acme' } })
      const api = axios.create({ baseURL: '/data/v60.0' })
      attachBearer(api, tokens)
      const { config } = await api.get('/limits', { params: { a: 1 } })
      expect(config).to.include({ baseURL: '/data/v60.0', url: '/limits' })
      expect(server.received.map(({ url }) => url)).to.deep.equal(['/acme/data/v60.0/limits?a=1'])
    } finally {
      await server.close()
    }
  })

  it('throws for a second attachment with relative URLs or an overlapping API', () => {
    const api = axios.create()
    attachBearer(api, adoptable('https://{instance}.my.example.com'))
    for (const other of ['https://{instance}.other.example.com', 'https://acme.my.example.com/v1'])
      expect(() => attachBearer(api, adoptable(other))).to.throw(TypeError, 'resources: expected URLs apart')
    attachBearer(api, adoptable('https://example.com'))
  })
})

function adoptable(api: string): TokenManager {
  const provider = defineProvider({
    id: 'named',
    title: 'A server whose answers name the API',
    docs: 'https://docs.example',
    api,
    token: { url: 'https://as.example/token', answer: { keep: { instance: 'instance' } } },
    grants: { consent: { repeatable: false, params: { code: '{code}' } } },
  })
  return createTokenManager({ provider, credentials: {} })
}
