// Signals of other implementations than the platform's, and signals of many calls.
import { getEventListeners } from 'node:events'
import axios, { isCancel } from 'axios'
import { expect } from 'chai'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenSource } from '../../lib/index.ts'
import { startEmulator, telstraEmulator } from '../../lib/testing.ts'
import { raceAbort } from '../../lib/util/abort.ts'
import { failureOf } from '../support/failure.ts'
import { ForeignController, SignalWithoutReason } from '../support/foreign-signals.ts'
import { realNetwork } from '../support/real-network.ts'
import { setup } from '../support/managers.ts'
import { staticTokens } from '../support/static-tokens.ts'

const never = new Promise<never>(() => undefined)
const site = { resources: ['https://api.example'] }
const STREAM = { method: 'POST', duplex: 'half' }

describe('A signal without a reason', () => {
  const abortError = (error: unknown): void => {
    expect(error).to.be.instanceOf(Error).and.to.have.property('name', 'AbortError')
  }

  // Fault 133
  it('rejects raceAbort() with an AbortError, aborted before or during it', async () => {
    const signal = new SignalWithoutReason()
    const raced = failureOf(raceAbort(never, signal))
    signal.abort()
    abortError(await raced)
    abortError(await failureOf(raceAbort(never, signal)))
  })

  // Fault 133
  it('rejects token() with an AbortError, aborted before or during the wait', async () => {
    const { tokens } = setup()
    const signal = new SignalWithoutReason()
    const waiting = failureOf(tokens.token({ signal }))
    signal.abort()
    abortError(await waiting)
    abortError(await failureOf(tokens.token({ signal })))
  })

  // Fault 133
  it('rejects a wrapped fetch that waits for a token with an AbortError', async () => {
    const signal = new SignalWithoutReason()
    const wrapped = wrapFetch(() => never, await staticTokens({ site, until: never }))
    const body = new ReadableStream()
    for (const init of [{}, { method: 'POST', body, duplex: 'half' }]) {
      const call = failureOf(wrapped('https://api.example', { ...init, signal }))
      queueMicrotask(() => {
        signal.abort()
      })
      abortError(await call)
      signal.aborted = false
    }
  })

  // Fault 133
  it('rejects an axios request that waits for a token as cancelled', async () => {
    const signal = new SignalWithoutReason()
    const instance = axios.create()
    attachBearer(instance, await staticTokens({ site, until: never }))
    const call = failureOf(instance.get('https://api.example', { signal }))
    signal.abort()
    expect(isCancel(await call)).to.equal(true)
  })
})

describe('An AbortController that the global fetch rejects', () => {
  realNetwork()
  for (const name of ['fetch', 'axios']) {
    // Fault 135
    it(`does not prevent token requests of ${name}`, async () => {
      const { AbortController, AbortSignal, Request, fetch } = globalThis
      const emulator = await startEmulator(telstraEmulator())
      const { provider, credentials, api } = emulator
      // As in Node 26; Node 20 takes any object that is like a signal.
      globalThis.Request = class extends Request {
        constructor(input: string | URL | Request, init?: RequestInit) {
          if (init?.signal && !(init.signal instanceof AbortSignal)) throw new TypeError('not an AbortSignal')
          super(input, init)
        }
      }
      globalThis.fetch = async (input, init) => fetch(new globalThis.Request(input, init))
      globalThis.AbortController = ForeignController
      try {
        expect(await failureOf(globalThis.fetch(api, { signal: new ForeignController().signal }))).to.be.instanceOf(
          TypeError,
        )
        const options = { provider, credentials }
        if (name === 'fetch') await createTokenManager(options).token()
        else {
          const instance = axios.create({ baseURL: api })
          attachBearer(instance, options)
          await instance.get('/messages/sms')
        }
        expect(emulator.counts.token).to.equal(1)
      } finally {
        Object.assign(globalThis, { AbortController, Request, fetch })
        await emulator.close()
      }
    })
  }
})

describe('A signal shared by 400 requests that wait for a token', () => {
  realNetwork()

  const callers = {
    'wrapped fetch': (tokens: TokenSource) => {
      const wrapped = wrapFetch(() => never, tokens)
      return (signal: AbortSignal) => wrapped('https://api.example', { signal })
    },
    'wrapped fetch with a stream': (tokens: TokenSource) => {
      const wrapped = wrapFetch(() => never, tokens)
      return (signal: AbortSignal) => wrapped('https://api.example', { ...STREAM, body: new ReadableStream(), signal })
    },
    axios: (tokens: TokenSource) => {
      const instance = axios.create({ adapter: () => never })
      attachBearer(instance, tokens)
      return (signal: AbortSignal) => instance.get('https://api.example', { signal })
    },
  }
  for (const [name, callerOf] of Object.entries(callers))
    // Fault 136
    it(`of ${name} has one listener, aborts all of them, and keeps no listener`, async () => {
      const tokens = createTokenManager({ ...site, getToken: () => never })
      const call = callerOf(tokens)
      const controller = new AbortController()
      const calls = Array.from({ length: 400 }, () => failureOf(call(controller.signal)))
      await new Promise(setImmediate)
      expect(getEventListeners(controller.signal, 'abort')).to.have.length(1)
      controller.abort()
      for (const error of await Promise.all(calls))
        expect(['AbortError', 'CanceledError']).to.include((error as Error).name)
      expect(getEventListeners(controller.signal, 'abort')).to.have.length(0)
    })
})
