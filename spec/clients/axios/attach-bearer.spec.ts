import { Readable } from 'node:stream'
import axios, { type AxiosAdapter, type AxiosInstance, type AxiosStatic, isAxiosError } from 'axios'
import { expect } from 'chai'
import { attachBearer, type AttachOptions } from '../../../lib/axios.ts'
import { createTokenManager } from '../../../lib/index.ts'
import { type Emulator, startEmulator, telstraEmulator, type TelstraSystem } from '../../../lib/testing.ts'
import { deferred } from '../../support/deferred.ts'
import { failureOf } from '../../support/failure.ts'
import { realNetwork } from '../../support/real-network.ts'
import { staticTokens } from '../../support/static-tokens.ts'
import { type Binding, describeBinding } from '../behaviour.ts'

function binding(name: string, make: () => AxiosInstance): Binding {
  return {
    name,
    stream: (text) => Readable.from([text]),
    bind: (tokens, options) => {
      const instance = make()
      attachBearer(instance, tokens, options as AttachOptions)
      return async (url, { method = 'GET', body, headers = {}, signal, bare } = {}) => {
        const config = { url, method, data: body, headers, responseType: 'text' as const }
        const own = { ...(signal && { signal }), ...(bare && { tokenflight: false as const }) }
        try {
          const response = await instance.request<string>({ ...config, ...own })
          return { status: response.status, text: response.data, cause: (response as { cause?: unknown }).cause }
        } catch (error) {
          if (!isAxiosError<string>(error) || !error.response) throw error
          const { status, data } = error.response
          return { status, text: data, cause: error.cause }
        }
      }
    },
  }
}

describeBinding(binding('attachBearer(instance) with the http adapter', () => axios.create({ adapter: 'http' })))
describeBinding({
  ...binding('attachBearer(instance) with the fetch adapter', () => axios.create({ adapter: 'fetch' })),
})
describeBinding(
  binding('attachBearer(instance) where every status is welcome', () => axios.create({ validateStatus: () => true })),
)

describe('attachBearer(instance, tokens)', () => {
  realNetwork()
  let emulator: Emulator<TelstraSystem>
  beforeEach(async () => {
    emulator = await startEmulator(telstraEmulator())
  })
  afterEach(() => emulator.close())

  function attached(config = {}): AxiosInstance {
    const instance = axios.create({ baseURL: emulator.api, ...config })
    const { provider, credentials } = emulator
    attachBearer(instance, { provider, credentials })
    return instance
  }

  it('runs other interceptors and transforms once, also with a replay', async () => {
    const ran: string[] = []
    const instance = attached({
      transformRequest: [(data: unknown) => (ran.push('transformRequest'), JSON.stringify(data))],
      transformResponse: [(data: unknown) => (ran.push('transformResponse'), data)],
    })
    instance.interceptors.request.use((config) => (ran.push('request'), config))
    instance.interceptors.response.use((response) => (ran.push('response'), response))
    await instance.get('/messages/sms')
    emulator.revokeAll()
    ran.length = 0
    const headers = { 'content-type': 'application/json' }
    const { status } = await instance.post('/messages/sms', { to: '+61412345678', body: 'x' }, { headers })
    expect(status).to.equal(201)
    expect(ran).to.deep.equal(['request', 'transformRequest', 'transformResponse', 'response'])
    expect(emulator.counts.unauthorized).to.equal(1)
  })

  it('sends in the tick of the call when a token is available', async () => {
    let sent = 0
    const adapter: AxiosAdapter = (config) => {
      sent += 1
      return Promise.resolve({ data: '', status: 200, statusText: 'OK', headers: {}, config })
    }
    const instance = attached({ adapter })
    await instance.get('/messages/sms')
    const under = instance.get('/messages/sms')
    expect(sent).to.equal(2)
    await under
  })

  for (const responseURL of [undefined, '', '/messages/sms', 'messages/sms'])
    it(`replays a 401 of a mock whose response has the URL '${String(responseURL)}'`, async () => {
      const statuses = [401, 200]
      const adapter: AxiosAdapter = (config) => {
        const status = statuses.shift() ?? NaN
        return Promise.resolve({ data: '', status, statusText: '', headers: {}, config, request: { responseURL } })
      }
      expect((await attached({ adapter }).get('/messages/sms')).status).to.equal(200)
      expect(emulator.counts.token).to.equal(2)
    })

  it('leaves the token neither in the config nor in the headers of a result', async () => {
    const instance = attached()
    const { config } = await instance.get('/messages/sms')
    expect(Object.keys(config.headers).join()).to.not.match(/authorization/i)
    emulator.switches.spikeArrest = true
    const error = await failureOf(instance.get('/messages/sms'))
    if (!isAxiosError(error)) throw error
    expect(Object.keys(error.config?.headers ?? {}).join()).to.not.match(/authorization/i)
    expect(error.response?.config).to.equal(error.config)
    expect(JSON.stringify(error)).to.not.contain(emulator.issued.at(-1)?.accessToken)
  })

  it('keeps headers that the adapter sets, as a plain instance does', async () => {
    const bare = axios.create({ baseURL: emulator.api, validateStatus: null })
    const ours = attached({ validateStatus: null })
    const message = { to: '+61412345678', body: 'x' }
    const one = await bare.post('/messages/sms', message)
    const two = await ours.post('/messages/sms', message)
    expect(two.config.headers.toJSON()).to.deep.equal(one.config.headers.toJSON())
    expect(Object.keys(two.config)).to.deep.equal(Object.keys(one.config))
    expect(two.config.adapter).to.deep.equal(one.config.adapter)
  })

  it("leaves no token in the config when the caller's header is undefined", async () => {
    const instance = attached()
    const { config } = await instance.get('/messages/sms', { headers: { Authorization: undefined } as object })
    expect(emulator.log.at(-1)?.token).to.be.a('string')
    expect(JSON.stringify(config.headers)).to.not.contain(emulator.issued[0]?.accessToken)
  })

  it('throws for resources of another attachment of the instance, until that is detached', async () => {
    const instance = axios.create({ baseURL: emulator.api })
    const { provider, credentials } = emulator
    const { detach } = attachBearer(instance, { provider, credentials })
    expect(() => attachBearer(instance, { provider, credentials })).to.throw(
      TypeError,
      /resources: expected URLs apart from those/,
    )
    detach()
    attachBearer(instance, { provider, credentials })
    expect((await instance.get('/messages/sms')).status).to.equal(200)
  })

  // Fault 145
  it('can be called for several APIs of an instance: each request gets the token of its API', async () => {
    const instance = axios.create({ baseURL: emulator.url })
    const seen = async (path: string): Promise<unknown> => {
      emulator.clearLog()
      const { config } = await instance.get(path, { validateStatus: null })
      expect(config.adapter).to.deep.equal(instance.defaults.adapter)
      return emulator.log.at(-1)?.token
    }
    const [one, other] = [await staticTokens(), await staticTokens()]
    await other.renew(await other.token())
    const { detach } = attachBearer(instance, one, { resources: [`${emulator.url}/v2/a`] })
    attachBearer(instance, other, { resources: [`${emulator.url}/v2/b`, `${emulator.url}/v2/c`] })
    expect(await seen('/v2/a/x')).to.equal('secret-2')
    expect(one.renewals).to.equal(1)
    expect(await seen('/v2/b/x')).to.equal('secret-3')
    expect(await seen('/v2/d')).to.equal(undefined)
    for (const resources of [`${emulator.url}/v2/c/d`, `${emulator.url}/v2`, `${emulator.url}/v2/a`])
      expect(() => attachBearer(instance, one, { resources: [resources] })).to.throw(TypeError, /resources: expected/)
    detach()
    expect(await seen('/v2/a/x')).to.equal(undefined)
    attachBearer(instance, one, { resources: [`${emulator.url}/v2/a`] })
    expect(await seen('/v2/a/x')).to.equal('secret-3')
  })

  // Fault 145
  it('for several APIs puts one token on a config that is reused', async () => {
    const instance = axios.create({ baseURL: emulator.api })
    const calls: unknown[] = []
    instance.defaults.adapter = (config) => {
      calls.push(config.headers.get('Authorization'))
      return Promise.resolve({ data: '', status: 200, statusText: '', headers: {}, config })
    }
    attachBearer(instance, await staticTokens(), { resources: [`${emulator.url}/a`] })
    attachBearer(instance, await staticTokens(), { resources: [`${emulator.url}/b`] })
    const { config } = await instance.get(`${emulator.url}/a`)
    await instance.request(config)
    expect(calls).to.deep.equal(['Bearer secret-1', 'Bearer secret-1'])
  })

  it('restores the instance when it is detached', async () => {
    const instance = axios.create({ baseURL: emulator.api })
    const before = { keys: Reflect.ownKeys(instance), defaults: { ...instance.defaults } }
    const { provider, credentials } = emulator
    attachBearer(instance, { provider, credentials }).detach()
    expect(Reflect.ownKeys(instance)).to.deep.equal(before.keys)
    expect(instance.defaults).to.deep.equal(before.defaults)
    expect(((await failureOf(instance.get('/messages/sms'))) as { status: number }).status).to.equal(401)
    expect(emulator.counts.token).to.equal(0)
  })

  it('completes requests in progress when it is detached', async () => {
    const instance = axios.create({ baseURL: emulator.api })
    const { provider, credentials } = emulator
    const { detach } = attachBearer(instance, { provider, credentials })
    const gate = deferred()
    emulator.next('token', { hold: gate.promise })
    const under = instance.get('/messages/sms')
    await emulator.arrived('token')
    detach()
    gate.resolve()
    expect((await under).status).to.equal(200)
  })

  it("limits the wait for a token by the request's timeout, with the error of axios", async () => {
    const instance = attached({ timeout: 30 })
    emulator.next('token', 'hang')
    const error = await failureOf(instance.get('/messages/sms'))
    if (!isAxiosError(error)) throw error
    expect(error.code).to.equal('ECONNABORTED')
    expect(error.message).to.equal('timeout of 30ms exceeded')
    const clarified = attached({ timeout: 30, transitional: { clarifyTimeoutError: true } })
    emulator.next('token', 'hang')
    expect(((await failureOf(clarified.get('/messages/sms'))) as { code: string }).code).to.equal('ETIMEDOUT')
    expect(emulator.counts.resource).to.equal(0)
  })

  it('ends the wait for a token as axios ends a cancelled request', async () => {
    const instance = attached()
    emulator.always('token', 'hang')
    const controller = new AbortController()
    const bySignal = failureOf(instance.get('/messages/sms', { signal: controller.signal }))
    const source = axios.CancelToken.source()
    const byToken = failureOf(instance.get('/messages/sms', { cancelToken: source.token }))
    await emulator.arrived('token')
    controller.abort()
    source.cancel('enough')
    expect(await bySignal).to.include({ code: 'ERR_CANCELED', message: 'canceled' })
    expect(await byToken).to.include({ code: 'ERR_CANCELED', message: 'enough' })
  })

  it('replays a stream when tokenflight.body makes it again', async () => {
    const instance = attached()
    await instance.get('/messages/sms')
    emulator.revokeAll()
    const text = JSON.stringify({ to: '+61412345678', body: 'x' })
    const body = (): Readable => Readable.from([text])
    const headers = { 'content-type': 'application/json' }
    const { status } = await instance.post('/messages/sms', body(), { headers, tokenflight: { body } })
    expect(status).to.equal(201)
    expect(emulator.log.slice(-1)[0]?.body).to.equal(text)
  })

  it('destroys the stream of a rejected response before the replay', async () => {
    const instance = attached({ responseType: 'stream' })
    await instance.get('/messages/sms').then(({ data }: { data: Readable }) => data.resume())
    emulator.revokeAll()
    const { data, status } = await instance.get<Readable>('/messages/sms')
    expect(status).to.equal(200)
    const text = (await data.toArray()).join('')
    expect(text).to.contain('EMPTY')
  })

  it('uses the base URL of the instance as API where the token source names none', async () => {
    const { provider, credentials } = emulator
    const manager = createTokenManager({ provider, credentials })
    const source = {
      peek: () => manager.peek(),
      token: () => manager.token(),
      renew: (...args: Parameters<typeof manager.renew>) => manager.renew(...args),
    }
    const instance = axios.create({ baseURL: emulator.api })
    attachBearer(instance, source)
    expect((await instance.get('/messages/sms')).status).to.equal(200)
    expect(() => attachBearer(axios.create(), source)).to.throw(TypeError, /resources: expected the URLs/)
  })

  it('never sends a token request through the instance', async () => {
    const instance = attached()
    const seen: string[] = []
    instance.interceptors.request.use((config) => (seen.push(config.url ?? ''), config))
    await instance.get('/messages/sms')
    expect(seen).to.deep.equal(['/messages/sms'])
  })

  it('throws a TypeError for a value that is no axios instance and for unknown options', () => {
    const { provider, credentials } = emulator
    const attach = attachBearer as (instance: unknown, options: unknown, more?: unknown) => unknown
    expect(() => attach({}, { provider, credentials })).to.throw(TypeError, /instance: expected an axios instance/)
    expect(() => attach(axios.create(), { provider, credentials, scopes: 'x' })).to.throw(
      TypeError,
      /scopes: expected no option of this name/,
    )
    expect(() => attach(axios.create(), { provider, credentials }, { resource: [] })).to.throw(
      TypeError,
      /resource: expected no option of this name/,
    )
    for (const options of [null, 'x', 7, ['x']])
      expect(() => attach(axios.create(), { provider, credentials }, options)).to.throw(
        TypeError,
        /options: expected an object, got/,
      )
    expect(() => attach(axios.create(), 7)).to.throw(TypeError, /tokens: expected a manager, another TokenSource/)
  })
})

// The axios at the floor of the peer range, as the newest.
describe('attachBearer(instance) with the oldest supported axios', () => {
  let floor: AxiosStatic
  before(async () => {
    floor = ((await import('axios-floor')) as unknown as { default: AxiosStatic }).default
  })
  it('attaches the token and replays after a 401', async () => {
    await using emulator = await startEmulator(telstraEmulator())
    const { provider, credentials } = emulator
    const instance = floor.create({ baseURL: emulator.api })
    attachBearer(instance, { provider, credentials })
    expect((await instance.get('/messages/sms')).status).to.equal(200)
    emulator.revokeAll()
    const answers = await Promise.all(Array.from({ length: 20 }, () => instance.get('/messages/sms')))
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
    expect(emulator.counts).to.include({ token: 2, resource: 41 })
  })
})
