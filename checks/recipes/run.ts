// npm run check -- recipes [NAME...]: checks the types of the code of each page in docs/recipes, and runs its scenario.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { API, AUTHORIZATION_SERVER, MODULE, readRecipes, type Recipe, typeScriptOf, withLoginPage } from './pages.ts'
import type { Scenario } from './scenario.ts'
import { typeErrors } from './types.ts'

const folderOf = ({ name }: Recipe): URL => new URL(`.${name}/`, import.meta.url)
const asked = process.argv.slice(2)
const recipes = readRecipes().filter(({ name }) => asked.length === 0 || asked.includes(name))
let loads = 0

/** Writes the files of a page. */
function write(recipe: Recipe, api: string, authorizationServer: string): void {
  for (const [path, code] of recipe.files) {
    const file = new URL(path, folderOf(recipe))
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(file, withLoginPage(code).replaceAll(API, api).replaceAll(AUTHORIZATION_SERVER, authorizationServer))
  }
}

async function run(recipe: Recipe): Promise<void> {
  const { scenario } = (await import(`./scenarios/${recipe.name}.ts`)) as { readonly scenario: Scenario }
  const outcome = await scenario((api, authorizationServer = AUTHORIZATION_SERVER, path = MODULE) => {
    write(recipe, api, authorizationServer)
    // A new module for each load.
    return import(new URL(`${path}?${String(++loads)}`, folderOf(recipe)).href)
  }, folderOf(recipe))
  console.log(`${recipe.name}: ${outcome}`)
}

try {
  const errors = typeErrors(new Map(recipes.flatMap(typeScriptOf)), ['absent'])
  if (errors !== '') throw new Error(errors)
  for (const recipe of recipes) {
    write(recipe, API, AUTHORIZATION_SERVER)
    await run(recipe)
  }
} finally {
  for (const recipe of recipes) rmSync(folderOf(recipe), { recursive: true, force: true })
}
