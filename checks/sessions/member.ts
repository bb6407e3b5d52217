// A process of an application with a shared session, which sends requests to the API.
import { wrapFetch } from '../../lib/fetch.ts'
import { isTokenError } from '../../lib/index.ts'
import { alone, sharing } from './managers.ts'
import type { Counts, Login, MemberOptions, Message } from './messages.ts'
import { openBlind } from './stores.ts'

const REPORT_MS = 100

const options = JSON.parse(process.argv[2] ?? '') as MemberOptions
const { url, kind, place, isCoordinated, isSlow, seed, leaves } = options
const pause = isSlow ? 1_000 : 50

const tell = (message: Message): void => {
  process.send?.(message)
}

const blind = isCoordinated ? undefined : await openBlind(kind, place)

async function logIn({ refreshToken }: Login): Promise<void> {
  if (refreshToken !== undefined) await blind?.write(refreshToken)
  await tokens.adopt({ refreshToken: refreshToken ?? 'the newest' })
}

const tokens = blind ? alone(options, blind) : sharing(options)
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
if (leaves) process.exit()
tell({ kind: 'ready' })
setInterval(() => void request(), pause)
setInterval(() => {
  tell(counts)
  counts = { kind: 'counts', ok: 0, failed: {}, latencies: [] }
}, REPORT_MS)
