// Runs one vector through one binding; throws for the first thing that is not as the vector says.
import type { Binding } from './bindings.ts'
import { compare, equal, VectorFailure } from './check.ts'
import type { Vector } from './format.ts'
import { World } from './model.ts'

// After the last step nothing may happen by itself.
const SILENCE = 3_600_000

export async function run(vector: Vector, binding: Binding): Promise<void> {
  const { now: real } = Date
  let world: World | undefined
  // The pause after refused tokens is counted by the platform's clock, which a binding takes when it is made.
  Date.now = () => world?.now() ?? real()
  try {
    world = new World(vector, binding)
    await play(vector, world)
  } finally {
    Date.now = real
  }
}

async function play({ start, steps, end }: Vector, world: World): Promise<void> {
  const last = lastOf(steps)
  await world.begin(start)
  compare(0, [], await world.act([]))
  for (const { at, do: actions = [], expect } of steps) {
    await world.reach(at)
    compare(at, expect, await world.act(actions))
  }
  const { endpoint, api, store } = world
  equal('callers that got nothing', 0, world.unsettled)
  equal('unanswered token requests', 0, endpoint.waiting)
  equal('unanswered API requests', 0, api.waiting)
  equal('unanswered writes of the store', 0, store.waiting)
  await world.reach(last + SILENCE)
  compare(last + SILENCE, [], await world.act([]))
  equal('the end', end, {
    tokenRequests: endpoint.received,
    apiRequests: api.received,
    store: store.kept ?? null,
  })
}

function lastOf(steps: Vector['steps']): number {
  return steps.reduce((last, { at }) => {
    if (at < last) throw new VectorFailure(`a step at ${String(at)} comes after one at ${String(last)}`)
    return at
  }, 0)
}
