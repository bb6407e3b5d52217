// The library with the oldest supported axios: its modules are loaded again, and import that axios.
import { register } from 'node:module'

const MARK = '?axios-floor'

// A module of the library that a marked one imports is marked too; packages are not.
const hooks = `
export async function resolve(name, context, next) {
  if (!context.parentURL?.endsWith('${MARK}')) return next(name, context)
  const found = await next(name === 'axios' ? 'axios-floor' : name, context)
  return found.url.includes('/node_modules/') || found.url.includes('?') ? found : { ...found, url: found.url + '${MARK}' }
}`

register(`data:text/javascript,${encodeURIComponent(hooks)}`)

/** Loads a module of `lib/`, e.g. `token-endpoint/axios-transport.ts`, with the oldest axios; the caller casts its type. */
export function importOverFloor(path: string): Promise<unknown> {
  return import(new URL(`../../lib/${path}${MARK}`, import.meta.url).href)
}
