// (a) A request with a token at hand, and no network: what the contender itself costs.
import { promiseHooks } from 'node:v8'
import type { Contender, Running } from '../contender.ts'
import { axiosBare } from '../contenders/axios-bare.ts'
import { CONTENDERS, floorOf } from '../contenders.ts'
import { startServer } from '../desk.ts'
import { urlsOf } from '../load.ts'
import { collect } from '../memory.ts'
import { answerAtOnce } from '../platform.ts'
import { goal, type Goal, type Section, type Table } from '../report.ts'
import { interleave, median, ratios } from '../stats.ts'
import { Stub } from '../stub.ts'

interface Variant {
  readonly name: string
  readonly client: Contender['client']
  /** What stands in for the network, and how much of a real fetch there is. */
  readonly over: 'adapter' | 'answer' | 'request' | 'dispatcher'
  /** The most of the floor's time that ours may take. */
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

/** By variant, by contender: a figure a round. */
export type Figures = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>

/** Those of the variant's client that put a token on every request, ready to run. */
async function ready({ client, over }: Variant): Promise<readonly Runner[]> {
  const server = await startServer()
  const stub = new Stub(over === 'request')
  if (over === 'dispatcher') await answerAtOnce(stub)
  const runners: Runner[] = []
  for (const contender of [...CONTENDERS, axiosBare].filter((each) => each.client === client)) {
    const { tokenEndpoint, api } = await server.desk()
    const stage = { tokenEndpoint, api }
    const running = await contender.make(over === 'dispatcher' ? stage : { ...stage, transport: stub })
    const urls = urlsOf(client === 'axios' ? '' : api, 256)
    stub.strict = contender !== axiosBare
    await run(running, urls, 1)
    stub.refused = 0
    stub.welcome = 0
    await run(running, urls, 20)
    if (contender !== axiosBare && (stub.welcome !== 20 || stub.refused !== 0))
      throw new Error(`${contender.name} puts no token on`)
    runners.push({ ...running, name: contender.name, urls })
  }
  stub.strict = false
  server.close()
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

/** Nanoseconds a request, of the processor: what others do on the machine meanwhile does not count. */
export function hotTime(quick: boolean): Promise<Figures> {
  const count = 250
  return figures(quick ? 40 : 100, 3_000, async (runner) => {
    // Nobody's garbage is collected in another one's time.
    collect('minor')
    const before = process.cpuUsage()
    await run(runner, runner.urls, count)
    const { user, system } = process.cpuUsage(before)
    return ((user + system) / count) * 1_000
  })
}

/** Bytes a request: run where the young generation is so large that nothing is collected meanwhile. */
export function hotBytes(quick: boolean): Promise<Figures> {
  const count = 500
  return figures(quick ? 5 : 15, 3_000, async (runner) => {
    collect()
    const before = process.memoryUsage().heapUsed
    await run(runner, runner.urls, count)
    return (process.memoryUsage().heapUsed - before) / count
  })
}

/** Promises a request, those of the runtime too. */
export function hotPromises(): Promise<Figures> {
  const count = 100
  return figures(1, 0, async (runner) => {
    let made = 0
    const stop = promiseHooks.onInit(() => {
      made += 1
    }) as () => void
    await run(runner, runner.urls, count)
    stop()
    // Each turn of the loop waits once, which the floor's do too.
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
