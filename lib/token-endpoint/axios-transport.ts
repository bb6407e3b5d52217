// Sends token requests with a private axios instance. What sends them is loaded with the first: a manager whose tokens an application's
// function gives has none to send.
import axios, { type AxiosAdapter, type AxiosRequestConfig } from 'axios'
import { invalidOption } from '../errors.ts'
import { checkAll, type Checks, flag, object } from '../util/check-options.ts'
import { isObject } from '../util/objects.ts'
import type { TokenTransport } from './transport.ts'

/** The options of axios for its connection, and `withCredentials`, which sends the cookies of the page. @default those of axios */
export type AxiosTransportOptions = Pick<
  AxiosRequestConfig,
  'adapter' | 'httpAgent' | 'httpsAgent' | 'proxy' | 'withCredentials'
>

const CHECKS: Checks = {
  adapter: ['an adapter', () => true],
  httpAgent: object,
  httpsAgent: object,
  proxy: ['an object or false', (value) => value === false || isObject(value)],
  withCredentials: flag,
}

// xhr comes last: nothing keeps it from following a redirect, nor from reading an endless answer.
const ADAPTERS = ['http', 'fetch', 'xhr']

/**
 * Sends token requests with an axios instance of its own, which no interceptor and no default of the application reaches; axios-retry
 * runs the attempts.
 * @throws `TypeError` for an unknown option, and for an adapter that axios does not have on this platform
 */
export function axiosTransport(options: AxiosTransportOptions = {}): TokenTransport {
  checkAll(options, CHECKS)
  const connection = { ...options, adapter: adapterOf(options.adapter) }

  return async (conversation) => {
    const attempts = await import('./axios-attempts.ts').catch(() => undefined)
    // A script that cannot be loaded: the network, as for the request itself.
    return attempts ? attempts.makeAttempts(connection, conversation) : { failure: 'unreachable' }
  }
}

function adapterOf(adapter: AxiosRequestConfig['adapter'] = ADAPTERS): AxiosAdapter {
  try {
    return axios.getAdapter(adapter)
  } catch {
    throw invalidOption('adapter', 'an adapter that axios has on this platform', adapter)
  }
}
