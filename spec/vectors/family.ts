// Claims about each family of vectors that has a format of its own: `NAME.json`, with `NAME.schema.json` and a part of the page.
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { page, read } from './files.ts'

interface FamilyVector {
  readonly name: string
  readonly claim: string
}

/** `programOf` gives all of a vector but its name, its claim and its outcome. */
export function itHoldsItsSchema<V extends FamilyVector>(
  family: string,
  vectors: readonly V[],
  programOf: (vector: V) => unknown,
): void {
  it('match their schema, and differ from each other', () => {
    const file = read(`${family}.json`) as object
    const schema = read(`${family}.schema.json`) as object
    const validate = new Ajv2020({ allErrors: true, strict: true }).compile(schema)
    expect(validate(file) ? [] : validate.errors).to.deep.equal([])
    expect(validate({ ...file, vectors: [{ ...vectors[0], more: 1 }] })).to.equal(false)
    const parts = [({ name }: V) => name, ({ claim }: V) => claim, (vector: V) => JSON.stringify(programOf(vector))]
    for (const part of parts) expect(new Set(vectors.map(part)).size).to.equal(vectors.length)
  })
}

export function itIsExplained(heading: string, vectors: readonly FamilyVector[]): void {
  it('are explained in the page, which contains one of them', () => {
    const part = page.split(`\n## ${heading}\n`)[1]
    const shown = JSON.parse(/```json\n([^]*?)```/.exec(part ?? '')?.[1] ?? 'null') as unknown
    expect(vectors).to.deep.include(shown)
  })
}
