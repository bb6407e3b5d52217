// Reads docs/recipes. The TypeScript of a page is one module, in the order of the page; each page has a scenario of its name.
import { readdirSync, readFileSync } from 'node:fs'

const RECIPES = new URL('../../docs/recipes/', import.meta.url)

/** The origins that the code names; the run puts a server of its own in their place. */
export const AUTHORIZATION_SERVER = 'https://as.example.com'
export const API = 'https://api.example.com'

export interface Recipe {
  readonly name: string
  readonly code: string
}

export function readRecipes(): readonly Recipe[] {
  return readdirSync(RECIPES)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, RECIPES), 'utf8')
      const blocks = [...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)
      return { name: file.replace(/\.md$/, ''), code: blocks.join('\n') }
    })
}
