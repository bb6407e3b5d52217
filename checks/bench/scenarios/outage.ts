// (e) No token is to be had, or none is accepted: how often the token endpoint is asked, and when callers are told.
import type { Contender } from '../contender.ts'
import { CONTENDERS } from '../contenders.ts'
import { startServer, type Server } from '../desk.ts'
import { succeeds, urlsOf, within } from '../load.ts'
import type { DeskOrder } from '../messages.ts'
import { goal, type Section } from '../report.ts'
import { quantile } from '../stats.ts'

interface Kind {
  readonly title: string
  readonly order: DeskOrder
  /** Requests, spread over a second. */
  readonly count: number
  /** How long callers are given after that, in milliseconds. */
  readonly patience: number
  readonly limit: number
}

const KINDS: Readonly<Record<string, Kind>> = {
  down: { title: 'The token endpoint answers 500', order: { token: 'down' }, count: 1_000, patience: 4_000, limit: 3 },
  invalid: {
    title: 'The token endpoint answers `invalid_grant`',
    order: { token: 'invalid_grant' },
    count: 1_000,
    patience: 4_000,
    limit: 1,
  },
  refuses: {
    title: 'The API refuses every token',
    order: { api: 'refuses' },
    count: 1_000,
    patience: 4_000,
    limit: 3,
  },
  // The flight's deadline is 30 s.
  hangs: {
    title: 'The token endpoint hangs',
    order: { token: 'hangs' },
    count: 100,
    patience: 30_500,
    limit: Infinity,
  },
}

export interface Ordeal {
  readonly calls: number
  readonly unsettled: number
  /** Milliseconds after the start of each call. */
  readonly settled: readonly number[]
}

/** By kind, by contender. */
export type Outage = Readonly<Record<string, Readonly<Record<string, Ordeal>>>>

export async function outage(): Promise<Outage> {
  const server = await startServer()
  const all: Record<string, Record<string, Ordeal>> = {}
  const contenders = CONTENDERS.filter(({ floor }) => !floor)
  for (const [name, kind] of Object.entries(KINDS)) {
    // Hanging is nothing but waiting: all at the same time.
    const atOnce = kind.order.token === 'hangs'
    const ordeals: [string, Promise<Ordeal>][] = []
    for (const each of contenders) {
      const ordeal = endure(each, kind, server)
      ordeals.push([each.name, ordeal])
      if (!atOnce) await ordeal
    }
    all[name] = Object.fromEntries(
      await Promise.all(ordeals.map(async ([who, ordeal]) => [who, await ordeal] as const)),
    )
  }
  server.close()
  return all
}

async function endure(each: Contender, { order, count, patience }: Kind, server: Server): Promise<Ordeal> {
  const desk = await server.desk(order)
  const running = await each.make(desk)
  const settled: number[] = []
  const calls: Promise<void>[] = []
  const urls = urlsOf(each.client === 'axios' ? '' : desk.api, count)
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
  await within(patience, Promise.all(calls))
  return { calls: (await desk.counts()).token, unsettled: count - settled.length, settled: [...settled] }
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
