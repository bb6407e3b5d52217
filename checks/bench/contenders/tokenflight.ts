import axios from 'axios'
import { createTokenManager, type TokenManager } from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { wrapFetch } from 'tokenflight/fetch'
import { oauth2 } from 'tokenflight/providers'
import { axiosDefaults, CLIENT, fetchOf, type Contender, type Stage } from '../contender.ts'

/** With the default transport of its own: requests of tokens are real where those of the API are not. */
function managerAt({ tokenEndpoint, api }: Stage): TokenManager {
  return createTokenManager({ provider: providerAt({ tokenEndpoint, api }), credentials: CLIENT })
}

function providerAt({ tokenEndpoint, api }: Stage): ReturnType<typeof oauth2> {
  return oauth2({ tokenEndpoint, api, clientAuthentication: 'client_secret_basic' })
}

export const tokenflightAxios: Contender = {
  name: 'tokenflight/axios',
  client: 'axios',
  package: 'tokenflight',
  ours: true,
  cannot: [],
  make: (stage) => {
    const instance = axios.create(axiosDefaults(stage))
    attachBearer(instance, { provider: providerAt(stage), credentials: CLIENT })
    return { request: (url) => instance.get<unknown>(url) }
  },
}

export const tokenflightFetch: Contender = {
  name: 'tokenflight/fetch',
  client: 'fetch',
  package: 'tokenflight',
  ours: true,
  cannot: [],
  make: (stage) => ({ request: wrapFetch(fetchOf(stage), managerAt(stage)) }),
}
