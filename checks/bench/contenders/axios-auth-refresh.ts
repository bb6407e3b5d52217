import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { askToken, axiosDefaults, load, type Contender } from '../contender.ts'

interface Failed {
  readonly response: { readonly config: InternalAxiosRequestConfig }
}

interface AuthRefresh {
  readonly createAuthRefresh: (
    instance: AxiosInstance,
    refresh: (failed: Failed) => Promise<void>,
    options: { readonly deduplicateRefresh: boolean },
  ) => number
}

export const axiosAuthRefresh: Contender = {
  name: 'axios-auth-refresh',
  client: 'axios',
  package: 'axios-auth-refresh',
  cannot: [
    'keep the token from other origins',
    'get a token before a 401',
    'renew before expiry',
    'tell a token already replaced from the current one',
  ],
  make: async (stage) => {
    const { createAuthRefresh } = await load<AuthRefresh>('axios-auth-refresh')
    const instance = axios.create(axiosDefaults(stage))
    let bearer: string | undefined
    instance.interceptors.request.use((config) => {
      if (bearer !== undefined) config.headers.Authorization = bearer
      return config
    })
    const refresh = async ({ response }: Failed): Promise<void> => {
      bearer = `Bearer ${(await askToken(stage)).access_token}`
      response.config.headers.Authorization = bearer
    }
    // By default it gives up the other requests that are refused meanwhile.
    createAuthRefresh(instance, refresh, { deduplicateRefresh: false })
    return { request: (url) => instance.get<unknown>(url) }
  },
}
