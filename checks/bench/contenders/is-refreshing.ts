// The pattern of many blog posts: a flag, a queue, and a second interceptor.
import axios, { isAxiosError, type InternalAxiosRequestConfig } from 'axios'
import { requestToken, axiosDefaults, type Contender } from '../contender.ts'

type Config = InternalAxiosRequestConfig & { _retry?: boolean }

interface Waiting {
  readonly resolve: (token: string) => void
  readonly reject: (error: unknown) => void
}

export const isRefreshingQueue: Contender = {
  name: 'isRefreshing + queue',
  client: 'axios',
  cannot: [
    'keep the token from other origins',
    'get a token before a 401',
    'renew before expiry',
    'tell a token already replaced from the current one',
  ],
  make: (environment) => {
    const instance = axios.create(axiosDefaults(environment))
    let token: string | undefined
    let isRefreshing = false
    let failedQueue: Waiting[] = []
    const processQueue = (settle: (waiting: Waiting) => void): void => {
      failedQueue.forEach(settle)
      failedQueue = []
    }
    instance.interceptors.request.use((config) => {
      if (token !== undefined) config.headers.Authorization = `Bearer ${token}`
      return config
    })
    instance.interceptors.response.use(undefined, async (error: unknown) => {
      if (!isAxiosError(error) || error.response?.status !== 401 || !error.config) throw error
      const original: Config = error.config
      if (original._retry) throw error
      original._retry = true
      if (isRefreshing) {
        await new Promise((resolve, reject) => failedQueue.push({ resolve, reject }))
        return instance(original)
      }
      isRefreshing = true
      try {
        const next = (await requestToken(environment)).access_token
        token = next
        processQueue(({ resolve }) => {
          resolve(next)
        })
      } catch (failure) {
        processQueue(({ reject }) => {
          reject(failure)
        })
        throw failure
      } finally {
        isRefreshing = false
      }
      return instance(original)
    })
    return { request: (url) => instance.get<unknown>(url) }
  },
}
