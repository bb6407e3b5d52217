// The same number of connections for everybody, kept open between requests.
import { Agent } from 'node:http'
import type { CreateAxiosDefaults } from 'axios'
import { load } from './contender.ts'

interface Undici {
  readonly Agent: new (options: { readonly connections: number }) => object
  readonly setGlobalDispatcher: (dispatcher: object) => void
}

/** Bounds the connections of the global fetch; gives the defaults of axios instances that do the same. */
export async function connections(count: number): Promise<CreateAxiosDefaults> {
  const undici = await load<Undici>('undici')
  undici.setGlobalDispatcher(new undici.Agent({ connections: count }))
  return { httpAgent: new Agent({ keepAlive: true, maxSockets: count }) }
}
