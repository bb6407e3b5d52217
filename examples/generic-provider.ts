// A server that nobody listed: a few fields make its provider, and the credentials it needs follow from them.
import { createTokenManager, ReauthenticationRequiredError } from 'tokenflight'
import { wrapFetch } from 'tokenflight/fetch'
import { oauth2 } from 'tokenflight/providers'
import { oauth2Emulator, startEmulator } from 'tokenflight/testing'
import { settings } from './support/settings.ts'

const real = settings({
  tokenEndpoint: 'OAUTH2_TOKEN_ENDPOINT',
  api: 'OAUTH2_API',
  clientId: 'OAUTH2_CLIENT_ID',
  clientSecret: 'OAUTH2_CLIENT_SECRET',
})
await using emulator = await startEmulator(oauth2Emulator())
const { clientId, clientSecret } = real ?? emulator.credentials

const provider = oauth2({
  tokenEndpoint: real?.tokenEndpoint ?? `${emulator.url}/token`,
  clientAuthentication: 'client_secret_basic',
  api: real?.api ?? emulator.api,
})
const tokens = createTokenManager({ provider, credentials: { clientId, clientSecret } })
const apiFetch = wrapFetch(fetch, tokens)

try {
  const response = await apiFetch(real?.api ?? `${emulator.api}/scoped/read`)
  console.log('Status', response.status)
} catch (error) {
  if (!(error instanceof ReauthenticationRequiredError)) throw error
  console.log('Somebody must see to the credentials:', error.message)
}
