// Gives all contenders the same number of connections, kept open between requests.
import { Agent } from 'node:http'
import type { CreateAxiosDefaults } from 'axios'
import { load } from './contender.ts'

interface Undici {
  readonly Agent: new (options: { readonly connections: number }) => object
  readonly setGlobalDispatcher: (dispatcher: object) => void
}

/** Limits the connections of the global fetch; returns axios defaults with the same limit. */
export async function limitConnections(count: number): Promise<CreateAxiosDefaults> {
  const undici = await load<Undici>('undici')
  undici.setGlobalDispatcher(new undici.Agent({ connections: count }))
  return { httpAgent: new Agent({ keepAlive: true, maxSockets: count }) }
}
