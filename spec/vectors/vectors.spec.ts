import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { files, schema } from './files.ts'
import { BINDINGS } from './runner/bindings.ts'
import { run } from './runner/run.ts'

const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema)

describe('The vectors', () => {
  for (const [name, file] of files) {
    it(`of ${name} are what the schema allows`, () => {
      expect(validate(file) ? [] : validate.errors).to.deep.equal([])
    })
  }

  it('are eighty at least, each with a name and a claim of its own', () => {
    const vectors = files.flatMap(([, file]) => file.vectors)
    expect(vectors.length).to.be.at.least(80)
    for (const field of ['name', 'claim'] as const) {
      expect(new Set(vectors.map((vector) => vector[field])).size).to.equal(vectors.length)
    }
  })

  it('are each a play of their own: no two have the same configuration, start and steps', () => {
    const plays = files.flatMap(([, file]) => file.vectors.map(({ config, start, steps }) => [config, start, steps]))
    expect(new Set(plays.map((play) => JSON.stringify(play))).size).to.equal(plays.length)
  })
})

for (const [name, { vectors }] of files) {
  describe(`Vectors: ${name}`, () => {
    for (const vector of vectors) {
      for (const binding of BINDINGS) {
        it(`${vector.name}, over ${binding.name}: ${vector.claim}`, () => run(vector, binding))
      }
    }
  })
}
