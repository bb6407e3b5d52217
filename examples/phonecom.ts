// Phone.com: a person agrees in the browser, the code is exchanged, the token inspected and, in the end, revoked.
import { createInterface } from 'node:readline/promises'
import { createTokenManager } from 'tokenflight'
import { wrapFetch } from 'tokenflight/fetch'
import { phonecom } from 'tokenflight/providers'
import { phonecomEmulator, startEmulator } from 'tokenflight/testing'
import { settings } from './support/settings.ts'

const real = settings({
  clientId: 'PHONECOM_CLIENT_ID',
  clientSecret: 'PHONECOM_CLIENT_SECRET',
  redirectUri: 'PHONECOM_REDIRECT_URI',
})
await using emulator = await startEmulator(phonecomEmulator())

const tokens = createTokenManager({
  provider: real ? phonecom : emulator.provider,
  grant: 'authorization_code',
  credentials: real ?? emulator.grants.authorization_code,
  scope: 'account-owner',
})

/** Where the person comes back to. */
async function consent(url: string): Promise<string> {
  if (!real) return (await fetch(url, { redirect: 'manual' })).headers.get('location') ?? ''
  const terminal = createInterface(process.stdin, process.stdout)
  const callback = await terminal.question(`Open ${url}\nand paste the address you are sent back to: `)
  terminal.close()
  return callback
}

const { url } = await tokens.authorizationUrl()
await tokens.exchangeCallback(await consent(url))
const apiFetch = wrapFetch(fetch, tokens)
const accounts = (await (await apiFetch(`${tokens.resourceServer.resources[0] ?? ''}/accounts`)).json()) as {
  total: number
}
console.log(`${String(accounts.total)} account`)
console.log('The token:', await tokens.inspect({ view: 'details' }))
if (!real) await tokens.revoke()
