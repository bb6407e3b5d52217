// SDKs that set `Authorization` themselves: the recipe of docs/recipes/openai-sdk.md, over both clients.
import axios from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from '../../lib/testing.ts'
import { realNetwork } from '../support/real-network.ts'

// Fault 165
describe('An SDK that sets Authorization itself', () => {
  realNetwork()
  let emulator: Emulator<OAuth2System>
  let tokens: TokenManager
  beforeEach(async () => {
    emulator = await startEmulator(oauth2Emulator())
    const { provider, credentials } = emulator
    tokens = createTokenManager({ provider, grant: 'client_credentials', credentials })
  })
  afterEach(() => emulator.close())

  const echo = (): string => `${emulator.api}/echo`
  const sent = (): (string | undefined)[] =>
    emulator.log.filter(({ kind }) => kind === 'resource').map(({ headers }) => headers['authorization'])
  const issued = (): string[] => emulator.issued.map(({ accessToken }) => `Bearer ${accessToken}`)

  const authorization = 'Bearer of-the-sdk'
  const post = (headers: HeadersInit): RequestInit => ({ method: 'POST', headers, body: '{"a":1}' })
  /** The ways in which SDKs call the `fetch` that they were given. */
  const calls: Readonly<Record<string, (sdkFetch: typeof fetch) => Promise<Response>>> = {
    'headers of an object': (sdkFetch) => sdkFetch(echo(), post({ authorization })),
    'a list of headers': (sdkFetch) => sdkFetch(echo(), post([['AUTHORIZATION', authorization]])),
    'a Headers object': (sdkFetch) => sdkFetch(new URL(echo()), post(new Headers({ authorization }))),
    'a Request': (sdkFetch) => sdkFetch(new Request(echo(), post({ authorization }))),
    'a Request and an init': (sdkFetch) => sdkFetch(new Request(echo(), post({})), { headers: { authorization } }),
  }

  for (const [name, call] of Object.entries(calls)) {
    it(`keeps its header with a wrapped fetch: ${name}`, async () => {
      await call(wrapFetch(fetch, tokens))
      expect(sent()).to.deep.equal([authorization])
      expect(emulator.counts.token).to.equal(0)
    })

    it(`sends the token of the manager, also in a replay, where its header is deleted first: ${name}`, async () => {
      const apiFetch = wrapFetch(fetch, tokens)
      const withoutAuthorization: typeof fetch = (input, init) => {
        const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined))
        headers.delete('Authorization')
        return apiFetch(input, { ...init, headers })
      }
      expect((await call(withoutAuthorization)).status).to.equal(200)
      emulator.revokeAll()
      expect((await call(withoutAuthorization)).status).to.equal(200)
      const [first, second] = issued()
      expect(sent()).to.deep.equal([first, first, second])
      expect(emulator.log.filter(({ kind }) => kind === 'resource').map(({ body }) => body)).to.deep.equal(
        Array(3).fill('{"a":1}'),
      )
    })
  }

  for (const order of ['before', 'after'])
    it(`sends the token of the manager where an interceptor added ${order} attachBearer() deletes its header: axios`, async () => {
      const instance = axios.create()
      const remove = (): void => {
        instance.interceptors.request.use((config) => {
          config.headers.delete('Authorization')
          return config
        })
      }
      if (order === 'before') remove()
      attachBearer(instance, tokens)
      if (order === 'after') remove()
      await instance.post(echo(), { a: 1 }, { headers: { authorization } })
      emulator.revokeAll()
      await instance.post(echo(), { a: 1 }, { headers: { authorization } })
      const [first, second] = issued()
      expect(sent()).to.deep.equal([first, first, second])
    })
})
