// (a) A request with a token available and no network: the cost of the contender itself.
import { promiseHooks } from 'node:v8'
import type { Contender, Running } from '../contender.ts'
import { axiosBare } from '../contenders/axios-bare.ts'
import { CONTENDERS, floorOf } from '../contenders.ts'
import { startTokenServers } from '../token-servers.ts'
import { urlsOf } from '../load.ts'
import { collect } from '../memory.ts'
import { replaceConnection } from '../platform.ts'
import { goal, type Goal, type Section, type Table } from '../report.ts'
import { interleave, median, ratios } from '../stats.ts'
import { Stub } from '../stub.ts'

interface Variant {
  readonly name: string
  readonly client: Contender['client']
  /** The replacement of the network. */
  readonly over: 'adapter' | 'answer' | 'request' | 'dispatcher'
  /** The goal: the highest ratio to the floor's time. */
  readonly limit: number
}

const VARIANTS: readonly Variant[] = [
  { name: 'axios, the adapter answers at once', client: 'axios', over: 'adapter', limit: 0.9 },
  { name: 'fetch, the underlying one only makes a Response', client: 'fetch', over: 'answer', limit: 1.02 },
  { name: 'fetch, the underlying one makes a Request and a Response', client: 'fetch', over: 'request', limit: 0.95 },
  { name: "fetch, the platform's own without a connection", client: 'fetch', over: 'dispatcher', limit: 1.02 },
]

interface Runner extends Running {
  readonly name: string
  readonly urls: readonly string[]
}

/** A figure per round, by variant and contender. */
export type Figures = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>

/** Returns the contenders for the variant's client, after proving that each attaches a token. */
async function ready({ client, over }: Variant): Promise<readonly Runner[]> {
  const servers = await startTokenServers()
  const stub = new Stub(over === 'request')
  if (over === 'dispatcher') await replaceConnection(stub)
  const runners: Runner[] = []
  for (const contender of [...CONTENDERS, axiosBare].filter((each) => each.client === client)) {
    const { tokenEndpoint, api } = await servers.add()
    const environment = { tokenEndpoint, api }
    const running = await contender.make(over === 'dispatcher' ? environment : { ...environment, transport: stub })
    const urls = urlsOf(client === 'axios' ? '' : api, 256)
    stub.strict = contender !== axiosBare
    await run(running, urls, 1)
    stub.rejected = 0
    stub.accepted = 0
    await run(running, urls, 20)
    if (contender !== axiosBare && (stub.accepted !== 20 || stub.rejected !== 0))
      throw new Error(`${contender.name} attaches no token`)
    runners.push({ ...running, name: contender.name, urls })
  }
  stub.strict = false
  servers.close()
  return runners
}

async function run({ request }: Running, urls: readonly string[], count: number): Promise<void> {
  for (let nth = 0; nth < count; nth += 1) await request(urls[nth & 255] ?? '')
}

async function figures(rounds: number, warmUp: number, measure: (runner: Runner) => Promise<number>): Promise<Figures> {
  const all: Record<string, Record<string, readonly number[]>> = {}
  for (const variant of VARIANTS) {
    const runners = await ready(variant)
    for (const runner of runners) await run(runner, runner.urls, warmUp)
    const of = await interleave(runners, rounds, measure)
    all[variant.name] = Object.fromEntries(runners.map(({ name }) => [name, of(name)]))
  }
  return all
}

/** CPU nanoseconds per request; other processes do not count. */
export function hotTime(quick: boolean): Promise<Figures> {
  const count = 250
  return figures(quick ? 40 : 100, 3_000, async (runner) => {
    // Collects the garbage of the previous contender.
    collect('minor')
    const before = process.cpuUsage()
    await run(runner, runner.urls, count)
    const { user, system } = process.cpuUsage(before)
    return ((user + system) / count) * 1_000
  })
}

/** Bytes per request. The young generation is large enough that nothing is collected meanwhile. */
export function hotBytes(quick: boolean): Promise<Figures> {
  const count = 500
  return figures(quick ? 5 : 15, 3_000, async (runner) => {
    collect()
    const before = process.memoryUsage().heapUsed
    await run(runner, runner.urls, count)
    return (process.memoryUsage().heapUsed - before) / count
  })
}

/** Promises per request, including those of the runtime. */
export function hotPromises(): Promise<Figures> {
  const count = 100
  return figures(1, 0, async (runner) => {
    let made = 0
    const stop = promiseHooks.onInit(() => {
      made += 1
    }) as () => void
    await run(runner, runner.urls, count)
    stop()
    // Includes the await of this loop, as for the floor.
    return Math.round(made / count)
  })
}

export function hotPath(time: Figures, bytes: Figures, promises: Figures): Section {
  const tables = VARIANTS.map(({ name, client }): Table => {
    const floor = time[name]?.[floorOf(client).name] ?? []
    return {
      title: name,
      columns: ['', 'CPU ns', 'ratio to the floor', 'bytes', 'promises'],
      rows: Object.entries(time[name] ?? {}).map(([who, each]) => [
        who,
        median(each),
        ratios(each, floor),
        median(bytes[name]?.[who] ?? []),
        median(promises[name]?.[who] ?? []),
      ]),
    }
  })
  return { id: 'a', title: 'Hot path, no network', tables, goals: goalsOf(time, bytes, promises) }
}

function goalsOf(time: Figures, bytes: Figures, promises: Figures): readonly Goal[] {
  return VARIANTS.flatMap(({ name, client, limit }) => {
    const us = CONTENDERS.find((each): each is Contender => each.ours === true && each.client === client)?.name ?? ''
    const floor = floorOf(client).name
    const over = (all: Figures): number => median(all[name]?.[us] ?? []) - median(all[name]?.[floor] ?? [])
    return [
      goal(`${name}: time by the floor's`, ratios(time[name]?.[us] ?? [], time[name]?.[floor] ?? []).median, limit),
      goal(`${name}: promises more than the floor`, over(promises), 0),
      goal(`${name}: bytes more than the floor`, over(bytes), 250),
    ]
  })
}
