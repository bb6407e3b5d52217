// The stores of docs/recipes that need a special runtime: their code, with a function that tests a store with `storeClaims`.
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { readRecipes } from '../recipes/pages.ts'

/** The code of a page, and `tryStore(store)`, which returns trials. */
export async function storeProgram(page: string): Promise<string> {
  const code =
    readRecipes()
      .find(({ name }) => name === page)
      ?.files.get('store.ts') ?? ''
  const { outputFiles } = await build({
    stdin: {
      contents: `${code}\nexport { tryStore } from './try-store.ts'`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    external: ['cloudflare:workers'],
  })
  return outputFiles[0]?.text ?? ''
}
