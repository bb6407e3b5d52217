// `npm run check -- catalogue [flow]`: checks that the specs of the catalogue detect wrong definitions. Prints how many of how many, by kind; each wrong
// definition throws at construction or fails in its flow.
import '../../spec/support/instant-digest.ts'
import { setTimeout as pause } from 'node:timers/promises'
import { defineProvider, type ProviderDefinition } from '../../lib/providers.ts'
import { CLIENTS } from '../../spec/catalogue/clients.ts'
import { FLOWS } from '../../spec/catalogue/flow.ts'
import { runFlow } from '../../spec/catalogue/run-flow.ts'
import { startCatalogueServer } from '../../spec/catalogue/server.ts'
import { TABLE } from '../../spec/catalogue/table.ts'
import { mutationsOf } from './mutations.ts'

const STALLED_MS = 2_000

const [chosen] = process.argv.slice(2)
const client = CLIENTS['wrapFetch']
if (!client) throw new Error('there is no client of that name')
const server = await startCatalogueServer()
const counts = new Map<string, { tried: number; refused: number; failed: number; stalled: number }>()
const unnoticed: string[] = []
// A wrong definition may leave pending promises.
process.on('unhandledRejection', () => undefined)

function isRefused(provider: ProviderDefinition): boolean {
  try {
    defineProvider(provider)
    return false
  } catch (error) {
    if (error instanceof TypeError) return true
    throw error
  }
}

for (const flow of FLOWS) {
  const row = TABLE[flow.id]
  if (typeof row !== 'object' || (chosen !== undefined && !flow.id.startsWith(chosen))) continue
  const attempt = (provider: ProviderDefinition): Promise<void> =>
    runFlow(flow, { ...row, options: { ...row.options, provider } }, client, server)
  await attempt({ ...row.options.provider })
  for (const { kind, difference, provider } of mutationsOf(flow, row)) {
    const count = counts.get(kind) ?? { tried: 0, refused: 0, failed: 0, stalled: 0 }
    counts.set(kind, count)
    count.tried += 1
    if (isRefused(provider)) {
      count.refused += 1
      continue
    }
    const stop = new AbortController()
    const outcome = await Promise.race([
      attempt(provider).then(
        () => 'unnoticed' as const,
        () => 'failed' as const,
      ),
      pause(STALLED_MS, 'stalled' as const, { signal: stop.signal }),
    ])
    stop.abort()
    if (outcome === 'unnoticed') unnoticed.push(`${flow.id}: ${kind}, ${difference}`)
    else count[outcome] += 1
  }
}
await server.close()

console.table(Object.fromEntries(counts))
const tried = [...counts.values()].reduce((sum, count) => sum + count.tried, 0)
console.log('%d of %d wrong definitions are noticed', tried - unnoticed.length, tried)
for (const each of unnoticed) console.log('  unnoticed: %s', each)
if (unnoticed.length > 0 || tried === 0) process.exitCode = 1
