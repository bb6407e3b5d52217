// The least code that waits for a token: one shared promise. Shows the cost of waiting.
import axios from 'axios'
import {
  requestToken,
  axiosDefaults,
  fetchOf,
  type Contender,
  type IssuedToken,
  type Environment,
} from '../contender.ts'

const cannot = [
  'keep the token from other origins',
  'answer a 401',
  'renew before expiry',
  'get over a failure: it never asks again',
]

/** Returns the header; all callers share one token request. */
function sharedToken(environment: Environment): () => Promise<string> {
  let token: Promise<IssuedToken> | undefined
  return async () => `Bearer ${(await (token ??= requestToken(environment))).access_token}`
}

export const onePromiseAxios: Contender = {
  name: 'axios, one promise',
  client: 'axios',
  yardstick: true,
  cannot,
  make: (environment) => {
    const instance = axios.create(axiosDefaults(environment))
    const bearer = sharedToken(environment)
    instance.interceptors.request.use(async (config) => {
      config.headers.Authorization = await bearer()
      return config
    })
    return { request: (url) => instance.get<unknown>(url) }
  },
}

export const onePromiseFetch: Contender = {
  name: 'fetch, one promise',
  client: 'fetch',
  yardstick: true,
  cannot,
  make: (environment) => {
    const send = fetchOf(environment)
    const bearer = sharedToken(environment)
    return { request: async (url) => send(url, { headers: { Authorization: await bearer() } }) }
  },
}
