// Queries that mount together after the token was revoked; one while the session is over.
import assert from 'node:assert/strict'
import { startBackend } from '../../migrating/backend.ts'
import type { Scenario } from '../scenario.ts'

interface Recipe {
  readonly queryClient: { readonly fetchQuery: (options: object) => Promise<unknown>; readonly clear: () => void }
  readonly orderOptions: (id: string) => object
  readonly api: { readonly post: (url: string, body: object, config: object) => Promise<{ readonly data: object }> }
  readonly tokens: { readonly adopt: (answer: object) => Promise<unknown>; readonly status: string }
}

export const scenario: Scenario = async (load) => {
  const backend = await startBackend()
  const { queryClient, orderOptions, api, tokens } = (await load(backend.url)) as Recipe
  try {
    const { data } = await api.post('/auth/login', {}, { tokenflight: false })
    await tokens.adopt(data)
    backend.revoke()
    await Promise.all(['1', '2', '3', '4'].map((id) => queryClient.fetchQuery(orderOptions(id))))
    assert.equal(backend.refreshes, 1)

    backend.revoke()
    backend.endSessions()
    const failures = await Promise.all(
      ['5', '6'].map((id) =>
        queryClient.fetchQuery(orderOptions(id)).then(
          () => 'none',
          (error: unknown) => (error as Error).name,
        ),
      ),
    )
    assert.deepEqual(failures, ['ReauthenticationRequiredError', 'ReauthenticationRequiredError'])
    assert.equal(backend.refreshes, 2)
    assert.equal(tokens.status, 'ended')
    return 'four queries, one refresh; two at the end of the session, one refresh and no retry'
  } finally {
    queryClient.clear()
    await backend.close()
  }
}
