// Over https Node keeps more of a request than over http: sockets keep the options that they were opened with, sessions of HTTP/2 their
// streams.
import { createSecureServer } from 'node:http2'
import { Agent, type AgentOptions, globalAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import axios, { type AxiosRequestConfig } from 'axios'
import oldest from 'axios-floor'
import { expect } from 'chai'
import { attachBearer, axiosTransport } from '../../lib/axios.ts'
import { fetchTransport, wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager, type TokenTransport } from '../../lib/index.ts'
import { defineProvider } from '../../lib/providers.ts'
import { importOverFloor } from '../support/axios-floor.ts'
import { CERTIFICATE, KEY } from '../support/certificates.ts'
import { dispatcherOf } from '../support/dispatcher.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { type Loopback, startSecureLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'

const SECRET = 's3cr3t-of-the-client'
const API_KEY = 'k3y-of-the-provider'

/** Sends one request, and resolves with its response or its error, the body read. */
type Send = (url: string, token?: boolean) => Promise<unknown>

interface Client {
  readonly transport: TokenTransport
  readonly bind: (tokens: TokenManager) => Send
  /** An object that outlives the requests. */
  readonly kept?: object
}

async function settled(request: Promise<unknown>): Promise<unknown> {
  const outcome: unknown = await request.catch((error: unknown) => error)
  const { data, body } = ((outcome as { response?: object }).response ?? outcome) as {
    data?: unknown
    body?: ReadableStream | null
  }
  const stream = (data && typeof data === 'object' && Symbol.asyncIterator in data ? data : body) as
    AsyncIterable<unknown> | undefined
  const chunks = stream?.[Symbol.asyncIterator]()
  while (chunks && !(await chunks.next()).done);
  return outcome
}

function inspectAll(values: readonly unknown[]): void {
  for (const value of values) leakDetector().inspect('an outcome', value)
}

const floor = (await importOverFloor('axios.ts')) as {
  readonly attachBearer: typeof attachBearer
  readonly axiosTransport: typeof axiosTransport
}

function overAxios(
  config: AxiosRequestConfig,
  options: AgentOptions | undefined,
  library: typeof axios,
  ours: typeof floor,
): Client {
  const httpsAgent = options && new Agent({ ca: CERTIFICATE, ...options })
  return {
    transport: ours.axiosTransport(httpsAgent && { httpsAgent }),
    ...(httpsAgent && { kept: httpsAgent }),
    bind: (tokens) => {
      const instance = library.create({ ...config, httpsAgent })
      ours.attachBearer(instance, tokens)
      return (url, token = true) => settled(instance.get(url, { tokenflight: token ? {} : false }))
    },
  }
}

const newest = { attachBearer, axiosTransport }
const keepAlive = true

const CLIENTS: readonly (readonly [name: string, make: () => Client | Promise<Client>])[] = [
  ...(
    [
      ['axios', axios, newest],
      ['the oldest axios', oldest as unknown as typeof axios, floor],
    ] as const
  ).flatMap(([name, library, ours]) =>
    (
      [
        ['its global agent', {}, undefined],
        ['its global agent and `maxRedirects: 0`', { maxRedirects: 0 }, undefined],
        ['an agent that keeps sockets', {}, { keepAlive }],
        ['an agent that keeps sockets, and `maxRedirects: 0`', { maxRedirects: 0 }, { keepAlive }],
        ['an agent that keeps one socket, and `maxRedirects: 0`', { maxRedirects: 0 }, { keepAlive, maxSockets: 1 }],
        ['an agent that keeps none', { maxRedirects: 0 }, { keepAlive: false }],
        ['streams', { maxRedirects: 0, responseType: 'stream' }, { keepAlive }],
      ] as const
    ).map(([what, config, agent]) => [`${name} with ${what}`, () => overAxios(config, agent, library, ours)] as const),
  ),
  [
    'fetch',
    async () => {
      const dispatcher = await dispatcherOf({ connect: { ca: CERTIFICATE } })
      const trusting: typeof fetch = (input, init) => fetch(input, { ...init, dispatcher } as RequestInit)
      return {
        transport: fetchTransport({ fetch: trusting }),
        kept: dispatcher,
        bind: (tokens) => {
          const wrapped = wrapFetch(trusting, tokens)
          return (url, token = true) => settled(wrapped(url, token ? {} : { tokenflight: false }))
        },
      }
    },
  ],
]

// Faults 138 and 140
describe('Objects that outlive a request over https contain no secret', () => {
  realNetwork()
  let server: Loopback
  let stranger: Loopback
  let issued: number
  const trusted = globalAgent.options.ca

  beforeEach(async () => {
    issued = 0
    globalAgent.options.ca = CERTIFICATE
    for (const secret of [SECRET, API_KEY]) leakDetector().learn(secret)
    stranger = await startSecureLoopback((response) => response.writeHead(401).end())
    server = await startSecureLoopback((response, { url }) => {
      if (url === '/token') {
        const token = `t0k3n-number-${String((issued += 1))}`
        leakDetector().learn(token)
        response.writeHead(200).end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }))
      } else if (url === '/api/moved') response.writeHead(302, { location: '/api/ok' }).end()
      else if (url === '/api/away') response.writeHead(302, { location: `${stranger.url}/api/ok` }).end()
      else if (url === '/api/lost') response.socket?.destroy()
      else response.writeHead(Number(/\d+/.exec(url)?.[0] ?? 200)).end('{}')
    })
  })
  afterEach(async () => {
    globalAgent.options.ca = trusted
    await Promise.all([server.close(), stranger.close()])
  })

  const managerOver = (transport: TokenTransport, resources?: readonly string[]): TokenManager =>
    createTokenManager({
      provider: defineProvider({
        id: 'tls',
        title: 'TLS',
        docs: 'https://docs.example',
        api: `${server.url}/api`,
        token: { url: `${server.url}/token`, basic: ['{clientId}', '{clientSecret}'] },
        grants: { client_credentials: { params: { grant_type: 'client_credentials' } } },
        headers: { 'X-Api-Key': '{apiKey}' },
      }),
      credentials: { clientId: 'me', clientSecret: SECRET, apiKey: API_KEY },
      transport,
      ...(resources && { resources }),
    })

  for (const [name, make] of CLIENTS) {
    it(`with ${name}`, async () => {
      const { transport, bind, kept } = await make()
      const tokens = managerOver(transport)
      const send = bind(tokens)
      const outcomes: unknown[] = []
      for (const path of ['ok', '401', '500', 'lost']) outcomes.push(await send(`${server.url}/api/${path}`))
      outcomes.push(...(await Promise.all(Array.from({ length: 5 }, () => send(`${server.url}/api/ok`)))))
      // Calls that carry no token may be given the sockets of those that do.
      for (const path of ['404', 'lost']) outcomes.push(await send(`${server.url}/api/${path}`, false))
      inspectAll([tokens, kept, ...outcomes])
      expect(JSON.stringify(tokens)).to.not.contain(API_KEY)
      expect(server.received.filter(({ headers }) => headers['x-api-key'] === API_KEY)).to.not.be.empty
      expect(issued).to.be.at.least(2)
    })

    for (const path of ['moved', 'away']) {
      it(`with ${name}, after a redirect: /api/${path}`, async () => {
        const { transport, bind, kept } = await make()
        inspectAll([kept, await bind(managerOver(transport))(`${server.url}/api/${path}`)])
        expect(stranger.received.filter(({ headers }) => headers['x-api-key'] ?? headers['authorization'])).to.be.empty
      })
    }
  }

  for (const [name, library, attach] of [
    ['axios', axios, attachBearer],
    ['the oldest axios', oldest as unknown as typeof axios, floor.attachBearer],
  ] as const) {
    it(`with ${name} over HTTP/2`, async () => {
      const api = createSecureServer({ key: KEY, cert: CERTIFICATE }, (request, response) => {
        response.writeHead(Number(/\d+/.exec(request.url)?.[0] ?? 200)).end('{}')
      })
      await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
      const url = `https://127.0.0.1:${String((api.address() as AddressInfo).port)}/api`
      try {
        const tokens = managerOver(axiosTransport(), [url])
        const instance = library.create({ httpVersion: 2, http2Options: { ca: CERTIFICATE } } as AxiosRequestConfig)
        attach(instance, tokens)
        for (const path of ['ok', '401', '500']) inspectAll([await settled(instance.get(`${url}/${path}`))])
      } finally {
        api.close()
      }
    })
  }
})
