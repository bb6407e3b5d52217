// The journeys: one call each, from the application's call until it has the response.
import axios from 'axios'
import type { Emulator, OAuth2System } from '../../lib/testing.ts'
import type { TracedLibrary } from './traced-library.ts'

type Server = Emulator<OAuth2System>
type Call = () => Promise<number>

export interface Journey {
  readonly name: string
  /** The most files of `lib/` that it may enter. */
  readonly limit: number
  readonly client: 'fetch' | 'axios'
  /** Brings about the state in which the call is made. */
  readonly prepare: (server: Server, call: Call) => Promise<unknown>
  /** The status that the caller gets, or the code of the error. */
  readonly outcome: number | string
}

const nothing = (): Promise<void> => Promise.resolve()

const tokenHeld: Journey['prepare'] = (_server, call) => call()

const tokenRevoked: Journey['prepare'] = async (server, call) => {
  await call()
  server.revokeAll()
}

const sessionEnded: Journey['prepare'] = async (server, call) => {
  await tokenRevoked(server, call)
  server.always('token', { status: 400, body: { error: 'invalid_grant' } })
}

export const JOURNEYS: readonly Journey[] = [
  { name: 'fresh token, fetch', limit: 10, client: 'fetch', prepare: tokenHeld, outcome: 200 },
  { name: 'fresh token, axios', limit: 14, client: 'axios', prepare: tokenHeld, outcome: 200 },
  { name: 'first token, fetch', limit: 39, client: 'fetch', prepare: nothing, outcome: 200 },
  { name: '401 and replay, fetch', limit: 41, client: 'fetch', prepare: tokenRevoked, outcome: 200 },
  { name: '401 and replay, axios', limit: 43, client: 'axios', prepare: tokenRevoked, outcome: 200 },
  {
    name: '401, refresh token and password refused, fetch',
    limit: 42,
    client: 'fetch',
    prepare: sessionEnded,
    outcome: 'ERR_REAUTHENTICATION_REQUIRED',
  },
]

/** Prepares a journey with a new manager and a new client. Returns its call, which throws for another outcome than it has. */
export async function startJourney(
  { client, prepare, outcome }: Journey,
  server: Server,
  library: TracedLibrary,
): Promise<() => Promise<void>> {
  const tokens = library.createTokenManager({
    provider: library.oauth2({
      api: server.api,
      tokenEndpoint: `${server.url}/token`,
      clientAuthentication: 'client_secret_basic',
      grants: ['password'],
    }),
    grant: 'password',
    credentials: server.grants.password,
  })
  const url = `${server.api}/echo`
  const instance = axios.create()
  if (client === 'axios') library.attachBearer(instance, tokens)
  const wrapped = library.wrapFetch(fetch, tokens)
  const call = {
    axios: async () => (await instance.get<unknown>(url)).status,
    fetch: async () => {
      const response = await wrapped(url)
      await response.arrayBuffer()
      return response.status
    },
  }[client]
  await prepare(server, call)
  return async () => {
    const reached = await call().catch((error: unknown) => (error as { code?: unknown }).code ?? error)
    if (reached !== outcome) throw new Error(`ended otherwise than with ${String(outcome)}`, { cause: reached })
  }
}
