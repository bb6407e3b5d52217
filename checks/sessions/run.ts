// npm run check -- sessions [--store file|redis] [--seconds 30] [--processes 4] [--lifetime 2] [--faults] [--skew] [--cold] [--seed 1]:
// processes that share one session with a rotating refresh token, at a strict authorization server, which kills, stops and delays them in
// the middle of renewals. Each run is made with the shared store, and at the same time without: the newest refresh token in one place, without
// locks. Without `--store`: each store; without `--faults`: with and without faults. `--cold`: all start at once with an expired token. Fails
// where a session was lost by a race.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isInstalled, startRedis } from '../../spec/support/databases.ts'
import { seeded } from '../chaos/seeded.ts'
import { startServer } from '../server.ts'
import { AuthorizationServer, type Fault } from './authorization-server.ts'
import type { Login, MemberOptions, Message } from './messages.ts'
import { type Kind, KINDS } from './stores.ts'

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    seconds: { type: 'string', default: '15' },
    processes: { type: 'string', default: '4' },
    lifetime: { type: 'string', default: '2' },
    faults: { type: 'boolean', default: false },
    skew: { type: 'boolean', default: false },
    cold: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
})
const seconds = Number(values.seconds)
const lifetime = Number(values.lifetime)

const FAULTS: readonly Fault[] = ['kill-before', 'kill-after', 'kill-later', 'stop-before', 'stop-after', 'slow']
const FAULT_RATE = 0.3
/** Shorter than a claim. */
const STOP_MS = 800
/** The shortest duration of a login. */
const LOGIN_MS = 1_000

interface Plan {
  readonly kind: Kind
  readonly hasFaults: boolean
  readonly isCoordinated: boolean
}

interface Outcome {
  readonly calls: number
  readonly reuse: number
  readonly races: number
  readonly orphaned: number
  readonly ok: number
  /** Requests that failed during a session, and while signed out. */
  readonly failed: number
  readonly signedOut: number
  readonly p99: number
  readonly reasons: Readonly<Record<string, number>>
}

const folder = mkdtempSync(join(tmpdir(), 'tokenflight-sessions-'))

async function run({ kind, hasFaults, isCoordinated }: Plan, place: string): Promise<Outcome> {
  const random = seeded(Number(values.seed))
  const processes = new Map<string, ChildProcess>()
  const total = { ok: 0, failed: 0, signedOut: 0 }
  const reasons: Record<string, number> = {}
  const latencies: number[] = []
  let isOver = false
  let loggedInAt = -Infinity

  const faultOf = (): Fault =>
    hasFaults && !isOver && random() < FAULT_RATE ? (FAULTS[Math.floor(random() * FAULTS.length)] ?? 'none') : 'none'
  const authorizationServer = new AuthorizationServer(lifetime, faultOf, {
    kill: (name) => processes.get(name)?.kill('SIGKILL'),
    async stop(name) {
      const member = processes.get(name)
      member?.kill('SIGSTOP')
      await new Promise((resolve) => setTimeout(resolve, STOP_MS))
      member?.kill('SIGCONT')
    },
  })
  const server = await startServer(authorizationServer.listener)

  const logIn = (asker: ChildProcess): void => {
    if (Date.now() - loggedInAt < LOGIN_MS || isOver) return
    loggedInAt = Date.now()
    const login: Login = { refreshToken: authorizationServer.login() }
    asker.send(login)
    if (isCoordinated) return
    setTimeout(() => {
      for (const other of processes.values()) if (other !== asker && other.connected) other.send({})
    }, LOGIN_MS / 2)
  }

  const start = async (index: number, first?: Pick<MemberOptions, 'seed' | 'leaves'>): Promise<void> => {
    const options: MemberOptions = {
      name: String(index),
      url: server.url,
      kind,
      place,
      isCoordinated,
      isSlow: values.cold,
      skew: values.skew ? index * 600_000 : 0,
      ...first,
    }
    const member = fork(fileURLToPath(new URL('member.ts', import.meta.url)), [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
    })
    processes.set(options.name, member)
    member.on('error', () => undefined)
    member.on('exit', () => {
      if (!isOver && !options.leaves) void start(index)
    })
    const ready = new Promise<void>((resolve) => {
      member.on('message', (message: Message) => {
        if (message.kind === 'ready') resolve()
        else if (message.kind === 'signed-out') logIn(member)
        else {
          total.ok += message.ok
          latencies.push(...message.latencies)
          for (const [reason, count] of Object.entries(message.failed)) {
            if (reason.startsWith('ERR_REAUTHENTICATION_REQUIRED')) total.signedOut += count
            else total.failed += count
            reasons[reason] = (reasons[reason] ?? 0) + count
          }
        }
      })
    })
    await Promise.race([ready, once(member, 'exit')])
  }

  await start(0, { seed: authorizationServer.login(), leaves: values.cold })
  const others = Array.from({ length: Number(values.processes) - (values.cold ? 0 : 1) }, (_, index) =>
    start(index + 1),
  )
  await Promise.all(others)
  const before = values.cold ? 0 : authorizationServer.calls
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  isOver = true
  const { calls, reuse, ends, log } = authorizationServer
  if (isCoordinated && ends.race > 0) console.log(log.join('\n'))
  for (const member of processes.values()) member.kill('SIGKILL')
  await server.close()
  latencies.sort((a, b) => a - b)
  return {
    calls: calls - before,
    reuse,
    races: ends.race,
    orphaned: ends.orphaned,
    ...total,
    p99: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
    reasons,
  }
}

/** Renewals are due at 80 % of the lifetime, or up to 4 % before that. */
const due = values.cold
  ? '1'
  : `${Math.floor(seconds / lifetime / 0.8).toFixed(0)} to ${Math.ceil(seconds / lifetime / 0.76).toFixed(0)}`

function print(cells: readonly (string | number | boolean)[]): void {
  const texts = cells.map((cell) => (cell === true ? 'yes' : cell === false ? 'no' : String(cell)))
  console.log(`| ${texts.join(' | ')} |`)
}

const redis = isInstalled('redis-server') ? await startRedis() : undefined
let lost = 0
try {
  console.log(
    `${values.processes} processes, ${values.seconds} s, tokens of ${values.lifetime} s; renewals due: ${due}\n`,
  )
  print([
    'store',
    'faults',
    'coordinated',
    'token requests',
    'reuse',
    'ended by a race',
    'orphaned',
    'served',
    'failed',
    'signed out',
    'p99, ms',
  ])
  print(['---', '---', '---', '---:', '---:', '---:', '---:', '---:', '---:', '---:', '---:'])
  for (const kind of KINDS.filter((each) => values.store === undefined || values.store === each)) {
    if (kind === 'redis' && !redis) {
      console.log('redis: skipped, redis-server is not installed')
      continue
    }
    for (const hasFaults of values.faults || values.cold ? [!values.cold] : [false, true]) {
      const places = [0, 1].map((index) => {
        const name = String(2 * Number(hasFaults) + index)
        return kind === 'redis' ? `redis://127.0.0.1:${String(redis?.port)}/${name}` : join(folder, name)
      })
      const plans = [true, false].map((isCoordinated) => ({ kind, hasFaults, isCoordinated }))
      const runs: Promise<Outcome>[] = []
      for (const [index, plan] of plans.entries()) {
        runs.push(run(plan, places[index] ?? ''))
        // More processes would slow each other down.
        if (values.cold) await runs[0]
      }
      const outcomes = await Promise.all(runs)
      for (const [index, { calls, reuse, races, orphaned, ok, failed, signedOut, p99 }] of outcomes.entries())
        print([kind, hasFaults, index === 0, calls, reuse, races, orphaned, ok, failed, signedOut, p99.toFixed(1)])
      const [{ races, reasons, failed } = { races: 0, reasons: {}, failed: 0 }] = outcomes
      lost += races
      if (failed > 0) console.log(`failed: ${JSON.stringify(reasons)}`)
    }
  }
} finally {
  await redis?.stop()
  rmSync(folder, { recursive: true, force: true })
}
if (lost > 0) {
  console.error(`${String(lost)} sessions ended by a race`)
  process.exitCode = 1
}
