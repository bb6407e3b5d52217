// The bare token, for whatever is no HTTP client of ours: a websocket, an SDK, a script.
import { createTokenManager } from 'tokenflight'
import { startEmulator, telstraEmulator } from 'tokenflight/testing'

await using emulator = await startEmulator(telstraEmulator())
const { provider, credentials } = emulator
const tokens = createTokenManager({ provider, credentials })

/** Stands for an SDK that takes a token when it connects. */
function connect(accessToken: string): string {
  return accessToken === emulator.issued.at(-1)?.accessToken ? 'connected' : 'refused'
}

// A connection of half an hour wants a token that lives as long.
const token = await tokens.token({ minValidity: 30 * 60_000 })
console.log(connect(token.accessToken), 'with', String(token))

// The other side says that the token is no good: a new one, but only if nobody else got one meanwhile.
emulator.revokeAll()
const next = await tokens.renew(token)
console.log(connect(next.accessToken), 'with', String(next))
