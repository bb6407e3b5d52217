// Failing requests with one signal: the heap does not grow, and no listener is left on the signal.
import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import axios, { AxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { type ApplicationTokenManager, createTokenManager } from '../../lib/index.ts'

const API = 'http://127.0.0.1:1'
/** The number of concurrent requests. */
const AT_ONCE = 100
/** The tolerance for the size of the heap, which differs between collections. */
const TOLERANCE = 4 * 2 ** 20

type Call = (signal: AbortSignal) => Promise<unknown>

/** Clients whose requests fail: the API is unreachable or rejects each token, or no token can be obtained. */
function clients(): Readonly<Record<string, Call>> {
  const options = { resources: [API] }
  const good = (): ApplicationTokenManager => {
    let count = 0
    return createTokenManager({ ...options, getToken: () => `token-${String((count += 1))}` })
  }
  const none = (): ApplicationTokenManager =>
    createTokenManager({ ...options, getToken: () => Promise.reject(new Error('no token')) })
  const unreachable: typeof fetch = () => Promise.reject(new TypeError('fetch failed'))
  const refusing: typeof fetch = () => Promise.resolve(new Response('no', { status: 401 }))
  const over = (answer: (config: InternalAxiosRequestConfig) => unknown, tokens = good()): Call => {
    const instance: AxiosInstance = axios.create({ adapter: (config) => Promise.resolve(answer(config)) as never })
    attachBearer(instance, tokens)
    return (signal) => instance.post(API, { a: 1 }, { signal, timeout: 10_000 })
  }
  const through = (underlying: typeof fetch, tokens = good()): Call => {
    const wrapped = wrapFetch(underlying, tokens)
    return async (signal) => {
      const { ok } = await wrapped(API, { method: 'POST', body: 'a', signal })
      if (!ok) throw new Error('refused')
    }
  }
  const fail = (config: InternalAxiosRequestConfig): never => {
    throw new AxiosError('unreachable', 'ECONNREFUSED', config)
  }
  const refuse = (config: InternalAxiosRequestConfig): never => {
    const response = { status: 401, statusText: '', headers: {}, config, data: 'no' }
    throw new AxiosError('refused', 'ERR_BAD_REQUEST', config, undefined, response)
  }
  return {
    'axios, unreachable': over(fail),
    'axios, refused': over(refuse),
    'axios, no token': over(fail, none()),
    'fetch, unreachable': through(unreachable),
    'fetch, refused': through(refusing),
    'fetch, no token': through(unreachable, none()),
  }
}

function collect(): number {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  for (let time = 0; time < 3; time += 1) gc()
  return process.memoryUsage().heapUsed
}

/** Returns whether heap and listeners are as before. */
export async function runFailures(count: number): Promise<boolean> {
  const warnings: string[] = []
  process.on('warning', ({ message }) => warnings.push(message))
  const controller = new AbortController()
  const calls = Object.entries(clients())
  const run = async (requests: number, [name, call]: readonly [string, Call]): Promise<void> => {
    for (let done = 0; done < requests; done += AT_ONCE) {
      const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => call(controller.signal)))
      if (outcomes.some(({ status }) => status === 'fulfilled')) throw new Error(`${name}: a request succeeded`)
    }
  }
  const each = Math.ceil(count / calls.length)
  for (const client of calls) await run(each / 10, client)
  const before = collect()
  for (const client of calls) await run(each, client)
  const grown = collect() - before
  const listeners = getEventListeners(controller.signal, 'abort').length
  console.log(
    `${String(each * calls.length)} failing requests: heap ${(before / 2 ** 20).toFixed(1)} MiB, grown by ` +
      `${(grown / 1024).toFixed(0)} KiB; ${String(listeners)} listeners left; ${String(warnings.length)} warnings`,
  )
  for (const warning of warnings) console.log(`  ${warning}`)
  return grown < TOLERANCE && listeners === 0 && warnings.length === 0
}
