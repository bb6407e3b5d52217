import axios, { type AxiosInstance } from 'axios'
import { requestToken, axiosDefaults, load, type Contender } from '../contender.ts'

interface Storage {
  readonly set: (key: string, value: string) => void
  readonly get: (key: string) => string | null
  readonly remove: (key: string) => void
}

interface AxiosJwt {
  readonly applyStorage: (storage: Storage) => void
  readonly setAuthTokens: (tokens: { accessToken: string; refreshToken: string }) => Promise<void>
  readonly applyAuthTokenInterceptor: (
    instance: AxiosInstance,
    options: { readonly requestRefresh: (refreshToken: string) => Promise<string> },
  ) => void
}

const EXPIRED = `${btoa('{"alg":"none"}')}.${btoa('{"exp":1}')}.${btoa('none')}`.replaceAll('=', '')

export const axiosJwt: Contender = {
  name: 'axios-jwt',
  client: 'axios',
  package: 'axios-jwt',
  cannot: [
    'keep the token from other origins',
    'answer a 401',
    'use a token that is no JWT',
    'hold two sessions in one process',
    'work without a refresh token',
  ],
  make: async (environment) => {
    const { applyAuthTokenInterceptor, applyStorage, setAuthTokens } = await load<AxiosJwt>('axios-jwt')
    const kept = new Map<string, string>()
    applyStorage({
      set: (key, value) => void kept.set(key, value),
      get: (key) => kept.get(key) ?? null,
      remove: (key) => void kept.delete(key),
    })
    await setAuthTokens({ accessToken: EXPIRED, refreshToken: 'refresh' })
    const instance = axios.create(axiosDefaults(environment))
    applyAuthTokenInterceptor(instance, { requestRefresh: async () => (await requestToken(environment)).access_token })
    return { request: (url) => instance.get<unknown>(url) }
  },
}
