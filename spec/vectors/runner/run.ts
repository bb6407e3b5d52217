// Runs one vector through one binding; throws at the first difference from the vector.
import type { Binding } from './bindings.ts'
import { compare, equal, VectorFailure } from './check.ts'
import type { Vector } from './format.ts'
import { Model } from './model.ts'

// After the last step nothing may happen by itself.
const SILENCE = 3_600_000

export async function run(vector: Vector, binding: Binding): Promise<void> {
  const { now: real } = Date
  let model: Model | undefined
  // The pause after rejected tokens uses the platform's clock, which a binding reads when it is created.
  Date.now = () => model?.now() ?? real()
  try {
    model = new Model(vector, binding)
    await runSteps(vector, model)
  } finally {
    Date.now = real
  }
}

async function runSteps({ start, steps, end }: Vector, model: Model): Promise<void> {
  const last = lastOf(steps)
  await model.begin(start)
  compare(0, [], await model.perform([]))
  for (const { at, do: actions = [], expect } of steps) {
    await model.advanceTo(at)
    compare(at, expect, await model.perform(actions))
  }
  const { endpoint, api, store } = model
  equal('callers that got nothing', 0, model.unsettled)
  equal('unanswered token requests', 0, endpoint.waiting)
  equal('unanswered API requests', 0, api.waiting)
  equal('unanswered writes of the store', 0, store.waiting)
  await model.advanceTo(last + SILENCE)
  compare(last + SILENCE, [], await model.perform([]))
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
