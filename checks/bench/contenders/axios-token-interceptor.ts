import axios, { type InternalAxiosRequestConfig } from 'axios'
import { requestToken, axiosDefaults, load, type Contender, type IssuedToken } from '../contender.ts'

type GetToken = () => Promise<IssuedToken>

interface TokenInterceptor {
  readonly default: {
    (options: {
      readonly getToken: GetToken
      readonly headerFormatter: (token: IssuedToken) => string
    }): (config: InternalAxiosRequestConfig) => Promise<InternalAxiosRequestConfig>
    readonly tokenCache: (ask: GetToken, options: { readonly getMaxAge: (token: IssuedToken) => number }) => GetToken
  }
}

export const axiosTokenInterceptor: Contender = {
  name: 'axios-token-interceptor',
  client: 'axios',
  package: 'axios-token-interceptor',
  cannot: [
    'keep the token from other origins',
    'answer a 401',
    'share a failure: each waiter asks again, one after the other',
  ],
  make: async (environment) => {
    const { default: interceptor } = await load<TokenInterceptor>('axios-token-interceptor')
    const instance = axios.create(axiosDefaults(environment))
    const getToken = interceptor.tokenCache(() => requestToken(environment), {
      getMaxAge: ({ expires_in }) => expires_in * 1_000,
    })
    const headerFormatter = ({ access_token }: IssuedToken): string => `Bearer ${access_token}`
    instance.interceptors.request.use(interceptor({ getToken, headerFormatter }))
    return { request: (url) => instance.get<unknown>(url) }
  },
}
