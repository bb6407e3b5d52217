// The types of the code of docs/recipes and docs/migrating; `npm run check -- recipes` and `-- migrating` run it. A part of
// `npm run check -- package`.
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readPages } from '../migrating/pages.ts'
import { readRecipes, typeScriptOf } from '../recipes/pages.ts'
import { typeErrors } from '../recipes/types.ts'

describe('The code of the pages', function () {
  this.timeout(300_000)

  it('has no type error: docs/recipes', () => {
    const code = new Map(readRecipes().flatMap(typeScriptOf))
    expect(code).to.have.length.above(0)
    expect(typeErrors(code, ['absent', 'installed'])).to.equal('')
  })

  it('has no type error: docs/migrating', () => {
    const folder = new URL('../migrating/', import.meta.url)
    const code = readPages().flatMap(({ file, before, after }) => [
      [fileURLToPath(new URL(`.${file}.before.js`, folder)), before] as const,
      [fileURLToPath(new URL(`.${file}.after.js`, folder)), after] as const,
    ])
    expect(code).to.have.length.above(0)
    expect(typeErrors(new Map(code), ['replaced'])).to.equal('')
  })

  it('is compiled: a type error is reported', () => {
    const wrong = { name: 'wrong', files: new Map([['module.ts', 'export const one: string = 1']]) }
    expect(typeErrors(new Map(typeScriptOf(wrong)), [])).to.match(/wrong\/module\.ts\(1,14\): error TS2322/)
  })
})
