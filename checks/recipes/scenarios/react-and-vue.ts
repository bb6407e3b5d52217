// A login and a logout, in a component of React and in a scope of Vue.
import assert from 'node:assert/strict'
import { type ApplicationTokenManager, createTokenManager } from '../../../lib/index.ts'
import { importPackage, type Scenario } from '../scenario.ts'

interface React {
  readonly createElement: (component: () => unknown) => object
  readonly act: (work: () => Promise<void>) => Promise<void>
}

interface Renderer {
  readonly create: (element: object) => { toJSON(): unknown; unmount(): void }
}

interface Vue {
  readonly effectScope: () => { run<T>(act: () => T): T; stop(): void }
}

interface Recipe {
  readonly sessionStatusHook: (tokens: ApplicationTokenManager) => () => string
  readonly useSessionStatus: (tokens: ApplicationTokenManager) => { readonly value: string }
}

async function logInAndOut(tokens: ApplicationTokenManager, seen: () => unknown): Promise<unknown[]> {
  const statuses = [seen()]
  for (const step of [() => tokens.adopt({ accessToken: 'AT-1' }), () => tokens.clear()]) {
    await step()
    statuses.push(seen())
  }
  return statuses
}

const EXPECTED = ['signed-out', 'signed-in', 'signed-out']

export const scenario: Scenario = async (load) => {
  const open = (): ApplicationTokenManager =>
    createTokenManager({ getToken: () => undefined, resources: ['https://api.example.com'] })
  const recipe = async (path: string): Promise<Recipe> =>
    (await load('https://api.example.com', undefined, path)) as Recipe

  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  const { createElement, act } = await importPackage<React>('react')
  const { create } = await importPackage<Renderer>('react-test-renderer')
  const tokens = open()
  const useStatus = (await recipe('react.ts')).sessionStatusHook(tokens)
  let rendered: ReturnType<Renderer['create']> | undefined
  await act(async () => {
    rendered = create(createElement(() => useStatus()))
    await Promise.resolve()
  })
  const statuses: unknown[] = [rendered?.toJSON()]
  for (const step of [() => tokens.adopt({ accessToken: 'AT-1' }), () => tokens.clear()]) {
    await act(async () => {
      await step()
    })
    statuses.push(rendered?.toJSON())
  }
  assert.deepEqual(statuses, EXPECTED)
  await act(async () => {
    rendered?.unmount()
    await Promise.resolve()
  })

  const { effectScope } = await importPackage<Vue>('vue')
  const { useSessionStatus } = await recipe('vue.ts')
  const [scope, others] = [effectScope(), open()]
  const status = scope.run(() => useSessionStatus(others))
  assert.deepEqual(await logInAndOut(others, () => status.value), EXPECTED)
  scope.stop()
  await others.adopt({ accessToken: 'AT-2' })
  assert.equal(status.value, 'signed-out')
  return 'a login and a logout are shown'
}
