import axios, { type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { requestToken, axiosDefaults, load, type Contender } from '../contender.ts'

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
  make: async (environment) => {
    const { createAuthRefresh } = await load<AuthRefresh>('axios-auth-refresh')
    const instance = axios.create(axiosDefaults(environment))
    let bearer: string | undefined
    instance.interceptors.request.use((config) => {
      if (bearer !== undefined) config.headers.Authorization = bearer
      return config
    })
    const refresh = async ({ response }: Failed): Promise<void> => {
      bearer = `Bearer ${(await requestToken(environment)).access_token}`
      response.config.headers.Authorization = bearer
    }
    // The default fails other requests refused during a refresh.
    createAuthRefresh(instance, refresh, { deduplicateRefresh: false })
    return { request: (url) => instance.get<unknown>(url) }
  },
}
