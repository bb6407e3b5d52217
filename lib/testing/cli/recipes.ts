// The systems by the names that `npm run emulate` knows, each with a request for a token and one for a resource.
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator.ts'
import type { System } from '../system.ts'
import { knetikcloudEmulator } from '../systems/knetikcloud.ts'
import {
  netsapiensEmulator,
  netsapiensJwtEmulator,
  netsapiensLegacyEmulator,
} from '../systems/netsapiens/netsapiens.ts'
import { oauth2Emulator } from '../systems/oauth2/oauth2.ts'
import { phonecomEmulator } from '../systems/phonecom/phonecom.ts'
import { smscxEmulator } from '../systems/smscx.ts'
import { telstraEmulator, telstraV3Emulator } from '../systems/telstra.ts'
import { curlForm, curlGet, curlJson, quoted } from './curl.ts'

/** A running system, and shell commands that use it. */
export interface RunningSystem {
  readonly emulator: Emulator<System>
  readonly title: string
  readonly credentials: object
  /** A command that requests a token. */
  readonly token: string
  /** A command that requests a resource, with a token already issued. */
  readonly resource: string
}

type Start = (options: EmulatorOptions) => Promise<RunningSystem>

export const RECIPES: Readonly<Record<string, Start>> = {
  telstra: async (options) => {
    const emulator = await startEmulator(telstraEmulator(), options)
    const { api, credentials } = emulator
    return {
      ...running(emulator),
      token: curlForm(`${api}/oauth/token`, { ...client(credentials), scope: 'NSMS' }),
      resource: curlGet(`${api}/messages/provisioning/subscriptions`, emulator.issue().accessToken),
    }
  },
  'telstra-v3': async (options) => {
    const emulator = await startEmulator(telstraV3Emulator(), options)
    const { api, url, credentials } = emulator
    const headers = {
      Accept: 'application/json',
      'Accept-Charset': 'utf-8',
      'Content-Language': 'en-au',
      'Telstra-api-version': '3.x',
    }
    return {
      ...running(emulator),
      token: curlForm(`${url}/v2/oauth/token`, client(credentials)),
      resource: curlGet(`${api}/messages`, emulator.issue().accessToken, headers),
    }
  },
  netsapiens: async (options) => {
    const emulator = await startEmulator(netsapiensEmulator(), options)
    return {
      ...running(emulator),
      token: curlJson(`${emulator.api}/tokens`, login(emulator.credentials)),
      ...me(emulator),
    }
  },
  'netsapiens-jwt': async (options) => {
    const emulator = await startEmulator(netsapiensJwtEmulator(), options)
    return {
      ...running(emulator),
      token: curlJson(`${emulator.api}/jwt`, login(emulator.credentials)),
      ...me(emulator),
    }
  },
  'netsapiens-legacy': async (options) => {
    const emulator = await startEmulator(netsapiensLegacyEmulator(), options)
    const token = curlForm(`${emulator.url}/ns-api/oauth2/token/`, login(emulator.credentials))
    return { ...running(emulator), token, ...me(emulator) }
  },
  knetikcloud: async (options) => {
    const emulator = await startEmulator(knetikcloudEmulator(), options)
    const { username, password } = emulator.grants.password
    return {
      ...running(emulator),
      token: curlForm(`${emulator.api}/oauth/token`, {
        grant_type: 'password',
        client_id: 'knetik',
        username,
        password,
      }),
      resource: curlGet(`${emulator.api}/me`, emulator.issue().accessToken),
    }
  },
  phonecom: async (options) => {
    const emulator = await startEmulator(phonecomEmulator(), options)
    return {
      ...running(emulator),
      token: curlJson(`${emulator.api}/oauth/access-token`, client(emulator.credentials)),
      resource: curlGet(`${emulator.api}/accounts`, emulator.issue().accessToken),
    }
  },
  smscx: async (options) => {
    const emulator = await startEmulator(smscxEmulator(), options)
    const { applicationId, applicationSecret } = emulator.credentials
    const user = `-u ${quoted(`${applicationId}:${applicationSecret}`)}`
    return {
      ...running(emulator),
      token: curlForm(`${emulator.api}/oauth/token`, { grant_type: 'client_credentials', scope: 'sms groups' }, user),
      resource: curlGet(`${emulator.api}/account/balance`, emulator.issue().accessToken),
    }
  },
  oauth2: async (options) => {
    const emulator = await startEmulator(oauth2Emulator(), options)
    const { clientId, clientSecret } = emulator.credentials
    // RFC 6749, 2.3.1: each half is form-encoded first.
    const user = new URLSearchParams([[clientId, clientSecret]]).toString().replace('=', ':')
    return {
      ...running(emulator),
      token: curlForm(`${emulator.url}/token`, { grant_type: 'client_credentials' }, `-u ${quoted(user)}`),
      resource: curlGet(`${emulator.api}/scoped/read`, emulator.issue().accessToken),
    }
  },
}

function running(emulator: Emulator<System & { readonly provider: { readonly title: string } }>) {
  return { emulator, title: emulator.provider.title, credentials: emulator.grants }
}

function client({ clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string }) {
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
}

function login(credentials: Readonly<Record<'clientId' | 'clientSecret' | 'username' | 'password', string>>) {
  const { clientId, clientSecret, username, password } = credentials
  return { grant_type: 'password', client_id: clientId, client_secret: clientSecret, username, password }
}

function me(emulator: Emulator<System>) {
  return { resource: curlGet(`${emulator.api}/domains/~/users/~`, emulator.issue().accessToken) }
}
