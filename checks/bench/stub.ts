// An API without a network: answers at once. While it is strict it refuses what carries no token, so that a contender proves that it
// puts one on before its time counts.
import { AxiosError, AxiosHeaders, type AxiosAdapter, type AxiosResponse } from 'axios'

export class Stub {
  strict = true
  /** Requests with a token, and without, while strict. */
  welcome = 0
  refused = 0
  readonly adapter: AxiosAdapter
  readonly fetch: typeof fetch

  /** `buildsRequest`: as real ones do, its fetch makes a `Request` of what it is given. */
  constructor(buildsRequest: boolean) {
    this.adapter = (config) => {
      const response: AxiosResponse = {
        data: '',
        status: 200,
        statusText: 'OK',
        headers: new AxiosHeaders(),
        config,
        request: undefined,
      }
      if (!this.strict || this.judge(config.headers.get('Authorization'))) return Promise.resolve(response)
      return Promise.reject(
        new AxiosError('refused', AxiosError.ERR_BAD_REQUEST, config, null, { ...response, status: 401 }),
      )
    }
    this.fetch = (input, init) => {
      if (this.strict && !this.judge(new Request(input, init).headers.get('authorization')))
        return Promise.resolve(new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } }))
      if (buildsRequest) new Request(input, init)
      return Promise.resolve(new Response(null))
    }
  }

  /** Whether the request carries a token; while strict. */
  judge(authorization: unknown): boolean {
    const good = typeof authorization === 'string' && /^Bearer .+/.test(authorization)
    if (good) this.welcome += 1
    else this.refused += 1
    return good
  }
}
