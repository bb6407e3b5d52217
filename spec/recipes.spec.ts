import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { readRecipes, RECIPES } from '../checks/recipes/pages.ts'

// Their types: checks/package/pages.spec.ts.
describe('docs/recipes', () => {
  it('lists each page, and has a scenario for it', () => {
    const list = readFileSync(new URL('README.md', RECIPES), 'utf8')
    for (const { name } of readRecipes()) {
      expect(list).to.include(`](${name}.md)`)
      expect(existsSync(new URL(`../checks/recipes/scenarios/${name}.ts`, import.meta.url)), name).to.equal(true)
    }
  })
})
