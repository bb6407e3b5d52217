import axios from 'axios'
import { createTokenManager, type TokenManager } from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { wrapFetch } from 'tokenflight/fetch'
import { oauth2 } from 'tokenflight/providers'
import { axiosDefaults, CLIENT, fetchOf, type Contender, type Environment } from '../contender.ts'

/** Uses the default transport: token requests go over the network even if API requests do not. */
function managerAt({ tokenEndpoint, api }: Environment): TokenManager {
  return createTokenManager({ provider: providerAt({ tokenEndpoint, api }), credentials: CLIENT })
}

function providerAt({ tokenEndpoint, api }: Environment): ReturnType<typeof oauth2> {
  return oauth2({ tokenEndpoint, api, clientAuthentication: 'client_secret_basic' })
}

export const tokenflightAxios: Contender = {
  name: 'tokenflight/axios',
  client: 'axios',
  package: 'tokenflight',
  ours: true,
  cannot: [],
  make: (environment) => {
    const instance = axios.create(axiosDefaults(environment))
    attachBearer(instance, { provider: providerAt(environment), credentials: CLIENT })
    return { request: (url) => instance.get<unknown>(url) }
  },
}

export const tokenflightFetch: Contender = {
  name: 'tokenflight/fetch',
  client: 'fetch',
  package: 'tokenflight',
  ours: true,
  cannot: [],
  make: (environment) => ({ request: wrapFetch(fetchOf(environment), managerAt(environment)) }),
}
