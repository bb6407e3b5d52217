import { requestToken, fetchOf, type Contender } from '../contender.ts'

export const fetchFloor: Contender = {
  name: 'fetch, static header',
  client: 'fetch',
  floor: true,
  cannot: ['keep the token from other origins', 'get, renew or replace a token'],
  make: async (environment) => {
    const { access_token } = await requestToken(environment)
    const send = fetchOf(environment)
    const init = { headers: { Authorization: `Bearer ${access_token}` } }
    return { request: (url) => send(url, init) }
  },
}
