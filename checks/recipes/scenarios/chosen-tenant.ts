// A choice among the tenants that each provider lists, and requests to the tenant chosen, with the token revoked between.
import assert from 'node:assert/strict'
import type { AxiosInstance } from 'axios'
import { createTokenManager, type TokenManager } from '../../../lib/index.ts'
import { type Scenario, startServers } from '../scenario.ts'

interface Recipe {
  readonly xeroConnections: (tokens: TokenManager, root: string) => Promise<readonly { readonly tenantId: string }[]>
  readonly xeroClient: (tokens: TokenManager, tenantId: string, root: string) => AxiosInstance
  readonly jiraSites: (tokens: TokenManager, root: string) => Promise<readonly { readonly id: string }[]>
  readonly jiraClient: (tokens: TokenManager, siteId: string, root: string) => AxiosInstance
}

const CONNECTIONS = [
  { tenantId: 'practice', tenantType: 'PRACTICE', tenantName: 'A practice' },
  { tenantId: 'shop', tenantType: 'ORGANISATION', tenantName: 'A shop' },
]

const SITES = [
  { id: 'wiki', name: 'wiki', url: 'https://wiki.example', scopes: ['read:confluence-content.all'] },
  { id: 'team', name: 'team', url: 'https://team.example', scopes: ['read:jira-work'] },
]

export const scenario: Scenario = async (load) => {
  await using emulator = await startServers({
    'GET /connections': () => ({ status: 200, body: CONNECTIONS }),
    'GET /api.xro/2.0/Invoices': ({ headers }) => ({ status: 200, body: { tenant: headers['xero-tenant-id'] } }),
    'GET /oauth/token/accessible-resources': () => ({ status: 200, body: SITES }),
    'GET /ex/jira/{site}/rest/api/3/myself': (_request, _token, { site }) => ({ status: 200, body: { site } }),
  })
  const { xeroConnections, xeroClient, jiraSites, jiraClient } = (await load(emulator.api, emulator.url)) as Recipe
  const { provider, grants, api } = emulator
  const tokens = createTokenManager({
    provider,
    grant: 'client_credentials',
    credentials: grants.client_credentials,
  })
  const connections = await xeroConnections(tokens, api)
  assert.deepEqual(connections, [CONNECTIONS[1]])
  const xero = xeroClient(tokens, connections[0]?.tenantId ?? '', api)
  const sites = await jiraSites(tokens, api)
  assert.deepEqual(sites, [SITES[1]])
  const jira = jiraClient(tokens, sites[0]?.id ?? '', api)
  emulator.revokeAll()
  const [invoices, myself] = await Promise.all([xero.get<unknown>('/Invoices'), jira.get<unknown>('/myself')])
  assert.deepEqual([invoices.data, myself.data], [{ tenant: 'shop' }, { site: 'team' }])
  assert.deepEqual(emulator.counts, { token: 2, resource: 6, other: 0, unauthorized: 2 })
  // No token for another site.
  await assert.rejects(jira.get(`${api}/ex/jira/wiki/rest/api/3/myself`), { status: 401 })
  return 'the tenants of two providers listed, and one request to the tenant chosen of each, replayed after a 401'
}
