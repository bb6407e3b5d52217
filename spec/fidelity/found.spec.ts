// Differences that random calls have found, one by one.
import axios, { type AxiosAdapter, AxiosError, type AxiosRequestConfig } from 'axios'
import { expect } from 'chai'
import NodeFormData from 'form-data'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import type { TokenSource } from '../../lib/token/token-source.ts'
import { raceAbort } from '../../lib/util/abort.ts'
import { flush } from '../support/clock.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { staticTokens } from '../support/static-tokens.ts'

describe('Like a plain client,', () => {
  realNetwork()
  let server: Loopback
  /** Refuses the first token. */
  let refusing: boolean
  let status: number
  let headers: Readonly<Record<string, string>>
  beforeEach(async () => {
    refusing = false
    status = 200
    headers = {}
    server = await startLoopback((response, request) => {
      const isRefused = refusing && request.headers['authorization'] === 'Bearer secret-1'
      response.writeHead(isRefused ? 401 : status, headers).end('{}')
    })
  })
  afterEach(() => server.close())

  const attached = async (config: AxiosRequestConfig, until?: Promise<unknown>): Promise<typeof axios> => {
    const instance = axios.create(config) as typeof axios
    attachBearer(instance, await staticTokens({ site: { resources: [server.url] }, ...(until && { until }) }))
    return instance
  }
  const never = new Promise(() => undefined)

  const described = (error: unknown): unknown => {
    const { name, message, code, config } = error as Error & { code?: string; config?: object }
    return { name, message, code, hasConfig: config !== undefined }
  }

  for (const adapter of ['http', 'fetch'] as const) {
    const stalled = async (): Promise<string> => {
      const silent = await startLoopback(() => undefined)
      silents.push(silent)
      return silent.url
    }
    const silents: Loopback[] = []
    afterEach(() => Promise.all(silents.splice(0).map((silent) => silent.close())))

    const ENDINGS: readonly (readonly [name: string, make: () => AxiosRequestConfig])[] = [
      ['a signal with an error', () => ({ signal: soon(new Error('the reason')) })],
      ['a signal with a text', () => ({ signal: soon('the reason') })],
      ['a signal without a reason', () => ({ signal: soon() })],
      [
        'a CancelToken',
        () => ({
          cancelToken: new axios.CancelToken((cancel) => {
            setTimeout(cancel, 5, 'the reason')
          }),
        }),
      ],
      ['a timeout', () => ({ timeout: 5 })],
      ['a timeout with a message', () => ({ timeout: 5, timeoutErrorMessage: 'own message' })],
      ['a clear timeout', () => ({ timeout: 5, transitional: { clarifyTimeoutError: true } })],
    ]
    for (const [name, make] of ENDINGS) {
      it(`axios over ${adapter} rejects with the same error while it waits for a token: ${name}`, async () => {
        const bare = await failureOf(axios.get(await stalled(), { adapter, ...make() }))
        const waiting = await attached({ adapter }, never)
        expect(described(await failureOf(waiting.get(server.url, make())))).to.deep.equal(described(bare))
        expect(server.received).to.deep.equal([])
      })
    }
  }

  it('axios rejects a request that times out in the body of a 401: the token is renewed, the request is not replayed', async () => {
    const errors: unknown[] = []
    const adapter: AxiosAdapter = async (config) => {
      await new Promise((resolve) => setTimeout(resolve, config.timeout))
      const response = { status: 401, statusText: '', headers: {}, config, data: undefined }
      // As the http adapter does when the timeout ends the body.
      const error = new AxiosError('stream has been aborted', AxiosError.ERR_BAD_RESPONSE, config, undefined, response)
      errors.push(error)
      throw error
    }
    const tokens = await staticTokens({ site: { resources: [server.url] } })
    const instance = axios.create({ adapter, timeout: 5 })
    attachBearer(instance, tokens)
    const error = await failureOf(instance.get(server.url))
    expect(errors).to.deep.equal([error])
    expect(tokens.renewals).to.equal(1)
  })

  for (const data of [{ a: 1 }, new DataView(new TextEncoder().encode('ab').buffer), new URLSearchParams({ a: '1' })]) {
    it(`axios sends a body from tokenflight.body as it sends a given one: ${data.constructor.name}`, async () => {
      refusing = true
      const instance = await attached({ adapter: 'http' })
      await instance.post(server.url, data, { tokenflight: { body: () => data } })
      const [first, second] = server.received
      expect(server.received).to.have.length(2)
      expect(second?.body).to.equal(first?.body)
      expect(second?.headers['content-type']).to.equal(first?.headers['content-type'])
    })
  }

  it('axios applies transformRequest to a body from tokenflight.body', async () => {
    refusing = true
    const instance = await attached({ adapter: 'http' })
    const transformRequest = (text: string): string => `[${text}]`
    await instance.post(server.url, 'a', { transformRequest, tokenflight: { body: () => 'a' } })
    expect(server.received.map(({ body }) => body)).to.deep.equal(['[a]', '[a]'])
  })

  it('axios does not replay a form without parts, whose buffer differs from its stream', async () => {
    refusing = true
    const instance = await attached({ adapter: 'http', validateStatus: null })
    expect((await instance.post(server.url, new NodeFormData())).status).to.equal(401)
    expect(server.received.map(({ body }) => body)).to.deep.equal([''])
  })

  it('axios over fetch replays no body that differs from the first', async () => {
    refusing = true
    const instance = await attached({ adapter: 'fetch', validateStatus: null })
    const form = new NodeFormData()
    form.append('a', 'b')
    const { status: given } = await instance.post(server.url, form)
    expect(given).to.equal(401)
    expect(server.received).to.have.length(1)
  })

  it('axios accepts an absolute URL with any baseURL: the request has a token', async () => {
    const instance = await attached({ adapter: 'http' })
    await instance.get(server.url, { baseURL: 1 as unknown as string })
    expect(server.received[0]?.headers['authorization']).to.equal('Bearer secret-1')
  })

  for (const given of [300, 304, 204])
    it(`axios returns a status below 400 once, with any challenge: ${String(given)}`, async () => {
      status = given
      headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
      const instance = await attached({ adapter: 'http', validateStatus: (each) => each === 1 })
      expect(await failureOf(instance.get(server.url))).to.have.nested.property('response.status', given)
      expect(server.received).to.have.length(1)
    })

  // Node 20.20: a copy of a body that is not at its end, cancelled before the signal aborts.
  for (const judging of [false, true])
    it(`fetch causes no unhandled rejection when a call is aborted after a long 401${judging ? ' whose body was looked at' : ''}`, async () => {
      const long = await startLoopback((response) => response.writeHead(401).end('x'.repeat(300_000)))
      const site = { resources: [long.url] }
      for (let time = 0; time < 10; time += 1) {
        const controller = new AbortController()
        const onRenewal = deferred()
        const renew: TokenSource['renew'] = (_rejected, { signal } = {}) => {
          onRenewal.resolve()
          return raceAbort(new Promise<never>(() => undefined), signal ?? controller.signal)
        }
        const source = { ...(await staticTokens({ site })), renew }
        const isAuthFailure = ({ body }: Response): boolean => body !== null
        const wrapped = wrapFetch(undefined, source, judging ? { isAuthFailure } : {})
        const call = failureOf(wrapped(long.url, { signal: controller.signal }))
        await onRenewal.promise
        // The refusal is read up to its limit meanwhile.
        for (let turn = 0; turn < 20; turn += 1) await flush()
        controller.abort()
        expect(await call).to.have.property('name', 'AbortError')
      }
      await long.close()
    })

  it('fetch keeps the referrer of a Request with a body from tokenflight.body, where the platform does', async () => {
    const asked = (): Request => new Request(server.url, { method: 'POST', body: 'ab', referrer: `${server.url}/from` })
    refusing = true
    // Node 24 sends none.
    await fetch(asked())
    const bare = server.received[0]?.headers['referer']
    const wrapped = wrapFetch(undefined, await staticTokens({ site: { resources: [server.url] } }))
    await wrapped(asked(), { tokenflight: { body: () => 'ab' } })
    expect(server.received.map((each) => each.headers['referer'])).to.deep.equal([bare, bare, bare])
  })

  it('fetch keeps the referrer of an init, also for a Request', async () => {
    refusing = true
    const wrapped = wrapFetch(undefined, await staticTokens({ site: { resources: [server.url] } }))
    const referrer = `${server.url}/from`
    await wrapped(server.url, { referrer })
    await wrapped(new Request(server.url), { referrer })
    expect(new Set(server.received.map((each) => each.headers['referer']))).to.deep.equal(new Set([referrer]))
  })
})

function soon(reason?: unknown): AbortSignal {
  const controller = new AbortController()
  setTimeout(() => {
    controller.abort(reason)
  }, 5)
  return controller.signal
}
