// npm run check -- chaos [--duration 60] [--callers 20] [--seed 1] [--strict]: requests without pause, by axios and by fetch, against a server
// in another process that revokes tokens, loses answers, stalls and fails; and what of it their callers get to see.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import axios, { isAxiosError } from 'axios'
import { attachBearer } from '../../lib/axios.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import type { Order, Report, Weather, Welcome } from './messages.ts'

const { values } = parseArgs({
  options: {
    duration: { type: 'string', default: '60' },
    callers: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    strict: { type: 'boolean', default: false },
  },
})

const WEATHER: Weather = {
  revoked: 0.1,
  lost: 0.05,
  stalled: 0.01,
  stall: 10_000,
  spell: 2_000,
  spellEvery: 15_000,
  strict: values.strict,
}

interface Tally {
  readonly latencies: number[]
  /** By what the caller saw. */
  readonly errors: Map<string, number>
  replays: number
  /** Refusals handed back, by the reason. */
  readonly skipped: Map<string, number>
}

/** Gives the status, and why no token could be had where that is known. */
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

/** One caller after the other, each without pause. */
async function drive(call: Call, callers: number, duration: number, tally: Tally): Promise<void> {
  const until = performance.now() + duration
  const caller = async (): Promise<void> => {
    while (performance.now() < until) {
      calls += 1
      const startedAt = performance.now()
      const seen = await call(String(calls)).then(said, (error: unknown) => String(error))
      tally.latencies.push(performance.now() - startedAt)
      if (seen) tally.errors.set(seen, (tally.errors.get(seen) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

function said({ status, cause }: Awaited<ReturnType<Call>>): string | undefined {
  if (status < 400) return undefined
  return `status ${String(status)}${cause instanceof Error ? `: ${String(cause)}` : ''}`
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

async function ask<T>(server: ChildProcess, order: Order): Promise<T> {
  server.send(order)
  const [answer] = (await once(server, 'message')) as [T]
  return answer
}

async function run(server: ChildProcess, url: string, weather: Weather | undefined, duration: number): Promise<void> {
  await ask(server, { kind: 'weather', weather })
  const callers = Number(values.callers)
  const tallies = Object.entries(BINDINGS).map(([name, bind]) => {
    const tally: Tally = { latencies: [], errors: new Map(), replays: 0, skipped: new Map() }
    const tokens = managerAt(url)
    tokens.on('replayed', () => (tally.replays += 1))
    tokens.on('replay-skipped', ({ reason }) => tally.skipped.set(reason, (tally.skipped.get(reason) ?? 0) + 1))
    return { name, tally, done: drive(bind(url, tokens), callers, duration, tally) }
  })
  await Promise.all(tallies.map(({ done }) => done))
  const report = await ask<Report>(server, { kind: 'counts' })
  for (const { name, tally } of tallies) show(name, tally, weather !== undefined)
  const requests = tallies.reduce((sum, { tally }) => sum + tally.latencies.length, 0)
  console.log(
    `  server: ${String(report.token)} token requests (${(report.token / requests).toFixed(3)} a call), ` +
      `${String(report.resource)} API requests, ${String(report.unauthorized)} refused; ` +
      `${String(report.revoked)} tokens revoked, ${String(report.lost)} answers lost, ` +
      `${String(report.stalled)} stalled, ${String(report.unavailable)} unavailable`,
  )
}

const calm = new Map<string, { readonly p50: number; readonly p99: number }>()

function show(name: string, { latencies, errors, replays, skipped }: Tally, stormy: boolean): void {
  const sorted = latencies.toSorted((a, b) => a - b)
  const now = { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
  const before = stormy ? calm.get(name) : undefined
  if (!stormy) calm.set(name, now)
  const failed = [...errors.values()].reduce((sum, count) => sum + count, 0)
  const added = (key: 'p50' | 'p99'): string =>
    `${key} ${now[key].toFixed(1)} ms${before ? ` (${(now[key] - before[key]).toFixed(1)} added)` : ''}`
  console.log(
    `  ${name}: ${String(latencies.length)} calls, ${String(failed)} errors seen, ${String(replays)} replays, ${added('p50')}, ${added('p99')}`,
  )
  for (const [error, count] of errors) console.log(`    ${String(count)} x ${error}`)
  for (const [reason, count] of skipped) console.log(`    ${String(count)} x handed back: ${reason}`)
  if (stormy && failed > 0) process.exitCode = 1
}

const server = fork(new URL('server.ts', import.meta.url), [values.seed], { execArgv: ['--import', 'tsx'] })
const [{ url }] = (await once(server, 'message')) as [Welcome]
console.log(`seed ${values.seed}; undisturbed:`)
await run(server, url, undefined, 5_000)
console.log(`disturbed for ${values.duration} s:`)
await run(server, url, WEATHER, Number(values.duration) * 1_000)
server.disconnect()
