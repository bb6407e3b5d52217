// Requests while nobody is logged in, and to public paths, over both clients: what reached the server.
import { Readable } from 'node:stream'
import axios from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import type { RequestOptions, WhenSignedOut } from '../../lib/clients/resource-server.ts'
import type { ClientOptions } from '../../lib/clients/resource-server.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import {
  type ApplicationTokenManager,
  createTokenManager,
  type FunctionManagerOptions,
  type GetToken,
  isTokenError,
  OAuthError,
  ReauthenticationRequiredError,
  TokenRequestError,
  TokenResponseError,
} from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { VirtualClock } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { type Handler, type Loopback, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'

const minute = 60_000

interface Sending {
  readonly body?: unknown
  readonly tokenflight?: RequestOptions<never>
}

interface Answer {
  readonly status: number
  readonly data: unknown
}

type Send = (path: string, sending?: Sending) => Promise<Answer>

type Options = Pick<ClientOptions<never>, 'whenSignedOut' | 'publicPaths' | 'resources'>

interface Client {
  readonly name: string
  readonly bind: (url: string, tokens: TokenSource, options?: Options) => Send
  readonly stream: (text: string) => unknown
}

const CLIENTS: readonly Client[] = [
  {
    name: 'axios',
    bind: (url, tokens, options) => {
      const api = axios.create({ baseURL: url, validateStatus: () => true })
      attachBearer(api, tokens, options)
      return (path, { body, tokenflight } = {}) =>
        api.request<unknown>({
          url: path,
          ...(body !== undefined && { method: 'POST', data: body }),
          ...(tokenflight && { tokenflight }),
        })
    },
    stream: (text) => Readable.from([text]),
  },
  {
    name: 'fetch',
    bind: (url, tokens, options) => {
      const apiFetch = wrapFetch(fetch, tokens, { resources: [url], ...options })
      return async (path, { body, tokenflight } = {}) => {
        const sent = body as NonNullable<RequestInit['body']>
        const response = await apiFetch(`${url}${path}`, {
          ...(body !== undefined && { method: 'POST', body: sent, duplex: 'half' }),
          ...(tokenflight && { tokenflight }),
        })
        const text = await response.text()
        return { status: response.status, data: text === '' ? '' : JSON.parse(text) }
      }
    },
    stream: (text) => new Blob([text]).stream(),
  },
]

const jwt = `eyJhbGciOiJub25lIn0.${Buffer.from('{"iat":1000,"exp":1300}').toString('base64url')}.c2ln`

const reject = (error: unknown): GetToken => {
  return () => {
    throw error as Error
  }
}

for (const { name, bind, stream } of CLIENTS)
  describe(`${name}, while signed out`, () => {
    realNetwork()
    let server: Loopback
    let handler: Handler
    /** The tokens that the server refuses. */
    let refused: Set<string>

    beforeEach(async () => {
      refused = new Set()
      handler = (response) => {
        response.end('{}')
      }
      server = await startLoopback((response, request, nth) => {
        if (refused.has(String(request.headers['authorization']))) response.statusCode = 401
        handler(response, request, nth)
      })
    })
    afterEach(() => server.close())

    /** The path and the header of each request that reached the server. */
    const sent = (): [path: string, authorization: string | undefined][] =>
      server.received.map(({ url, headers: { authorization } }) => [url, authorization as string | undefined])

    /** A manager, the calls of its function, and the events that tell of the end of a session. */
    function setup(getToken: GetToken, options: Partial<FunctionManagerOptions> = {}) {
      const clock = new VirtualClock()
      const calls: (string | undefined)[] = []
      const tokens = createTokenManager({
        clock,
        ...options,
        getToken: (request) => {
          calls.push(request.refreshToken)
          return getToken(request)
        },
      })
      const ends: unknown[] = []
      tokens.on('reauthentication-required', (event) => ends.push(event))
      return { clock, calls, ends, tokens }
    }

    const nobody: GetToken = () => undefined

    describe("with whenSignedOut: 'send'", () => {
      const options = { whenSignedOut: 'send' } as const

      // Fault 163
      it('sends requests without a token, and emits no reauthentication-required', async () => {
        const { calls, ends, tokens } = setup(nobody)
        const send = bind(server.url, tokens, options)
        const first = await Promise.all([send('/1'), send('/1'), send('/1')])
        const later = await send('/2')
        expect([...first, later].map(({ status }) => status)).to.deep.equal([200, 200, 200, 200])
        expect(sent()).to.deep.equal([...Array<string>(3).fill('/1'), '/2'].map((path) => [path, undefined]))
        expect([calls.length, ends, tokens.status]).to.deep.equal([1, [], 'signed-out'])
      })

      // Fault 163
      it('sends requests without a token before the first login, and no token request', async () => {
        const provider = oauth2({
          tokenEndpoint: `${server.url}/token`,
          authorizationEndpoint: `${server.url}/authorize`,
          clientAuthentication: 'none',
          grants: ['authorization_code'],
        })
        const credentials = { clientId: 'c', redirectUri: 'https://app.example.com/callback' }
        const tokens = createTokenManager({ provider, grant: 'authorization_code', credentials })
        const ends: unknown[] = []
        tokens.on('reauthentication-required', (event) => ends.push(event))
        const send = bind(server.url, tokens, options)
        await Promise.all([send('/1'), send('/1')])
        await send('/1')
        expect(sent()).to.deep.equal(Array(3).fill(['/1', undefined]))
        expect(ends).to.deep.equal([])
        await tokens.adopt({ accessToken: 'mine', expiresIn: 60 })
        await send('/2')
        expect(sent().at(-1)).to.deep.equal(['/2', 'Bearer mine'])
      })

      it('sends whole bodies, once, with and without a wait', async () => {
        const send = bind(server.url, setup(nobody).tokens, options)
        for (const body of ['text', stream('streamed'), Buffer.from('bytes')]) await send('/', { body })
        const late = bind(server.url, setup(nobody).tokens, options)
        await late('/', { body: stream('streamed late') })
        expect(server.received.map(({ body }) => body)).to.deep.equal(['text', 'streamed', 'bytes', 'streamed late'])
      })

      it('returns the 401 of a request without a token unchanged, and does not call getToken', async () => {
        const { calls, tokens } = setup(nobody)
        refused.add('undefined')
        expect(await bind(server.url, tokens, options)('/')).to.include({ status: 401 })
        expect([sent(), calls.length]).to.deep.equal([[['/', undefined]], 1])
      })

      const network = Object.assign(new Error('no network'), { code: 'ECONNREFUSED' })
      const unusable: [
        name: string,
        getToken: GetToken,
        error: typeof TokenRequestError | typeof TokenResponseError,
      ][] = [
        ['fails', reject(network), TokenRequestError],
        ['is rejected with 500', reject({ response: { status: 500 } }), TokenRequestError],
        ['is rejected with 400 once', reject({ response: { status: 400 } }), TokenRequestError],
        ['returns no token', () => ({}), TokenResponseError],
      ]
      for (const [what, getToken, error] of unusable)
        it(`sends no request while no token can be obtained: getToken ${what}`, async () => {
          const before = setup(getToken)
          const after = setup(getToken)
          await after.tokens.adopt({ accessToken: 'mine', refreshToken: 'r', expiresIn: 60 })
          await after.clock.advance(minute)
          for (const { tokens } of [before, after]) {
            const send = bind(server.url, tokens, options)
            for (const request of [send('/'), send('/')]) expect(await failureOf(request)).to.be.instanceOf(error)
            expect(await failureOf(send('/'))).to.be.instanceOf(error)
            expect(tokens.status).to.equal('backing-off')
          }
          expect(sent()).to.deep.equal([])
        })

      const client = { clientId: 'c', clientSecret: 's' }
      const ofPerson = { grant: 'password', credentials: { ...client, username: 'u', password: 'p' } } as const
      const ofMachine = { grant: 'client_credentials', credentials: client } as const
      for (const [what, status, body, own] of [
        ['is down', 503, '', ofPerson],
        ['rejects the client', 401, '{"error":"invalid_client"}', ofPerson],
        ['is down, with client credentials', 503, '', ofMachine],
        ['rejects client credentials', 400, '{"error":"invalid_grant"}', ofMachine],
      ] as const)
        it(`sends no request while the token endpoint ${what}`, async () => {
          const endpoint = await startLoopback((response) => {
            response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '3600' }).end(body)
          })
          const provider = oauth2({
            tokenEndpoint: endpoint.url,
            clientAuthentication: 'client_secret_post',
            grants: ['password', 'client_credentials'],
          })
          const tokens =
            'username' in own.credentials
              ? createTokenManager({ provider, ...(own as typeof ofPerson) })
              : createTokenManager({ provider, ...(own as typeof ofMachine) })
          const send = bind(server.url, tokens, options)
          for (let n = 0; n < 2; n += 1) expect(isTokenError(await failureOf(send('/')))).to.equal(true)
          expect([sent(), endpoint.received.length]).to.deep.equal([[], 1])
          await endpoint.close()
        })

      it('rejects requests that wait for the renewal that ends the session; later ones are sent without a token', async () => {
        const { clock, calls, ends, tokens } = setup(reject({ response: { status: 401 } }))
        await tokens.adopt({ accessToken: 'mine', refreshToken: 'r', expiresIn: 60 })
        await clock.advance(minute)
        const send = bind(server.url, tokens, options)
        const waiting = [1, 2, 3].map(() => failureOf(send('/waiting')))
        for (const failure of await Promise.all(waiting))
          expect(failure)
            .to.be.instanceOf(ReauthenticationRequiredError)
            .and.have.property('cause')
            .instanceOf(OAuthError)
        expect(sent()).to.deep.equal([])
        await send('/later')
        expect(sent()).to.deep.equal([['/later', undefined]])
        expect([calls, ends.length, tokens.status]).to.deep.equal([['r'], 1, 'ended'])
      })

      it('rejects and sends likewise where the server rejected a token that has not expired', async () => {
        const { ends, tokens } = setup(reject({ response: { status: 401 } }))
        await tokens.adopt({ accessToken: 'mine', refreshToken: 'r', expiresIn: 3600 })
        refused.add('Bearer mine')
        const send = bind(server.url, tokens, options)
        const waiting = [1, 2, 3].map(() => failureOf(send('/waiting')))
        for (const failure of await Promise.all(waiting))
          expect(failure).to.be.instanceOf(ReauthenticationRequiredError)
        expect(sent()).to.deep.equal(Array(3).fill(['/waiting', 'Bearer mine']))
        expect(await send('/later')).to.include({ status: 200 })
        expect(sent().slice(3)).to.deep.equal([['/later', undefined]])
        expect(ends).to.have.length(1)
      })

      it('sends that token to a server that has not rejected it', async () => {
        const other = await startLoopback((response) => response.end('{}'))
        const { tokens } = setup(reject({ response: { status: 401 } }))
        await tokens.adopt({ accessToken: 'mine', refreshToken: 'r', expiresIn: 3600 })
        refused.add('Bearer mine')
        await failureOf(bind(server.url, tokens, options)('/'))
        await bind(other.url, tokens, options)('/')
        expect(other.received.map(({ headers }) => headers['authorization'])).to.deep.equal(['Bearer mine'])
        await other.close()
      })

      it('sends requests without a token after a logout', async () => {
        const { ends, tokens } = setup(nobody)
        await tokens.adopt('mine')
        const send = bind(server.url, tokens, options)
        await send('/')
        await tokens.clear()
        await send('/')
        expect(sent()).to.deep.equal([
          ['/', 'Bearer mine'],
          ['/', undefined],
        ])
        expect(ends).to.deep.equal([])
      })

      const logins: [name: string, login: Parameters<ApplicationTokenManager['adopt']>[0]][] = [
        ['a lifetime', { accessToken: 'mine', expiresIn: 60 }],
        ['a refresh token', { accessToken: 'mine', refreshToken: 'r' }],
        ['a JWT', jwt],
      ]
      for (const [what, login] of logins)
        it(`sends the token after adopt(), in the same tick too: ${what}`, async () => {
          const { calls, ends, tokens } = setup(nobody)
          const send = bind(server.url, tokens, options)
          await send('/before')
          void tokens.adopt(login)
          await send('/after')
          await send('/later')
          const authorization = `Bearer ${typeof login === 'string' ? login : 'mine'}`
          expect(sent()).to.deep.equal([
            ['/before', undefined],
            ['/after', authorization],
            ['/later', authorization],
          ])
          expect([calls.length, ends]).to.deep.equal([1, []])
        })

      it('follows whenSignedOut of a single request', async () => {
        const { tokens } = setup(nobody)
        const one = (whenSignedOut: WhenSignedOut): Sending => ({ tokenflight: { whenSignedOut } })
        const rejecting = bind(server.url, tokens)
        const sending = bind(server.url, tokens, options)
        for (const request of [rejecting('/no'), sending('/no', one('reject')), rejecting('/no')])
          expect(await failureOf(request)).to.be.instanceOf(ReauthenticationRequiredError)
        await rejecting('/yes', one('send'))
        await sending('/yes')
        expect(sent()).to.deep.equal(Array(2).fill(['/yes', undefined]))
      })
    })

    it('rejects by default, and sends no request', async () => {
      const { ends, tokens } = setup(nobody)
      const send = bind(server.url, tokens)
      for (const request of [send('/'), send('/')])
        expect(await failureOf(request)).to.be.instanceOf(ReauthenticationRequiredError)
      expect([sent(), ends]).to.deep.equal([[], []])
    })

    it('throws a TypeError for invalid values of the options', async () => {
      const { tokens } = setup(nobody)
      const wrong = 'never' as WhenSignedOut
      expect(() => bind(server.url, tokens, { whenSignedOut: wrong })).to.throw(TypeError, /whenSignedOut: expected/)
      expect(() => bind(server.url, tokens, { publicPaths: ['login'] })).to.throw(TypeError, /publicPaths: expected/)
      const failure = await failureOf(bind(server.url, tokens)('/', { tokenflight: { whenSignedOut: wrong } }))
      expect(failure)
        .to.be.instanceOf(TypeError)
        .and.match(/tokenflight\.whenSignedOut: expected/)
      expect(sent()).to.deep.equal([])
    })

    describe('with publicPaths', () => {
      const publicPaths = ['/auth/login', '/auth/refresh', '/public']

      /** A client whose function sends its request through that client. */
      function selfRefreshing(options: Options, own: Partial<FunctionManagerOptions> = {}) {
        const made = setup(async ({ refreshToken }) => {
          if (refreshToken === undefined) return undefined
          return (await send('/auth/refresh', { body: refreshToken })).data as { accessToken: string }
        }, own)
        const send = bind(server.url, made.tokens, options)
        return { ...made, send }
      }

      for (const [where, options, own] of [
        ['the base URL', { publicPaths }, {}],
        ['the resources of the manager', { publicPaths }, { resources: ['$/'] }],
        ['the resources of the client', { publicPaths, resources: ['$/'] }, {}],
        [
          'the resources of the client, within those of the manager',
          { publicPaths, resources: ['$/'] },
          { resources: ['$/'] },
        ],
      ] as const)
        it(`sends login and refresh without a token while requests wait for it: below ${where}`, async () => {
          const here = <T extends object>(given: T): T & { resources?: string[] } =>
            'resources' in given ? { ...given, resources: [`${server.url}/`] } : given
          const gate = deferred()
          const arrived = deferred()
          handler = (response, { url }) => {
            if (url === '/auth/login') response.end('{"accessToken":"T-1","refreshToken":"R-1","expiresIn":60}')
            else if (url === '/auth/refresh') {
              arrived.resolve()
              void gate.promise.then(() => response.end('{"accessToken":"T-2","refreshToken":"R-2","expiresIn":60}'))
            } else response.end('{}')
          }
          const { clock, calls, tokens, send } = selfRefreshing(here(options), here(own))
          const login = await send('/auth/login', { body: 'name and password' })
          await tokens.adopt(login.data as { accessToken: string })
          await send('/orders')
          await clock.advance(minute)
          const waiting = [send('/orders'), send('/orders')]
          await arrived.promise
          await send('/public')
          gate.resolve()
          await Promise.all(waiting)
          expect(sent()).to.deep.equal([
            ['/auth/login', undefined],
            ['/orders', 'Bearer T-1'],
            ['/auth/refresh', undefined],
            ['/public', undefined],
            ['/orders', 'Bearer T-2'],
            ['/orders', 'Bearer T-2'],
          ])
          expect(calls).to.deep.equal(['R-1'])
        })

      for (const whenSignedOut of ['send', 'reject'] as const)
        it(`rejects at once with an error that names publicPaths for a refresh not listed there: whenSignedOut '${whenSignedOut}'`, async () => {
          const { clock, tokens, send } = selfRefreshing({ whenSignedOut })
          await tokens.adopt({ accessToken: 'mine', refreshToken: 'r', expiresIn: 60 })
          await clock.advance(minute)
          for (const failure of await Promise.all([failureOf(send('/orders')), failureOf(send('/orders'))]))
            expect(failure)
              .to.be.instanceOf(TokenRequestError)
              .and.match(/publicPaths/)
          expect(sent()).to.deep.equal([])
        })

      it('returns the 401 of a public path unchanged', async () => {
        const { calls, tokens } = setup(nobody)
        await tokens.adopt('mine')
        refused.add('undefined')
        expect(await bind(server.url, tokens, { publicPaths })('/public')).to.include({ status: 401 })
        expect([sent(), calls]).to.deep.equal([[['/public', undefined]], []])
      })
    })
  })

describe('A request of axios without a token', () => {
  realNetwork()

  it('returns the config of the caller, as without the library', async () => {
    const server = await startLoopback((response) => response.end('{}'))
    const api = axios.create({ baseURL: server.url, timeout: '5000' as never })
    const given = { data: Buffer.from('bytes'), onUploadProgress: () => undefined, method: 'POST' }
    const bare = (await api.request(given)).config
    const waits = deferred<undefined>()
    const clock = new VirtualClock()
    attachBearer(api, { getToken: () => waits.promise, clock }, { whenSignedOut: 'send' })
    const first = api.request(given)
    waits.resolve(undefined)
    for (const { config } of [await first, await api.request(given)]) {
      expect(config.timeout).to.equal(bare.timeout)
      expect(config.proxy).to.equal(bare.proxy)
      expect(config.data).to.equal(bare.data)
      expect(config.onUploadProgress).to.equal(bare.onUploadProgress)
    }
    await server.close()
  })
})

describe('A wrapped fetch without a token', () => {
  realNetwork()

  it('calls the given fetch as a function, not as a method', async () => {
    const asInBrowsers = function (this: unknown, ...args: Parameters<typeof fetch>) {
      if (this !== undefined) throw new TypeError('Illegal invocation')
      return fetch(...args)
    }
    const loopback = await startLoopback((response) => response.end('bare'))
    try {
      const options = { resources: [loopback.url], whenSignedOut: 'send' } as const
      const tokens = createTokenManager({
        provider: oauth2({
          tokenEndpoint: `${loopback.url}/token`,
          authorizationEndpoint: `${loopback.url}/authorize`,
          clientAuthentication: 'none',
          grants: ['authorization_code'],
        }),
        grant: 'authorization_code',
        credentials: { clientId: 'the-client', redirectUri: 'https://app.example/' },
      })
      const apiFetch = wrapFetch(asInBrowsers, tokens, options)
      for (const input of [loopback.url, new Request(loopback.url)])
        expect(await (await apiFetch(input)).text()).to.equal('bare')
    } finally {
      await loopback.close()
    }
  })
})
