// The page sends a request itself: one 401, one replay.
import assert from 'node:assert/strict'
import { API } from '../pages.ts'
import type { Scenario } from '../scenario.ts'

interface Recipe {
  readonly api: { readonly get: (url: string) => Promise<{ readonly data: { readonly authorization: string } }> }
  readonly mock: { readonly history: { readonly get: readonly { readonly headers?: object }[] } }
}

export const scenario: Scenario = async (load) => {
  const { api, mock } = (await load(API)) as Recipe
  assert.equal(mock.history.get.length, 2)
  assert.equal((await api.get('/orders')).data.authorization, 'Bearer token-2')
  for (const { headers } of mock.history.get)
    assert.equal(new Headers(headers as HeadersInit).has('authorization'), false)
  return 'a mocked 401, and the replay with the second token'
}
