// All contenders; the floor of each client comes first.
import type { Contender } from './contender.ts'
import { axiosAuthRefresh } from './contenders/axios-auth-refresh.ts'
import { axiosFloor } from './contenders/axios-floor.ts'
import { axiosJwt } from './contenders/axios-jwt.ts'
import { axiosTokenInterceptor } from './contenders/axios-token-interceptor.ts'
import { azure } from './contenders/azure.ts'
import { badgateway } from './contenders/badgateway.ts'
import { fetchFloor } from './contenders/fetch-floor.ts'
import { googleAuthLibrary } from './contenders/google-auth-library.ts'
import { isRefreshingQueue } from './contenders/is-refreshing.ts'
import { kyHooks } from './contenders/ky.ts'
import { onePromiseAxios, onePromiseFetch } from './contenders/one-promise.ts'
import { refreshFetch } from './contenders/refresh-fetch.ts'
import { tokenflightAxios, tokenflightFetch } from './contenders/tokenflight.ts'

export const CONTENDERS: readonly Contender[] = [
  axiosFloor,
  tokenflightAxios,
  axiosAuthRefresh,
  axiosJwt,
  axiosTokenInterceptor,
  isRefreshingQueue,
  onePromiseAxios,
  fetchFloor,
  tokenflightFetch,
  badgateway,
  azure,
  googleAuthLibrary,
  refreshFetch,
  kyHooks,
  onePromiseFetch,
]

export function floorOf(client: Contender['client']): Contender {
  return client === 'axios' ? axiosFloor : fetchFloor
}
