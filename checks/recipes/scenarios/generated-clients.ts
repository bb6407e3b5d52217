// One request by each client, with the token revoked in between.
import assert from 'node:assert/strict'
import { type Scenario, startServers } from '../scenario.ts'

interface Order {
  readonly id: string
}

interface Recipe {
  readonly orderOf: (id: string) => Promise<string | undefined>
  readonly mutator: (config: { readonly url: string; readonly method: string }) => Promise<Order>
  readonly fetchMutator: (url: string) => Promise<{ readonly data: Order; readonly status: number }>
}

export const scenario: Scenario = async (load) => {
  await using emulator = await startServers({
    'GET /orders/{id}': (_request, _token, { id }) => ({ status: 200, body: { id } }),
  })
  const { orderOf, mutator, fetchMutator } = (await load(emulator.api, emulator.url)) as Recipe
  const calls = [
    () => orderOf('1'),
    async () => (await mutator({ url: '/orders/1', method: 'GET' })).id,
    async () => (await fetchMutator(`${emulator.api}/orders/1`)).data.id,
  ]
  for (const call of calls) {
    assert.equal(await call(), '1')
    emulator.revokeAll()
    assert.equal(await call(), '1')
  }
  assert.deepEqual(emulator.counts, { token: 4, resource: 9, other: 0, unauthorized: 3 })
  return 'openapi-fetch and both mutators of orval, each replayed after a 401'
}
