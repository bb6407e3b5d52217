// The library over the oldest axios it supports: its modules are loaded once more, and what they import from axios is that one.
import { register } from 'node:module'

const MARK = '?axios-floor'

// Every module of ours that a marked one imports is marked too; packages are not.
const hooks = `
export async function resolve(name, context, next) {
  if (!context.parentURL?.endsWith('${MARK}')) return next(name, context)
  const found = await next(name === 'axios' ? 'axios-floor' : name, context)
  return found.url.includes('/node_modules/') || found.url.includes('?') ? found : { ...found, url: found.url + '${MARK}' }
}`

register(`data:text/javascript,${encodeURIComponent(hooks)}`)

/** Loads a module of `lib/`, e.g. `token-endpoint/axios-transport.ts`, over the floor; its types are the caller's to name. */
export function importOverFloor(path: string): Promise<unknown> {
  return import(new URL(`../../lib/${path}${MARK}`, import.meta.url).href)
}
