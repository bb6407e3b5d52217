// npm run check -- chaos [--duration 60] [--callers 20] [--seed 1] [--strict]: continuous requests over axios and fetch to a server in
// another process that revokes tokens, loses responses, stalls and fails. Counts the errors that callers see.
import { parseArgs } from 'node:util'
import axios, { isAxiosError } from 'axios'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { startServerProcess, type ServerProcess } from '../server-process.ts'
import type { FaultRates, Order, Report } from './messages.ts'

const { values } = parseArgs({
  options: {
    duration: { type: 'string', default: '60' },
    callers: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    strict: { type: 'boolean', default: false },
  },
})

const RATES: FaultRates = {
  revoked: 0.1,
  lost: 0.05,
  stalled: 0.01,
  stall: 10_000,
  outage: 2_000,
  outageEvery: 15_000,
  strict: values.strict,
}

interface Tally {
  readonly latencies: number[]
  /** Counts by message. */
  readonly errors: Map<string, number>
  replays: number
  /** 401 responses returned to the caller, by reason. */
  readonly skipped: Map<string, number>
}

/** Resolves to the status, and to the cause if no token was available. */
type Call = (id: string) => Promise<{ readonly status: number; readonly cause?: unknown }>

function managerAt(url: string): TokenManager {
  return createTokenManager({
    provider: oauth2({
      id: 'chaos',
      api: `${url}/api`,
      tokenEndpoint: `${url}/token`,
      clientAuthentication: 'client_secret_basic',
      grants: ['password'],
    }),
    grant: 'password',
    credentials: { clientId: 'client', clientSecret: 'sesame+/&= %:1', username: 'ann', password: 'pass+/&= %:1' },
  })
}

const BINDINGS: Readonly<Record<string, (url: string, tokens: TokenManager) => Call>> = {
  axios: (url, tokens) => {
    const instance = axios.create({ baseURL: `${url}/api` })
    attachBearer(instance, tokens)
    return async (id) => {
      try {
        return await instance.get<unknown>('/echo', { headers: { 'x-call': id } })
      } catch (error) {
        if (!isAxiosError(error) || !error.response) throw error
        return { status: error.response.status, cause: error.cause }
      }
    }
  },
  fetch: (url, tokens) => {
    const wrapped = wrapFetch(fetch, tokens)
    return async (id) => {
      const response = await wrapped(`${url}/api/echo`, { headers: { 'x-call': id } })
      await response.arrayBuffer()
      return response
    }
  },
}

let calls = 0

/** Runs concurrent callers; each repeats its call until the time is over. */
async function callUntil(call: Call, callers: number, duration: number, tally: Tally): Promise<void> {
  const until = performance.now() + duration
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      calls += 1
      const startedAt = performance.now()
      const error = await call(String(calls)).then(errorIn, (failure: unknown) => String(failure))
      tally.latencies.push(performance.now() - startedAt)
      if (error) tally.errors.set(error, (tally.errors.get(error) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

function errorIn({ status, cause }: Awaited<ReturnType<Call>>): string | undefined {
  if (status < 400) return undefined
  return `status ${String(status)}${cause instanceof Error ? `: ${String(cause)}` : ''}`
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

type ChaosServer = ServerProcess<Order, Report>

async function run({ url, send }: ChaosServer, rates: FaultRates | undefined, duration: number): Promise<void> {
  await send({ kind: 'set', rates })
  const callers = Number(values.callers)
  const tallies = Object.entries(BINDINGS).map(([name, bind]) => {
    const tally: Tally = { latencies: [], errors: new Map(), replays: 0, skipped: new Map() }
    const tokens = managerAt(url)
    tokens.on('replayed', () => (tally.replays += 1))
    tokens.on('replay-skipped', ({ reason }) => tally.skipped.set(reason, (tally.skipped.get(reason) ?? 0) + 1))
    return { name, tally, done: callUntil(bind(url, tokens), callers, duration, tally) }
  })
  await Promise.all(tallies.map(({ done }) => done))
  const report = await send({ kind: 'counts' })
  for (const { name, tally } of tallies) show(name, tally, rates !== undefined)
  const requests = tallies.reduce((sum, { tally }) => sum + tally.latencies.length, 0)
  console.log(
    `  server: ${String(report.token)} token requests (${(report.token / requests).toFixed(3)} a call), ` +
      `${String(report.resource)} API requests, ${String(report.unauthorized)} refused; ` +
      `${String(report.revoked)} tokens revoked, ${String(report.lost)} responses lost, ` +
      `${String(report.stalled)} stalled, ${String(report.unavailable)} unavailable`,
  )
}

const baseline = new Map<string, { readonly p50: number; readonly p99: number }>()

function show(name: string, { latencies, errors, replays, skipped }: Tally, disturbed: boolean): void {
  const sorted = latencies.toSorted((a, b) => a - b)
  const now = { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
  const before = disturbed ? baseline.get(name) : undefined
  if (!disturbed) baseline.set(name, now)
  const failed = [...errors.values()].reduce((sum, count) => sum + count, 0)
  const added = (key: 'p50' | 'p99'): string =>
    `${key} ${now[key].toFixed(1)} ms${before ? ` (${(now[key] - before[key]).toFixed(1)} added)` : ''}`
  console.log(
    `  ${name}: ${String(latencies.length)} calls, ${String(failed)} errors seen, ${String(replays)} replays, ${added('p50')}, ${added('p99')}`,
  )
  for (const [error, count] of errors) console.log(`    ${String(count)} x ${error}`)
  for (const [reason, count] of skipped) console.log(`    ${String(count)} x returned: ${reason}`)
  if (disturbed && failed > 0) process.exitCode = 1
}

const script = new URL('server.ts', import.meta.url)
const server: ChaosServer = await startServerProcess(script, [values.seed], ['--import', 'tsx'])
console.log(`seed ${values.seed}; undisturbed:`)
await run(server, undefined, 5_000)
console.log(`disturbed for ${values.duration} s:`)
await run(server, RATES, Number(values.duration) * 1_000)
server.close()
