// (b) A request with a token available, to a server in another process.
import type { Running } from '../contender.ts'
import { CONTENDERS, floorOf } from '../contenders.ts'
import { startTokenServers } from '../token-servers.ts'
import { sendAll, timed, urlsOf } from '../load.ts'
import { collect } from '../memory.ts'
import { limitConnections } from '../network.ts'
import { goal, type Section } from '../report.ts'
import { interleave, median, ratios, spread } from '../stats.ts'

const WIDTH = 64

/** Milliseconds per round, by contender. */
export type Rounds = Readonly<Record<string, readonly number[]>>

interface Runner extends Running {
  readonly name: string
  readonly urls: readonly string[]
}

export async function loopback(quick: boolean): Promise<Rounds> {
  const count = 256
  const axios = await limitConnections(WIDTH)
  const servers = await startTokenServers()
  const runners: Runner[] = []
  for (const { name, client, make } of CONTENDERS) {
    const server = await servers.add()
    const running = await make({ ...server, axios })
    const urls = urlsOf(client === 'axios' ? '' : server.api, count)
    await sendAll(running, urls.slice(0, 1), 1)
    const first = await server.counts()
    const failed = await sendAll(running, urls, WIDTH)
    const then = await server.counts()
    if (failed > 0 || then.token > first.token || then.resource !== first.resource + count)
      throw new Error(`${name} does not do the job`)
    runners.push({ ...running, name, urls })
  }
  const of = await interleave(runners, quick ? 8 : 40, (runner) => {
    collect('minor')
    return timed(() => sendAll(runner, runner.urls, WIDTH))
  })
  servers.close()
  return Object.fromEntries(runners.map(({ name }) => [name, of(name).map((each) => each / count)]))
}

export function loopbackSection(rounds: Rounds): Section {
  const ratioOf = (name: string): ReturnType<typeof ratios> => {
    const client = CONTENDERS.find((each) => each.name === name)?.client ?? 'axios'
    return ratios(rounds[name] ?? [], rounds[floorOf(client).name] ?? [])
  }
  return {
    id: 'b',
    title: `Loopback, ${String(WIDTH)} requests at a time`,
    tables: [
      {
        title: 'A request to a server in another process, connections kept',
        columns: ['', 'µs', 'ratio to the floor'],
        rows: Object.entries(rounds).map(([name, each]) => [name, median(each) * 1_000, ratioOf(name)]),
      },
    ],
    goals: CONTENDERS.filter(({ ours }) => ours).map(({ name, client }) => {
      const floor = spread(rounds[floorOf(client).name] ?? [])
      // The noise is the floor's 90th percentile by its median.
      return goal(`${name}: time by the floor's, within its noise`, ratioOf(name).median, floor.high / floor.median)
    }),
  }
}
