// The least that waits for a token: a promise that all share. What it costs, waiting costs.
import axios from 'axios'
import { askToken, axiosDefaults, fetchOf, type Contender, type Issued, type Stage } from '../contender.ts'

const cannot = [
  'keep the token from other origins',
  'answer a 401',
  'renew before expiry',
  'get over a failure: it never asks again',
]

/** The header, for all who ask. */
function asking(stage: Stage): () => Promise<string> {
  let asked: Promise<Issued> | undefined
  return async () => `Bearer ${(await (asked ??= askToken(stage))).access_token}`
}

export const onePromiseAxios: Contender = {
  name: 'axios, one promise',
  client: 'axios',
  yardstick: true,
  cannot,
  make: (stage) => {
    const instance = axios.create(axiosDefaults(stage))
    const bearer = asking(stage)
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
  make: (stage) => {
    const send = fetchOf(stage)
    const bearer = asking(stage)
    return { request: async (url) => send(url, { headers: { Authorization: await bearer() } }) }
  },
}
