// Each SDK, replaced by an object of its shape: signed out, a login, a burst after the token was revoked, the end of the session.
import assert from 'node:assert/strict'
import type { FunctionManagerOptions } from '../../../lib/index.ts'
import { wrapFetch } from '../../../lib/fetch.ts'
import { type Scenario, startServers } from '../scenario.ts'

/** An SDK: returns its cached token, unless a new one is forced; null while signed out. */
interface Sdk {
  readonly token: (isForced: boolean) => Promise<string | null>
  readonly isLoggedIn: () => boolean
}

interface Kind {
  /** An object of the SDK's shape. */
  readonly shape: (sdk: Sdk) => unknown
  readonly more?: readonly unknown[]
}

type Recipe = Readonly<Record<string, (...given: readonly unknown[]) => FunctionManagerOptions>>

const orFail = (error: object, token: string | null): string => {
  if (token === null) throw Object.assign(new Error('log in'), error)
  return token
}

const AUTH0 = { error: 'login_required' }
const FIREBASE = { code: 'auth/user-token-expired' }
const MSAL = { name: 'InteractionRequiredAuthError' }

const KINDS: Readonly<Record<string, Kind>> = {
  fromAuth0: {
    shape: ({ token }) => ({
      getTokenSilently: async ({ cacheMode }: { cacheMode: string }) => orFail(AUTH0, await token(cacheMode === 'off')),
    }),
  },
  fromFirebase: {
    shape: ({ token, isLoggedIn }) => ({
      authStateReady: () => Promise.resolve(),
      get currentUser() {
        return isLoggedIn() ? { getIdToken: async (force: boolean) => orFail(FIREBASE, await token(force)) } : null
      },
    }),
  },
  fromMsal: {
    shape: ({ token, isLoggedIn }) => ({
      getActiveAccount: () => (isLoggedIn() ? { homeAccountId: 'ada' } : null),
      acquireTokenSilent: async ({ forceRefresh }: { forceRefresh: boolean }) => ({
        accessToken: orFail(MSAL, await token(forceRefresh)),
        expiresOn: new Date(Date.now() + 3_600_000),
      }),
    }),
    more: [['api://orders/read']],
  },
  fromClerk: {
    shape: ({ token, isLoggedIn }) => ({
      get session() {
        return isLoggedIn() ? { getToken: ({ skipCache }: { skipCache: boolean }) => token(skipCache) } : null
      },
    }),
  },
  fromAmplify: {
    shape:
      ({ token }) =>
      async ({ forceRefresh }: { forceRefresh: boolean }) => {
        const accessToken = await token(forceRefresh)
        return accessToken === null ? {} : { tokens: { accessToken } }
      },
  },
}

const signedOut = { name: 'ReauthenticationRequiredError' }

async function tryOut(from: Recipe[string], { shape, more = [] }: Kind): Promise<void> {
  await using emulator = await startServers({ 'GET /orders': () => ({ status: 200 }) })
  let user: 'nobody' | 'ada' | 'ada, whose session is over' = 'nobody'
  let cached: string | undefined
  let forced = 0
  const sdk: Sdk = {
    token: (isForced) => {
      if (user !== 'ada') return Promise.resolve(null)
      if (isForced) forced += 1
      if (isForced || cached === undefined) cached = emulator.issue().accessToken
      return Promise.resolve(cached)
    },
    isLoggedIn: () => user !== 'nobody',
  }
  const apiFetch = wrapFetch(fetch, { ...from(shape(sdk), ...more), resources: [emulator.api] })
  const orders = async (): Promise<number> => (await apiFetch(`${emulator.api}/orders`)).status
  let ends = 0
  apiFetch.tokens.on('reauthentication-required', () => (ends += 1))

  await assert.rejects(orders(), signedOut)
  user = 'ada'
  await apiFetch.tokens.clear()
  ends = 0
  assert.equal(await orders(), 200)
  emulator.revokeAll()
  assert.deepEqual(await Promise.all([orders(), orders(), orders()]), [200, 200, 200])
  assert.equal(forced, 1)
  user = 'ada, whose session is over'
  emulator.revokeAll()
  await assert.rejects(orders(), signedOut)
  assert.equal(ends, 1)
}

export const scenario: Scenario = async (load) => {
  const recipe = (await load('https://api.example.com')) as Recipe
  for (const [name, kind] of Object.entries(KINDS)) {
    const from = recipe[name]
    assert.ok(from, name)
    await tryOut(from, kind)
  }
  return 'a new token is forced once for a burst after a 401, and the end of the session is told, with five SDKs'
}
