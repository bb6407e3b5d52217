// Headers that are made for each sending, over both clients: what reached the server.
import axios from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import type { ClientOptions } from '../../lib/clients/resource-server.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { staticTokens } from '../support/static-tokens.ts'

type Options = Pick<ClientOptions<never>, 'headers' | 'resources'>

interface Sending {
  readonly method?: string
  readonly body?: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

type Send = (url: string, sending?: Sending) => Promise<number>

interface Client {
  readonly name: string
  readonly bind: (tokens: TokenSource, options: Options) => Send
}

const CLIENTS: readonly Client[] = [
  {
    name: 'axios',
    bind: (tokens, options) => {
      const api = axios.create({ validateStatus: () => true })
      attachBearer(api, tokens, options)
      return async (url, { body, ...sending } = {}) => {
        const response = await api.request<unknown>({ url, ...sending, ...(body && { data: body }) })
        expect(JSON.stringify([response.config, response.headers])).to.not.include('signature-')
        return response.status
      }
    },
  },
  {
    name: 'fetch',
    bind: (tokens, options) => {
      const apiFetch = wrapFetch(fetch, tokens, options)
      return async (url, init = {}) => (await apiFetch(url, init as RequestInit)).status
    },
  },
]

for (const { name, bind } of CLIENTS)
  describe(`${name}, with the headers option`, () => {
    realNetwork()
    let server: Loopback
    let other: Loopback

    beforeEach(async () => {
      other = await startLoopback((response) => response.end())
      server = await startLoopback((response, { url }, nth) => {
        if (url === '/away') response.writeHead(302, { location: `${other.url}/` })
        else if (url === '/refused' && nth === 1) response.statusCode = 401
        response.end()
      })
    })
    afterEach(() => Promise.all([server.close(), other.close()]))

    const signed = (): (string | string[] | undefined)[] => server.received.map(({ headers }) => headers['x-signature'])

    it('calls the function again for a replay, with the method, URL and token of each request', async () => {
      const tokens = await staticTokens()
      const requests: string[] = []
      const send = bind(tokens, {
        resources: [server.url],
        headers: ({ method, url, token }) => {
          requests.push(`${method} ${url} ${token.accessToken}`)
          return { 'X-Signature': `signature-${String(requests.length)}`, 'X-None': undefined }
        },
      })
      const body = new TextEncoder().encode('{}')
      expect(await send(`${server.url}/refused`, { method: 'POST', body })).to.equal(200)
      expect(signed()).to.deep.equal(['signature-1', 'signature-2'])
      expect(server.received.map((each) => each.body)).to.deep.equal(['{}', '{}'])
      expect(requests).to.deep.equal([`POST ${server.url}/refused secret-1`, `POST ${server.url}/refused secret-2`])
      await send(`${server.url}/me?a=b%20c`)
      expect(requests[2]).to.equal(`GET ${server.url}/me?a=b%20c secret-2`)
      expect(server.received[2]?.headers).to.not.have.property('x-none')
    })

    it('waits for the function, sends the bytes of the call, and lets the caller abort', async () => {
      const made = deferred<Readonly<Record<string, string>>>()
      const send = bind(await staticTokens(), { resources: [server.url], headers: () => made.promise })
      const controller = new AbortController()
      const stopped = failureOf(send(`${server.url}/stopped`, { signal: controller.signal }))
      const body = new TextEncoder().encode('as called')
      const sent = send(`${server.url}/me`, { method: 'POST', body })
      body.fill(0)
      controller.abort()
      await stopped
      made.resolve({ 'X-Signature': 'signature-late' })
      expect(await sent).to.equal(200)
      expect(server.received.map(({ url, body: received }) => [url, received])).to.deep.equal([['/me', 'as called']])
    })

    it('prefers the headers of the caller; the function may replace the header of the token', async () => {
      const headers = (): Record<string, string> => ({ 'x-signature': 'signature-1', authorization: 'MAC signature-2' })
      const send = bind(await staticTokens(), { resources: [server.url], headers })
      await send(`${server.url}/me`, { headers: { 'X-Signature': 'own' } })
      expect(signed()).to.deep.equal(['own'])
      expect(server.received[0]?.headers['authorization']).to.equal('MAC signature-2')
    })

    it('accepts Headers, a Map and pairs like an object', async () => {
      const pairs = [['X-Signature', 'signature-1']] as const
      for (const made of [new Headers(pairs as never), new Map(pairs), pairs, Object.fromEntries(pairs)])
        await bind(await staticTokens(), { resources: [server.url], headers: () => made })(`${server.url}/me`)
      expect(signed()).to.deep.equal(Array(4).fill('signature-1'))
    })

    it('does not call the function for requests without a token', async () => {
      const headers = (): never => {
        throw new Error('asked')
      }
      const send = bind(await staticTokens(), { resources: [server.url], headers })
      await send(`${other.url}/`)
      await send(`${server.url}/`, { headers: { authorization: 'own' } })
      expect(server.received.length + other.received.length).to.equal(2)
    })

    it('rejects with the error of the function or a TypeError that does not show what no header can carry, and sends no request', async () => {
      const wrong = new Error('no key')
      for (const [headers, expected] of [
        [() => Promise.reject(wrong), 'no key'],
        [
          () => ({ 'X-Signature': 5 }),
          'headers: the value of X-Signature: expected text that a header can carry, got a number',
        ],
        [() => ({ 'X-Signature': '/secret\r\nX-Other: a' }), 'expected text that a header can carry, got a string'],
        [() => ({ 'X Signature': 'secret' }), 'headers: expected names of headers, got a string'],
        [() => 'text', 'headers: expected a function that gives headers, got a string'],
      ] as const) {
        const send = bind(await staticTokens(), { resources: [server.url], headers: headers as never })
        const failure = String(await failureOf(send(`${server.url}/me`)))
        expect(failure).to.include(expected).and.to.not.include('secret')
      }
      expect(server.received).to.deep.equal([])
    })

    it('sends the headers to no other origin', async () => {
      const headers = (): Record<string, string> => ({ 'X-Signature': 'signature-1' })
      const send = bind(await staticTokens(), { resources: [server.url], headers })
      if (name === 'fetch') await failureOf(send(`${server.url}/away`))
      else await send(`${server.url}/away`)
      expect(signed()).to.deep.equal(['signature-1'])
      expect(other.received.filter((each) => 'x-signature' in each.headers)).to.deep.equal([])
    })
  })
