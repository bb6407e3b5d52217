// (e) No token can be obtained, or none is accepted: counts token requests and the time until callers are rejected.
import type { Contender } from '../contender.ts'
import { CONTENDERS } from '../contenders.ts'
import { startTokenServers, type TokenServers } from '../token-servers.ts'
import { succeeds, urlsOf, within } from '../load.ts'
import type { Behaviour } from '../messages.ts'
import { goal, type Section } from '../report.ts'
import { quantile } from '../stats.ts'

interface Kind {
  readonly title: string
  readonly behaviour: Behaviour
  /** Requests, spread over a second. */
  readonly count: number
  /** The time for callers to settle after that, in milliseconds. */
  readonly timeLimit: number
  readonly limit: number
}

const KINDS: Readonly<Record<string, Kind>> = {
  down: {
    title: 'The token endpoint answers 500',
    behaviour: { token: 'fails' },
    count: 1_000,
    timeLimit: 4_000,
    limit: 3,
  },
  invalid: {
    title: 'The token endpoint answers `invalid_grant`',
    behaviour: { token: 'invalid_grant' },
    count: 1_000,
    timeLimit: 4_000,
    limit: 1,
  },
  refuses: {
    title: 'The API refuses every token',
    behaviour: { api: 'rejects' },
    count: 1_000,
    timeLimit: 4_000,
    limit: 3,
  },
  // The deadline of a renewal is 30 s.
  hangs: {
    title: 'The token endpoint hangs',
    behaviour: { token: 'hangs' },
    count: 100,
    timeLimit: 30_500,
    limit: Infinity,
  },
}

export interface Result {
  readonly calls: number
  readonly unsettled: number
  /** The duration of each settled call, in milliseconds. */
  readonly settled: readonly number[]
}

/** By kind and contender. */
export type Outage = Readonly<Record<string, Readonly<Record<string, Result>>>>

export async function outage(): Promise<Outage> {
  const servers = await startTokenServers()
  const all: Record<string, Record<string, Result>> = {}
  const contenders = CONTENDERS.filter(({ floor }) => !floor)
  for (const [name, kind] of Object.entries(KINDS)) {
    // Hanging takes no CPU time: all contenders run at once.
    const atOnce = kind.behaviour.token === 'hangs'
    const results: [string, Promise<Result>][] = []
    for (const each of contenders) {
      const result = measure(each, kind, servers)
      results.push([each.name, result])
      if (!atOnce) await result
    }
    all[name] = Object.fromEntries(
      await Promise.all(results.map(async ([name, result]) => [name, await result] as const)),
    )
  }
  servers.close()
  return all
}

async function measure(each: Contender, { behaviour, count, timeLimit }: Kind, servers: TokenServers): Promise<Result> {
  const server = await servers.add(behaviour)
  const running = await each.make(server)
  const settled: number[] = []
  const calls: Promise<void>[] = []
  const urls = urlsOf(each.client === 'axios' ? '' : server.api, count)
  const call = async (url: string): Promise<void> => {
    const startedAt = performance.now()
    await succeeds(running, url)
    settled.push(performance.now() - startedAt)
  }
  const startedAt = performance.now()
  for (const [nth, url] of urls.entries()) {
    const due = (nth * 1_000) / count - (performance.now() - startedAt)
    if (due > 1) await new Promise((resolve) => setTimeout(resolve, due))
    calls.push(call(url))
  }
  await within(timeLimit, Promise.all(calls))
  return { calls: (await server.counts()).token, unsettled: count - settled.length, settled: [...settled] }
}

export function outageSection(all: Outage): Section {
  const kinds = Object.entries(KINDS)
  return {
    id: 'e',
    title: 'Outage: callers over one second while no token is to be had, or none is accepted',
    tables: kinds.map(([kind, { title, count }]) => ({
      title: `${title}: ${String(count)} requests`,
      columns: ['', 'token calls', 'settled', 'half of them within ms', 'the last within ms', 'unsettled'],
      rows: Object.entries(all[kind] ?? {}).map(([name, { calls, unsettled, settled }]) => [
        name,
        calls,
        settled.length,
        settled.length > 0 ? quantile(settled, 0.5) : null,
        settled.length > 0 ? Math.max(...settled) : null,
        unsettled,
      ]),
    })),
    goals: kinds.flatMap(([kind, { title, limit }]) =>
      CONTENDERS.filter(({ ours }) => ours).flatMap(({ name }) => {
        const { calls, unsettled } = all[kind]?.[name] ?? { calls: NaN, unsettled: NaN }
        return [
          ...(Number.isFinite(limit) ? [goal(`${title}, ${name}: token calls`, calls, limit)] : []),
          goal(`${title}, ${name}: unsettled`, unsettled, 0),
        ]
      }),
    ),
  }
}
