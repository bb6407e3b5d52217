import axios, { type InternalAxiosRequestConfig } from 'axios'
import { askToken, axiosDefaults, load, type Contender, type Issued } from '../contender.ts'

type GetToken = () => Promise<Issued>

interface TokenInterceptor {
  readonly default: {
    (options: {
      readonly getToken: GetToken
      readonly headerFormatter: (token: Issued) => string
    }): (config: InternalAxiosRequestConfig) => Promise<InternalAxiosRequestConfig>
    readonly tokenCache: (ask: GetToken, options: { readonly getMaxAge: (token: Issued) => number }) => GetToken
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
  make: async (stage) => {
    const { default: interceptor } = await load<TokenInterceptor>('axios-token-interceptor')
    const instance = axios.create(axiosDefaults(stage))
    const getToken = interceptor.tokenCache(() => askToken(stage), {
      getMaxAge: ({ expires_in }) => expires_in * 1_000,
    })
    const headerFormatter = ({ access_token }: Issued): string => `Bearer ${access_token}`
    instance.interceptors.request.use(interceptor({ getToken, headerFormatter }))
    return { request: (url) => instance.get<unknown>(url) }
  },
}
