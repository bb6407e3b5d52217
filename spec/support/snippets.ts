/** The README, and the pages it was divided into. */
export const PAGES = [
  'README.md',
  ...['behavior', 'differences', 'errors', 'options', 'own-login', 'providers', 'sessions', 'systems', 'testing'].map(
    (name) => `docs/${name}.md`,
  ),
]

/** The TypeScript that a page shows, in its order; indented blocks aside. */
export function snippetsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code)
}
