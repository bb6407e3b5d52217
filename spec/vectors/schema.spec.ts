import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { schema, vectorOf } from './files.ts'

const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)
const inFile = (vector: unknown): unknown => ({ version: 1, title: 'x', vectors: [vector] })

/** The path of every schema of a property, with whether it is described. */
function* properties(part: unknown, path = ''): Generator<readonly [path: string, described: boolean]> {
  if (typeof part !== 'object' || part === null) return
  for (const [name, child] of Object.entries(part)) {
    if (name === 'properties') {
      for (const [property, of] of Object.entries(child as Record<string, object>)) {
        yield [`${path}/${property}`, 'description' in of || '$ref' in of]
      }
    }
    yield* properties(child, `${path}/${name}`)
  }
}

describe('The schema of the vectors', () => {
  it('describes each property', () => {
    const all = [...properties(schema)]
    expect(all.length).to.be.at.least(60)
    expect(all.filter(([, described]) => !described)).to.deep.equal([])
  })

  it('accepts a vector, and rejects unknown names at any depth', () => {
    const vector = vectorOf('write-fails')
    expect(validate(inFile(vector))).to.equal(true)
    const [step] = vector.steps
    const wrong = [
      { ...vector, more: 1 },
      { ...vector, end: { ...vector.end, more: 1 } },
      { ...vector, config: { stores: 'told' } },
      { ...vector, needs: ['magic'] },
      { ...vector, steps: [{ ...step, more: 1 }] },
      { ...vector, steps: [{ at: 0, do: [{ request: 'a', verb: 'GET' }], expect: [] }] },
      { ...vector, steps: [{ at: 0, expect: [{ apiRequest: 'a', bearer: 'AT-1', token: 'AT-1' }] }] },
      { ...vector, steps: [{ at: 0 }] },
      { ...vector, steps: [{ at: -1, expect: [] }] },
    ]
    for (const each of wrong) expect(validate(inFile(each)), JSON.stringify(each)).to.equal(false)
  })
})
