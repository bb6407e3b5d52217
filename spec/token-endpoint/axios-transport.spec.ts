import * as newest from '../../lib/token-endpoint/axios-transport.ts'
import { Agent } from 'node:http'
import axios, {
  type AxiosAdapter,
  AxiosError,
  AxiosHeaders,
  type AxiosRequestConfig,
  type InternalAxiosRequestConfig,
} from 'axios'
import { expect } from 'chai'
import type { WireRequest, WireResult } from '../../lib/token-endpoint/transport.ts'
import { importOverFloor } from '../support/axios-floor.ts'
import { failureOf } from '../support/failure.ts'
import { type Loopback, startLoopback } from '../support/loopback.ts'
import { overOldestAxios } from '../support/oldest-axios.ts'
import { scriptedCall } from '../support/token-endpoint-call.ts'
import { behavesAsTransport } from './transport-contract.ts'

const { axiosTransport } = newest
const request: WireRequest = {
  method: 'POST',
  url: 'https://api.example/token',
  headers: { 'x-own': 'a' },
  body: 'b=c',
}

describe('axiosTransport(options)', () => {
  behavesAsTransport(() => axiosTransport())

  describe('with the fetch adapter', () => {
    // The fetch adapter of the oldest axios ends in a TypeError over an answer without a body.
    behavesAsTransport(() => axiosTransport({ adapter: 'fetch' }), { readsNothing: !overOldestAxios })
  })

  describe('in an application that configures axios globally', () => {
    const copyOf = <T extends { readonly headers: { readonly common: object } }>(defaults: T): T => ({
      ...defaults,
      headers: { ...defaults.headers, common: { ...defaults.headers.common } },
    })
    const ours = copyOf(axios.defaults)
    let server: Loopback
    let intercepted: number

    beforeEach(async () => {
      server = await startLoopback((response, _, nth) =>
        response.writeHead(nth < 2 ? 503 : 200).end('{"access_token":"a"}'),
      )
      intercepted = 0
      const intercept = <T>(value: T): T => {
        intercepted += 1
        return value
      }
      axios.interceptors.request.use(intercept)
      axios.interceptors.response.use(intercept, intercept)
      axios.defaults.headers.common.Authorization = 'Bearer of-the-application'
      Object.assign(axios.defaults, {
        baseURL: 'http://127.0.0.1:1/elsewhere',
        params: { key: 'value' },
        auth: { username: 'somebody', password: 'else' },
        timeout: 1,
        maxRedirects: 5,
        maxContentLength: 1,
        validateStatus: () => false,
        withCredentials: true,
        transformRequest: () => {
          throw new Error('not ours')
        },
        transformResponse: () => 'transformed',
        adapter: () => Promise.reject(new Error('not ours')),
        'axios-retry': { retries: 0, onRetry: () => Promise.reject(new Error('not ours')) },
      } satisfies AxiosRequestConfig)
    })

    afterEach(async () => {
      axios.interceptors.request.clear()
      axios.interceptors.response.clear()
      for (const name of Object.keys(axios.defaults)) if (!(name in ours)) Reflect.deleteProperty(axios.defaults, name)
      Object.assign(axios.defaults, copyOf(ours))
      await server.close()
    })

    it('uses no global defaults and no interceptors', async () => {
      const conversation = scriptedCall({
        prepare: () => ({ ...request, url: `${server.url}/token` }),
        again: (_, attempt) => attempt < 2,
      })
      expect(await axiosTransport()(conversation)).to.deep.include({ status: 200, text: '{"access_token":"a"}' })
      expect(server.received).to.have.length(2)
      for (const { url, headers, body } of server.received) {
        expect({ url, body }).to.deep.equal({ url: '/token', body: 'b=c' })
        expect(headers).to.include({ 'x-own': 'a' }).and.to.not.have.any.keys('authorization', 'cookie')
      }
      expect(intercepted).to.equal(0)
    })

    it('changes no global defaults', async () => {
      const before = { ...axios.defaults }
      await axiosTransport()(scriptedCall({ prepare: () => ({ ...request, url: server.url }) }))
      expect({ ...axios.defaults }).to.deep.equal(before)
    })
  })

  describe('a custom adapter', () => {
    const over = (adapter: NonNullable<AxiosRequestConfig['adapter']>): Promise<WireResult> =>
      axiosTransport({ adapter })(scriptedCall({ prepare: () => request }))
    const answering = (data: unknown, headers: AxiosHeaders | Record<string, string> = {}) => {
      const adapter = (config: InternalAxiosRequestConfig) =>
        Promise.resolve({ status: 200, statusText: 'OK', headers, config, data })
      return over(adapter)
    }

    it('gets the request and only the options that it needs', async () => {
      const seen: InternalAxiosRequestConfig[] = []
      const httpAgent = new Agent()
      const adapter = (config: InternalAxiosRequestConfig) => {
        seen.push(config)
        return Promise.resolve({ status: 200, statusText: 'OK', headers: {}, config, data: '' })
      }
      await axiosTransport({ adapter, httpAgent, proxy: false })(scriptedCall({ prepare: () => request }))
      const [config] = seen
      expect(config).to.deep.include({ method: 'POST', url: request.url, data: 'b=c', maxRedirects: 0, proxy: false })
      expect(config?.httpAgent).to.equal(httpAgent)
      expect(config?.headers.toJSON()).to.deep.equal({ 'x-own': 'a' })
      expect(config).to.not.have.any.keys('auth', 'baseURL', 'params', 'transformRequest', 'xsrfCookieName')
    })

    it('may return text, an object or nothing', async () => {
      expect(await answering('{"a":1}')).to.deep.include({ text: '{"a":1}' })
      expect(await answering({ a: 1 })).to.deep.include({ text: '{"a":1}' })
      expect(await answering(undefined)).to.deep.include({ text: '' })
    })

    it('gets withCredentials', async () => {
      const seen: unknown[] = []
      const adapter: AxiosAdapter = (config) => {
        seen.push([config.withCredentials, (config.fetchOptions as RequestInit).credentials])
        return Promise.resolve({ status: 200, statusText: '', data: 'ok', headers: {}, config })
      }
      await axiosTransport({ adapter })(scriptedCall({ prepare: () => request }))
      await axiosTransport({ adapter, withCredentials: true })(scriptedCall({ prepare: () => request }))
      expect(seen).to.deep.equal([
        [false, 'omit'],
        [true, 'include'],
      ])
    })

    // Fault 146
    it('may return no headers, as mocks do', async () => {
      const adapter = ((config) => Promise.resolve({ status: 200, statusText: '', data: 'ok', config })) as AxiosAdapter
      const call = scriptedCall({ prepare: () => request })
      expect(await axiosTransport({ adapter })(call)).to.deep.equal({ status: 200, headers: {}, text: 'ok' })
    })

    it('may return headers as an object or as AxiosHeaders', async () => {
      expect(await answering('', { 'Retry-After': '7' })).to.deep.include({ headers: { 'retry-after': '7' } })
      expect(await answering('', new AxiosHeaders({ 'Retry-After': '7' }))).to.deep.include({
        headers: { 'retry-after': '7' },
      })
    })

    it('is limited to 1 MiB per response', async () => {
      expect(await answering('a'.repeat(1_048_577))).to.deep.equal({ failure: 'too_large' })
    })

    it('is not called after the signal has aborted', async () => {
      const controller = new AbortController()
      const reason = new Error('the flight is over')
      let asked = false
      const adapter = (): Promise<never> => {
        asked = true
        return Promise.reject(reason)
      }
      const prepare = (): WireRequest => {
        controller.abort(reason)
        return request
      }
      const { signal } = controller
      expect(await failureOf(axiosTransport({ adapter })(scriptedCall({ prepare, signal })))).to.equal(reason)
      expect(asked).to.equal(false)
    })

    it('may reject with anything: the error does not leave the transport', async () => {
      const config = { headers: new AxiosHeaders(), data: 's3cr3t' }
      const reasons: readonly unknown[] = [
        new AxiosError('no', 'ECONNREFUSED', config),
        new Error('no'),
        'no',
        undefined,
      ]
      for (const thrown of reasons) {
        const adapter = (): Promise<never> => Promise.reject(thrown)
        const expected =
          thrown instanceof AxiosError ? { failure: 'unreachable', networkCode: 'ECONNREFUSED' } : { failure: 'lost' }
        expect(await over(adapter)).to.deep.equal(expected)
      }
    })
  })

  describe('invalid options', () => {
    const wrong: readonly [unknown, string][] = [
      [
        { adapter: 'carrier-pigeon' },
        'tokenflight: adapter: expected an adapter that axios has on this platform, got a string',
      ],
      [{ adapter: 'xhr' }, 'tokenflight: adapter: expected an adapter that axios has on this platform, got a string'],
      [
        { timeout: 5 },
        'tokenflight: timeout: expected no option of this name (there are adapter, httpAgent, httpsAgent, proxy, withCredentials), got 5',
      ],
      [{ httpsAgnet: {} }, 'perhaps httpsAgent), got an object'],
      [{ 'S3cr3t-9': 'x' }, 'tokenflight: option: expected no option of this name (there are adapter'],
      [{ withCredentials: 'include' }, 'tokenflight: withCredentials: expected true or false, got a string'],
      [
        { proxy: 'http://proxy.example' },
        'tokenflight: proxy: expected an object or false, got "http://proxy.example"',
      ],
      ['fetch', 'tokenflight: options: expected an object, got a string'],
    ]
    for (const [options, message] of wrong) {
      it(`throw a TypeError at construction: ${message}`, () => {
        expect(() => axiosTransport(options as object)).to.throw(TypeError, message)
      })
    }
  })
})

describe('axiosTransport(options) with the oldest supported axios', () => {
  let floor: typeof newest
  before(async () => {
    floor = (await importOverFloor('token-endpoint/axios-transport.ts')) as typeof newest
  })

  it('is another function than with the current axios', () => {
    expect(floor.axiosTransport).to.not.equal(axiosTransport)
  })

  behavesAsTransport(() => floor.axiosTransport())
})
