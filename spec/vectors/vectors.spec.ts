import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { files, page, schema, vectorOf } from './files.ts'
import { BINDINGS } from './runner/bindings.ts'
import type { Vector } from './runner/format.ts'
import { run } from './runner/run.ts'

/** Signs of a feature that only some clients have, by its name in `needs`. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  abort: /"abort":/,
  adopt: /"adopt":/,
  'ambiguous-refresh': /"ambiguousRefresh"/,
  cause: /"cause"/,
  clear: /"clear":/,
  'clock-change': /"turnClock"/,
  refresh_in: /"refresh_in"/,
  revocation: /"revocation":/,
  store: /"(storeHolds|stored|store)":/,
  'stream-body': /"stream":/,
}

function unsaid({ name, needs = [], config, start, steps }: Vector): string[] {
  const program = JSON.stringify([config, start, steps])
  return Object.entries(SIGNS)
    .filter(([need, sign]) => sign.test(program) && !needs.includes(need))
    .map(([need]) => `${name} needs ${need}`)
}

const validate = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true }).compile(schema)

describe('The vectors', () => {
  for (const [name, file] of files) {
    it(`of ${name} match the schema`, () => {
      expect(validate(file) ? [] : validate.errors).to.deep.equal([])
    })
  }

  it('are at least eighty, with unique names and claims', () => {
    const vectors = files.flatMap(([, file]) => file.vectors)
    expect(vectors.length).to.be.at.least(80)
    for (const field of ['name', 'claim'] as const) {
      expect(new Set(vectors.map((vector) => vector[field])).size).to.equal(vectors.length)
    }
  })

  it('list what they need of a client', () => {
    expect(files.flatMap(([, file]) => file.vectors.flatMap(unsaid))).to.deep.equal([])
  })

  it('are explained in a page that contains one of them and lists every file and every need', () => {
    const shown = JSON.parse(/```json\n([^]*?)```/.exec(page)?.[1] ?? 'null') as Vector
    expect(shown).to.deep.equal(vectorOf(shown.name))
    const needs = files.flatMap(([, file]) => file.vectors.flatMap((vector) => vector.needs ?? []))
    const names = [...files.map(([name]) => name), ...needs]
    expect(names.filter((name) => !page.includes(`\`${name}\``))).to.deep.equal([])
  })

  it('differ from each other in configuration, start or steps', () => {
    const programs = files.flatMap(([, file]) => file.vectors.map(({ config, start, steps }) => [config, start, steps]))
    expect(new Set(programs.map((program) => JSON.stringify(program))).size).to.equal(programs.length)
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
