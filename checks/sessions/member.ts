// A process of an application with a shared session: requests to the API, 20 in a second.
import { fetchTransport, wrapFetch } from '../../lib/fetch.ts'
import { type ApplicationTokenManager, createTokenManager, isTokenError } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { systemClock } from '../../lib/util/clock.ts'
import type { Counts, Login, MemberOptions, Message } from './messages.ts'
import { type Blind, openBlind, openStore } from './stores.ts'

const PAUSE_MS = 50
const REPORT_MS = 100

const options = JSON.parse(process.argv[2] ?? '') as MemberOptions
const { name, url, kind, place, isCoordinated, skew, seed } = options

const tell = (message: Message): void => {
  process.send?.(message)
}

// Redis has no sign of life: a claim of a killed process lasts as long as the two deadlines.
const timing = { flightDeadline: 2_000, storeDeadline: 1_000, backoffBase: 100 }
const clock = { ...systemClock, now: () => Date.now() + skew }
const named: typeof fetch = (input, init) =>
  fetch(input, { ...init, headers: { ...(init?.headers as object), 'x-member': name } })

function sharing(): ApplicationTokenManager {
  return createTokenManager({
    provider: oauth2({
      id: 'shared',
      api: `${url}/api`,
      tokenEndpoint: `${url}/token`,
      authorizationEndpoint: `${url}/authorize`,
      clientAuthentication: 'none',
      grants: ['authorization_code'],
    }),
    grant: 'authorization_code',
    credentials: { clientId: 'client', redirectUri: 'http://127.0.0.1/' },
    account: 'ann',
    store: openStore(kind, place),
    transport: fetchTransport({ fetch: named }),
    clock,
    timing,
  })
}

const blind = isCoordinated ? undefined : await openBlind(kind, place)

function alone({ read, write }: Blind): ApplicationTokenManager {
  return createTokenManager({
    resources: [`${url}/api`],
    getToken: async () => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: await read() })
      const response = await named(`${url}/token`, { method: 'POST', body })
      if (!response.ok) throw Object.assign(new Error('refused'), { status: 401 })
      const answer = (await response.json()) as { access_token: string; refresh_token: string; expires_in: number }
      await write(answer.refresh_token)
      return { accessToken: answer.access_token, expiresIn: answer.expires_in }
    },
    clock,
    timing,
  })
}

async function logIn({ refreshToken }: Login): Promise<void> {
  if (refreshToken !== undefined) await blind?.write(refreshToken)
  await tokens.adopt({ refreshToken: refreshToken ?? 'the newest' })
}

const tokens = blind ? alone(blind) : sharing()
const api = wrapFetch(undefined, tokens)

let counts: Counts = { kind: 'counts', ok: 0, failed: {}, latencies: [] }

async function request(): Promise<void> {
  const startedAt = performance.now()
  let outcome: string
  try {
    const { status } = await api(`${url}/api/things`)
    outcome = String(status)
  } catch (error) {
    outcome = isTokenError(error) ? [error.code, 'reason' in error ? error.reason : ''].join(' ') : 'network'
    if (outcome.startsWith('ERR_REAUTHENTICATION_REQUIRED')) tell({ kind: 'signed-out' })
  }
  if (outcome === '200') {
    counts.ok += 1
    counts.latencies.push(performance.now() - startedAt)
  } else counts.failed[outcome] = (counts.failed[outcome] ?? 0) + 1
}

process.on('message', (login: Login) => {
  void logIn(login).catch(() => undefined)
})
process.on('disconnect', () => process.exit())

if (seed !== undefined) await logIn({ refreshToken: seed })
tell({ kind: 'ready' })
setInterval(() => void request(), PAUSE_MS)
setInterval(() => {
  tell(counts)
  counts = { kind: 'counts', ok: 0, failed: {}, latencies: [] }
}, REPORT_MS)
