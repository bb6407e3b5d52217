// The pattern of ky's documentation: attaches the token before a request, gets another after a 401.
import { requestToken, fetchOf, load, type Contender } from '../contender.ts'

type Ky = (input: string | Request) => Promise<Response>

interface KyModule {
  readonly default: Ky & { readonly create: (options: object) => Ky }
}

export const kyHooks: Contender = {
  name: 'ky, hooks',
  client: 'fetch',
  package: 'ky',
  cannot: [
    'keep the token from other origins',
    'share one renewal',
    'renew before expiry',
    'tell a token already replaced from the current one',
  ],
  make: async (environment) => {
    const { default: ky } = await load<KyModule>('ky')
    let bearer: string | undefined
    const bare = ky.create({ fetch: fetchOf(environment), retry: 0, throwHttpErrors: false, timeout: false })
    const client = ky.create({
      fetch: fetchOf(environment),
      retry: 0,
      throwHttpErrors: false,
      timeout: false,
      hooks: {
        beforeRequest: [
          (request: Request) => {
            if (bearer !== undefined) request.headers.set('Authorization', bearer)
          },
        ],
        afterResponse: [
          async (request: Request, _options: unknown, response: Response) => {
            if (response.status !== 401) return response
            bearer = `Bearer ${(await requestToken(environment)).access_token}`
            request.headers.set('Authorization', bearer)
            return bare(request)
          },
        ],
      },
    })
    return { request: (url) => client(url) }
  },
}
