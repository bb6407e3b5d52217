// Holds the code of docs/recipes and docs/migrating to their types; `npm run check -- recipes` and `-- migrating` run it.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { readPages } from '../checks/migrating/pages.ts'
import { readRecipes, RECIPES, typeScriptOf } from '../checks/recipes/pages.ts'
import { typeErrors } from '../checks/recipes/types.ts'

const recipes = readRecipes()

describe('docs/recipes', () => {
  it('has no type error', function () {
    this.timeout(120_000)
    expect(typeErrors(new Map(recipes.flatMap(typeScriptOf)), ['absent', 'installed'])).to.equal('')
  })

  it('reports a type error', function () {
    this.timeout(120_000)
    const wrong = {
      name: 'wrong',
      files: new Map([['module.ts', 'export const one: string = 1']]),
    }
    expect(typeErrors(new Map(typeScriptOf(wrong)), [])).to.match(/wrong\/module\.ts\(1,14\): error TS2322/)
  })

  it('lists each page, and has a scenario for it', () => {
    const list = readFileSync(new URL('README.md', RECIPES), 'utf8')
    for (const { name } of recipes) {
      expect(list).to.include(`](${name}.md)`)
      expect(existsSync(new URL(`../checks/recipes/scenarios/${name}.ts`, import.meta.url)), name).to.equal(true)
    }
  })
})

describe('docs/migrating', () => {
  it('has no type error', function () {
    this.timeout(120_000)
    const folder = new URL('../checks/migrating/', import.meta.url)
    const code = readPages().flatMap(({ file, before, after }) => [
      [fileURLToPath(new URL(`.${file}.before.js`, folder)), before] as const,
      [fileURLToPath(new URL(`.${file}.after.js`, folder)), after] as const,
    ])
    expect(typeErrors(new Map(code), ['replaced'])).to.equal('')
  })
})
