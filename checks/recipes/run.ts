// npm run check -- recipes [NAME...]: checks the types of the code of each page in docs/recipes, and runs it as its scenario says.
import { rmSync, writeFileSync } from 'node:fs'
import { API, AUTHORIZATION_SERVER, readRecipes, type Recipe } from './pages.ts'
import type { Scenario } from './scenario.ts'
import { typeErrors } from './types.ts'

const fileOf = ({ name }: Recipe): URL => new URL(`.${name}.ts`, import.meta.url)
const asked = process.argv.slice(2)
const recipes = readRecipes().filter(({ name }) => asked.length === 0 || asked.includes(name))

function write(recipe: Recipe, api: string, authorizationServer: string): void {
  const code = recipe.code
    .replaceAll(API, api)
    .replaceAll(AUTHORIZATION_SERVER, authorizationServer)
    .replace("'./login-page.js'", "'../migrating/login-page.js'")
  writeFileSync(fileOf(recipe), code)
}

async function run(recipe: Recipe): Promise<void> {
  const { scenario } = (await import(`./scenarios/${recipe.name}.ts`)) as { readonly scenario: Scenario }
  const outcome = await scenario((api, authorizationServer) => {
    write(recipe, api, authorizationServer ?? AUTHORIZATION_SERVER)
    return import(fileOf(recipe).href)
  })
  console.log(`${recipe.name}: ${outcome}`)
}

try {
  for (const recipe of recipes) write(recipe, API, AUTHORIZATION_SERVER)
  const errors = typeErrors(recipes.map(fileOf))
  if (errors !== '') throw new Error(errors)
  for (const recipe of recipes) await run(recipe)
} finally {
  for (const recipe of recipes) rmSync(fileOf(recipe))
}
