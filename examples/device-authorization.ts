// A command line that asks a person to log in elsewhere: it prints a link and a code, and goes on when they have agreed.
import { createTokenManager } from 'tokenflight'
import { wrapFetch } from 'tokenflight/fetch'
import { deviceAuthorization, oauth2 } from 'tokenflight/providers'
import { oauth2Emulator, startEmulator } from 'tokenflight/testing'
import { settings } from './support/settings.ts'

const real = settings({
  tokenEndpoint: 'OAUTH2_TOKEN_ENDPOINT',
  deviceAuthorizationEndpoint: 'OAUTH2_DEVICE_AUTHORIZATION_ENDPOINT',
  api: 'OAUTH2_API',
  clientId: 'OAUTH2_CLIENT_ID',
})
await using emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }))
emulator.switches.deviceInterval = 0.01

const provider = oauth2({
  tokenEndpoint: real?.tokenEndpoint ?? `${emulator.url}/token`,
  deviceAuthorizationEndpoint: real?.deviceAuthorizationEndpoint ?? `${emulator.url}/device_authorization`,
  clientAuthentication: 'none',
  grants: ['device_code'],
  api: real?.api ?? emulator.api,
})
const credentials = { clientId: real?.clientId ?? emulator.credentials.clientId }
const tokens = createTokenManager({ provider, credentials })
const apiFetch = wrapFetch(fetch, tokens)

const device = await deviceAuthorization(tokens)
console.log('Open %s and enter %s', device.verificationUri, device.userCode)
if (!real) emulator.actions.approveDevice(device.userCode) // the person agrees
await device.token()

const response = await apiFetch(real?.api ?? `${emulator.api}/scoped/read`)
console.log('Status', response.status)
