// Beside axios-retry, in either order: it retries what the network or the server failed, tokenflight answers the 401.
import axios from 'axios'
import axiosRetry from 'axios-retry'
import { attachBearer } from 'tokenflight/axios'
import { startEmulator, telstraEmulator } from 'tokenflight/testing'

await using emulator = await startEmulator(telstraEmulator())
const { provider, credentials, api: baseURL } = emulator

const api = axios.create({ baseURL })
axiosRetry(api, { retries: 2 })
attachBearer(api, { provider, credentials })

emulator.next('resource', [{ status: 503 }, { status: 401 }])
const { status } = await api.get('/messages/sms')
const { token, resource } = emulator.counts
console.log(
  `Status ${String(status)} after a 503 and a 401: ${String(resource)} requests, ${String(token)} token requests`,
)
