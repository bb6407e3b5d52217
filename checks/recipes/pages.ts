// Reads docs/recipes. The TypeScript of a page is one module, in the order of the page, except for blocks that begin with the path of a file in
// a comment. Each page has a scenario with its name.
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const RECIPES = new URL('../../docs/recipes/', import.meta.url)

/** The origins in the code; the run replaces them by those of its servers. */
export const AUTHORIZATION_SERVER = 'https://as.example.com'
export const API = 'https://api.example.com'

export interface Recipe {
  readonly name: string
  /** Code by path. */
  readonly files: ReadonlyMap<string, string>
}

/** The path of the module of a page. */
export const MODULE = 'module.ts'

export function readRecipes(): readonly Recipe[] {
  return readdirSync(RECIPES)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .toSorted()
    .map((file) => ({
      name: file.replace(/\.md$/, ''),
      files: filesOf(readFileSync(new URL(file, RECIPES), 'utf8')),
    }))
}

/** The files of a page in TypeScript, by the paths that they have when they run. */
export function typeScriptOf({ name, files }: Recipe): [path: string, code: string][] {
  const folder = new URL(`.${name}/`, import.meta.url)
  return [...files]
    .filter(([path]) => path.endsWith('.ts'))
    .map(([path, code]) => [fileURLToPath(new URL(path, folder)), withLoginPage(code)])
}

/** Replaces the login page of the application by that of the check. */
export function withLoginPage(code: string): string {
  return code.replace("'./login-page.js'", "'../login-page.js'")
}

function filesOf(markdown: string): Map<string, string> {
  const files = new Map<string, string>()
  for (const [, language, code = ''] of markdown.matchAll(/^```(\w+)\n(.*?)^```/gms)) {
    const path = /^\/\/ (\S+\.\w+)\n/.exec(code)?.[1] ?? (language === 'ts' ? MODULE : undefined)
    if (path !== undefined) files.set(path, `${files.get(path) ?? ''}${code}\n`)
  }
  return files
}
