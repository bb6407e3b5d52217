// Telstra Messaging v2: client credentials in a form, tokens of an hour, an ordinary axios instance.
import axios from 'axios'
import { attachBearer } from 'tokenflight/axios'
import { telstra } from 'tokenflight/providers'
import { startEmulator, telstraEmulator } from 'tokenflight/testing'
import { settings } from './support/settings.ts'

const real = settings({ clientId: 'TELSTRA_CLIENT_ID', clientSecret: 'TELSTRA_CLIENT_SECRET' })
await using emulator = await startEmulator(telstraEmulator())
const provider = real ? telstra : emulator.provider
const credentials = real ?? emulator.credentials

const api = axios.create({ baseURL: provider.api })
attachBearer(api, { provider, credentials })

const { data } = await api.get<unknown>('/messages/provisioning/subscriptions')
console.log('Subscription:', data)
