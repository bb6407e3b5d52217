import { requestToken, fetchOf, load, type Contender } from '../contender.ts'

interface RefreshFetch {
  readonly configureRefreshFetch: (options: {
    readonly fetch: typeof fetch
    readonly shouldRefreshToken: (error: unknown) => boolean
    readonly refreshToken: () => Promise<void>
  }) => typeof fetch
}

class Unauthorized extends Error {}

export const refreshFetch: Contender = {
  name: 'refresh-fetch',
  client: 'fetch',
  package: 'refresh-fetch',
  cannot: [
    'keep the token from other origins',
    'get a token before a 401',
    'renew before expiry',
    'tell a token already replaced from the current one',
  ],
  make: async (environment) => {
    const { configureRefreshFetch } = await load<RefreshFetch>('refresh-fetch')
    const send = fetchOf(environment)
    let bearer = ''
    const request = configureRefreshFetch({
      fetch: async (input, init) => {
        const response = await send(input, bearer ? { ...init, headers: { Authorization: bearer } } : init)
        if (response.status !== 401) return response
        await response.arrayBuffer()
        throw new Unauthorized()
      },
      shouldRefreshToken: (error) => error instanceof Unauthorized,
      refreshToken: async () => {
        bearer = `Bearer ${(await requestToken(environment)).access_token}`
      },
    })
    return { request: (url) => request(url) }
  },
}
