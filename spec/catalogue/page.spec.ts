// docs/catalogue.md is what the definitions say.
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { PAGE } from './page.ts'

describe('docs/catalogue.md', () => {
  it('is generated from the definitions by npm run catalogue', () => {
    const page = readFileSync(new URL('../../docs/catalogue.md', import.meta.url), 'utf8')
    expect(page).to.equal(PAGE)
  })
})
