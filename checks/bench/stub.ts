// An API without a network, which responds at once. While strict it refuses requests without a token: a contender must prove that it
// attaches one before it is measured.
import { AxiosError, AxiosHeaders, type AxiosAdapter, type AxiosResponse } from 'axios'

export class Stub {
  strict = true
  /** Requests with a token, and without one, while strict. */
  accepted = 0
  rejected = 0
  readonly adapter: AxiosAdapter
  readonly fetch: typeof fetch

  /** `buildsRequest`: the fetch constructs a `Request`, like real ones. */
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
      if (!this.strict || this.checkToken(config.headers.get('Authorization'))) return Promise.resolve(response)
      return Promise.reject(
        new AxiosError('refused', AxiosError.ERR_BAD_REQUEST, config, null, { ...response, status: 401 }),
      )
    }
    this.fetch = (input, init) => {
      if (this.strict && !this.checkToken(new Request(input, init).headers.get('authorization')))
        return Promise.resolve(new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer' } }))
      if (buildsRequest) new Request(input, init)
      return Promise.resolve(new Response(null))
    }
  }

  /** Returns whether the request carries a token, and counts it. */
  checkToken(authorization: unknown): boolean {
    const good = typeof authorization === 'string' && /^Bearer .+/.test(authorization)
    if (good) this.accepted += 1
    else this.rejected += 1
    return good
  }
}
