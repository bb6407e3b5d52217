// NetSapiens: a password, a second factor asked for in the middle, a refresh that kills the old token while requests are under way.
import axios from 'axios'
import { createInterface } from 'node:readline/promises'
import { createTokenManager } from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { netsapiens } from 'tokenflight/providers'
import { netsapiensEmulator, startEmulator } from 'tokenflight/testing'
import { settings } from './support/settings.ts'

const real = settings({
  server: 'NETSAPIENS_SERVER',
  clientId: 'NETSAPIENS_CLIENT_ID',
  clientSecret: 'NETSAPIENS_CLIENT_SECRET',
  username: 'NETSAPIENS_USERNAME',
  password: 'NETSAPIENS_PASSWORD',
})
await using emulator = await startEmulator(netsapiensEmulator())
emulator.switches.mfa = true

async function onPrompt(): Promise<{ passcode: string }> {
  if (!real) return { passcode: emulator.actions.passcode() }
  const terminal = createInterface(process.stdin, process.stdout)
  const passcode = await terminal.question('Passcode: ')
  terminal.close()
  return { passcode }
}

const shared = { grant: 'password', onPrompt } as const
const tokens = real
  ? createTokenManager({ provider: netsapiens, credentials: real, ...shared })
  : createTokenManager({ provider: emulator.provider, credentials: emulator.credentials, ...shared })
const [baseURL = ''] = tokens.resourceServer.resources
const api = axios.create({ baseURL })
attachBearer(api, tokens)

// Ten requests wait for one login and one passcode.
const users = await Promise.all(Array.from({ length: 10 }, () => api.get<{ user: string }>('/domains/~/users/~')))
console.log(`${String(users.length)} answers, for user ${users[0]?.data.user ?? ''}`)
