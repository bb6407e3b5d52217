// A wrapped fetch has the signature of fetch: it goes wherever a fetch is taken.
import { wrapFetch } from 'tokenflight/fetch'
import { startEmulator, telstraEmulator } from 'tokenflight/testing'

await using emulator = await startEmulator(telstraEmulator())
const { provider, credentials, api } = emulator

const apiFetch = wrapFetch(fetch, { provider, credentials })

const message = JSON.stringify({ to: '+61412345678', body: 'Hello' })
const request = new Request(`${api}/messages/sms`, {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: message,
})
const response = await apiFetch(request)
console.log(response.status, await response.json())
