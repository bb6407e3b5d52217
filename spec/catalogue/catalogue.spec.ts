// The definitions of the catalogue against the facts of `flows.json`, over both clients.
import '../support/instant-digest.ts'
import { readdirSync } from 'node:fs'
import { expect } from 'chai'
import * as catalogue from '../../lib/catalogue.ts'
import type { ProviderDefinition } from '../../lib/providers.ts'
import { CLIENTS } from './clients.ts'
import { FLOWS } from './flow.ts'
import { runFailure, runFlow } from './run-flow.ts'
import { type CatalogueServer, startCatalogueServer } from './server.ts'
import { type Row, TABLE } from './table.ts'

const entries: readonly [name: string, provider: ProviderDefinition][] = Object.entries(catalogue)
const rows = FLOWS.flatMap((flow): [flow: (typeof FLOWS)[number], row: Row][] => {
  const row = TABLE[flow.id]
  return typeof row === 'object' ? [[flow, row]] : []
})

/** The grants of a provider; that of a refresh token where it has no other. */
function grantsOf({ grants }: ProviderDefinition): readonly string[] {
  const names = Object.keys(grants)
  return names.length > 0 ? names : ['refresh_token']
}

describe('The catalogue', () => {
  let server: CatalogueServer
  before(async () => {
    server = await startCatalogueServer()
  })
  after(() => server.close())

  for (const [flow, row] of rows) {
    it(`sends the requests of ${flow.id}: the first token, the API, renewals`, async () => {
      for (const client of Object.values(CLIENTS)) await runFlow(flow, row, client, server)
    })
    if (flow.failure)
      it(`reports an error response of ${flow.id} by its code`, async () => {
        for (const client of Object.values(CLIENTS)) await runFailure(flow, row, client, server)
      })
  }

  it('has a flow for each grant of each definition, and a definition or a reason for each flow', () => {
    expect(Object.keys(TABLE)).to.have.members(FLOWS.map(({ id }) => id))
    const tried = rows.map(([, { options }]) => [options.provider.id, options.grant ?? grantsOf(options.provider)[0]])
    const grants = entries.flatMap(([, provider]) => grantsOf(provider).map((grant) => [provider.id, grant]))
    expect(tried).to.deep.include.members(grants)
  })

  it('names each definition by its file, its id and one exported name', async () => {
    const files = readdirSync(new URL('../../lib/catalogue/', import.meta.url)).map((file) => file.replace('.ts', ''))
    expect(entries.map(([, { id }]) => id)).to.have.members(files)
    for (const [name, provider] of entries) {
      expect(provider.id.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase())).to.equal(name)
      const module = (await import(`../../lib/catalogue/${provider.id}.ts`)) as Readonly<Record<string, unknown>>
      const exported = Object.keys(module).filter((each) => !['default', 'module.exports'].includes(each))
      expect(exported).to.deep.equal([name])
      expect(module[name]).to.include({ id: provider.id })
    }
  })
})
