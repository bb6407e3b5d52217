// (d) The token is revoked while 1,000 requests are in flight; some are refused long after it has been replaced.
import type { Contender, Environment } from '../contender.ts'
import { CONTENDERS } from '../contenders.ts'
import { startTokenServers, type TokenServers } from '../token-servers.ts'
import type { Counts } from '../messages.ts'
import { sendAll, urlsOf } from '../load.ts'
import { limitConnections } from '../network.ts'
import { goal, type Section } from '../report.ts'

const SOON = 400
const LATE = 1_200
const COUNT = 1_000

/** The highest counts of any round for 1,000 requests, by contender. */
export type Revocation = Readonly<Record<string, Counts & { readonly failures: number }>>

export async function revocation(quick: boolean): Promise<Revocation> {
  const axios = await limitConnections(COUNT)
  const servers = await startTokenServers()
  const worst: Record<string, Revocation[string]> = {}
  for (let round = 0; round < (quick ? 1 : 3); round += 1)
    for (const each of CONTENDERS.filter(({ floor }) => !floor)) {
      const now = await once(each, servers, axios)
      const { token = 0, resource = 0, refused = 0, failures = 0 } = worst[each.name] ?? {}
      worst[each.name] = {
        token: Math.max(token, now.token),
        resource: Math.max(resource, now.resource),
        refused: Math.max(refused, now.refused),
        failures: Math.max(failures, now.failures),
      }
    }
  servers.close()
  return worst
}

async function once(
  each: Contender,
  servers: TokenServers,
  axios: Environment['axios'] & object,
): Promise<Revocation[string]> {
  const server = await servers.add({ tokenDelay: 50 })
  const running = await each.make({ ...server, axios })
  const at = each.client === 'axios' ? '' : server.api
  await sendAll(running, urlsOf(at, 1), 1)
  const before = await server.counts()
  // The delayed requests first: they must be in flight before the token is replaced.
  const urls = [...urlsOf(at, 100, `&late=${String(LATE)}`), ...urlsOf(at, COUNT - 100, `&late=${String(SOON)}`)]
  const [failures] = await Promise.all([sendAll(running, urls, COUNT), server.set({ revoke: true })])
  const { token, resource, refused } = await server.counts()
  return {
    token: token - before.token,
    resource: resource - before.resource,
    refused: refused - before.refused,
    failures,
  }
}

export function revocationSection(worst: Revocation): Section {
  return {
    id: 'd',
    title: 'Revocation under 1,000 requests, of which 100 are refused when the token has long been replaced',
    tables: [
      {
        title: 'The most of any round',
        columns: ['', 'token calls', 'API calls', 'of these refused', 'failures'],
        rows: Object.entries(worst).map(([name, { token, resource, refused, failures }]) => [
          name,
          token,
          resource,
          refused,
          failures,
        ]),
      },
    ],
    goals: CONTENDERS.filter(({ ours }) => ours).flatMap(({ name }) => [
      goal(`${name}: token calls`, worst[name]?.token ?? NaN, 1),
      goal(`${name}: failures`, worst[name]?.failures ?? NaN, 0),
      goal(`${name}: API calls`, worst[name]?.resource ?? NaN, 2 * COUNT),
    ]),
  }
}
