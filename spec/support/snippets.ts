import { readdirSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

const pagesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}${name}`)

/** The README, and the pages of its topics: each of their snippets compiles and runs as it stands. */
export const PAGES = ['README.md', ...pagesIn('docs/')]

/** Pages whose code other checks run. */
export const OTHER_PAGES = [
  ...['CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...['docs/migrating/', 'docs/recipes/'].flatMap(pagesIn),
]

/** The TypeScript that a page shows, in its order; indented blocks aside. */
export function snippetsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)
}
