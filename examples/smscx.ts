// SMS.CX: the application in a raw Basic header, and a token that may do no more than it must.
import axios from 'axios'
import { attachBearer } from 'tokenflight/axios'
import { smscx } from 'tokenflight/providers'
import { smscxEmulator, startEmulator } from 'tokenflight/testing'
import { settings } from './support/settings.ts'

const real = settings({ applicationId: 'SMSCX_APPLICATION_ID', applicationSecret: 'SMSCX_APPLICATION_SECRET' })
await using emulator = await startEmulator(smscxEmulator())
const provider = real ? smscx : emulator.provider
const credentials = real ?? emulator.credentials

const api = axios.create({ baseURL: provider.api })
const { tokens } = attachBearer(api, { provider, credentials, scope: 'sms reports' })

console.log('Balance:', (await api.get<unknown>('/account/balance')).data)
console.log('Granted:', (await tokens.token()).scope)
