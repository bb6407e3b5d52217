// (c) Concurrent requests without a token: counts token requests and the time until all are answered.
import type { Contender, Environment } from '../contender.ts'
import { CONTENDERS, floorOf } from '../contenders.ts'
import { startTokenServers, type TokenServer, type TokenServers } from '../token-servers.ts'
import { sendAll, timed, urlsOf, within } from '../load.ts'
import { collect, heap } from '../memory.ts'
import { limitConnections } from '../network.ts'
import { goal, type Section } from '../report.ts'
import { interleave, median, ratios } from '../stats.ts'

const SIZES = [1, 100, 10_000] as const
const TOKEN_DELAY = 50

/** By size and contender. */
export interface Waiters {
  /** Milliseconds per round until the last response. */
  readonly drained: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>
  /** The highest count of any round. */
  readonly tokens: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly failures: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Heap bytes per waiting request, by contender. */
export type WaiterMemory = Readonly<Record<string, number>>

function roundsOf(size: number, quick: boolean): number {
  if (size === 10_000) return quick ? 1 : 4
  return quick ? 3 : 9
}

export async function waiters(quick: boolean): Promise<Waiters> {
  const axios = await limitConnections(64)
  const servers = await startTokenServers()
  const drained: Record<string, Record<string, readonly number[]>> = {}
  const tokens: Record<string, Record<string, number>> = {}
  const failures: Record<string, Record<string, number>> = {}
  await interleave(CONTENDERS, 1, async (each) => (await once(each, servers, axios, 300)).took)
  let rest: readonly Contender[] = []
  for (const size of SIZES) {
    const most: Record<string, number> = (tokens[size] = {})
    const worst: Record<string, number> = (failures[size] = {})
    const measure = async (each: Contender): Promise<number> => {
      const { took, failed, calls } = await once(each, servers, axios, size)
      most[each.name] = Math.max(most[each.name] ?? 0, calls)
      worst[each.name] = Math.max(worst[each.name] ?? 0, failed)
      return took
    }
    // Contenders with a token request per call run once only: more rounds would show the same.
    const many = await interleave(
      CONTENDERS.filter((each) => !rest.includes(each)),
      roundsOf(size, quick),
      measure,
    )
    const few = await interleave(rest, 1, measure)
    drained[size] = Object.fromEntries(
      CONTENDERS.map((each) => [each.name, (rest.includes(each) ? few : many)(each.name)]),
    )
    rest = CONTENDERS.filter(({ name }) => size > 1 && most[name] === size)
  }
  servers.close()
  return { drained, tokens, failures }
}

interface Result {
  readonly took: number
  readonly failed: number
  readonly calls: number
}

async function once(
  each: Contender,
  servers: TokenServers,
  axios: Environment['axios'] & object,
  size: number,
): Promise<Result> {
  const server = await servers.add({ tokenDelay: TOKEN_DELAY })
  const running = await each.make({ ...server, axios })
  const urls = urlsOf(each.client === 'axios' ? '' : server.api, size)
  collect()
  let failed = 0
  const took = await timed(async () => {
    failed = await sendAll(running, urls, size)
  })
  return { took, failed, calls: (await server.counts()).token }
}

/** Measures the heap per request of 10,000 while the token endpoint holds its response. */
export async function waiterMemory(): Promise<WaiterMemory> {
  const axios = await limitConnections(64)
  const servers = await startTokenServers()
  const bytes: Record<string, number> = {}
  for (const each of CONTENDERS.filter(({ floor }) => !floor)) {
    await measureMemory(each, servers, axios, 300)
    bytes[each.name] = await measureMemory(each, servers, axios, 10_000)
  }
  servers.close()
  return bytes
}

async function measureMemory(
  each: Contender,
  servers: TokenServers,
  axios: Environment['axios'] & object,
  size: number,
): Promise<number> {
  const server = await servers.add({ token: 'holds' })
  const { request } = await each.make({ ...server, axios })
  const urls = urlsOf(each.client === 'axios' ? '' : server.api, 256)
  const answers = new Array<Promise<unknown>>(size)
  const before = heap()
  for (let nth = 0; nth < size; nth += 1) answers[nth] = request(urls[nth & 255] ?? '')
  await untilIdle(server)
  const after = heap()
  await server.set({ token: 'issues' })
  await within(60_000, Promise.allSettled(answers))
  return (after - before) / size
}

/** Waits until the server receives no more requests. */
async function untilIdle(server: TokenServer): Promise<void> {
  let before = ''
  for (let same = 0; same < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const now = JSON.stringify(await server.counts())
    same = now === before ? same + 1 : 0
    before = now
  }
}

export function waitersSection({ drained, tokens, failures }: Waiters, bytes: WaiterMemory): Section {
  const floorTimes = (name: string, size: number): readonly number[] => {
    const client = CONTENDERS.find((each) => each.name === name)?.client ?? 'axios'
    return (drained[size]?.[floorOf(client).name] ?? []).map((time) => time + TOKEN_DELAY)
  }
  const slower = (name: string, size: number): ReturnType<typeof ratios> =>
    ratios(drained[size]?.[name] ?? [], floorTimes(name, size))
  const later = (name: string, size: number): number =>
    median((drained[size]?.[name] ?? []).map((time, round) => time - (floorTimes(name, size)[round] ?? NaN)))
  const tables = SIZES.map((size) => ({
    title: `${size.toLocaleString('en-US')} at once`,
    columns: ['', 'token calls', 'failures', 'ms beyond floor + 50 ms', 'ratio to floor + 50 ms'],
    rows: CONTENDERS.filter(({ floor }) => !floor).map(({ name }) => [
      name,
      tokens[size]?.[name] ?? NaN,
      failures[size]?.[name] ?? NaN,
      later(name, size),
      slower(name, size),
    ]),
  }))
  const memory = {
    title: 'Heap for each of 10,000 that wait',
    columns: ['', 'bytes'],
    rows: Object.entries(bytes),
  }
  const goals = CONTENDERS.filter(({ ours }) => ours).flatMap(({ name, client }) => [
    ...SIZES.flatMap((size) => [
      goal(`${name}, ${size.toLocaleString('en-US')}: token calls`, tokens[size]?.[name] ?? NaN, 1),
      goal(`${name}, ${size.toLocaleString('en-US')}: failures`, failures[size]?.[name] ?? NaN, 0),
    ]),
    goal(`${name}, 10,000: time by floor + 50 ms`, slower(name, 10_000).median, 1.05),
    goal(`${name}: bytes for each that waits`, bytes[name] ?? NaN, client === 'axios' ? 2_750 : 400),
  ])
  return {
    id: 'c',
    title: 'Waiters: requests without a token, the token endpoint takes 50 ms',
    tables: [...tables, memory],
    goals,
  }
}
