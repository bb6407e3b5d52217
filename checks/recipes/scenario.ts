import { mkdirSync, writeFileSync } from 'node:fs'
import {
  type Emulator,
  type EmulatorOptions,
  oauth2Emulator,
  type OAuth2System,
  startEmulator,
} from '../../lib/testing.ts'

/** Loads the module of a page, or a file of it, with its origins replaced by servers. Each load is a new module. */
export type Load = (api: string, authorizationServer?: string, path?: string) => Promise<unknown>

/**
 * Uses the code of a page as the page says; throws on another result. Returns a short description of the result. The files of the page are in
 * `folder`.
 */
export type Scenario = (load: Load, folder: URL) => Promise<string>

/** The authorization server and the API of the pages. */
export function startServers(resources: EmulatorOptions['resources'] & object): Promise<Emulator<OAuth2System>> {
  const redirectUri = 'https://app.example.com/callback'
  return startEmulator(oauth2Emulator({ clientId: 'the-client', clientSecret: 'the-secret', redirectUri }), {
    resources,
  })
}

/** Imports a package that is installed for the check alone, so its types are declared where they are used. */
export async function importPackage<T>(name: string): Promise<T> {
  return (await import(name)) as T
}

/** Replaces globals; returns the function that restores them. */
export function setGlobals(values: Readonly<Record<string, unknown>>): () => void {
  const replaced = Object.keys(values).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const)
  for (const [name, value] of Object.entries(values))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  return () => {
    for (const [name, descriptor] of replaced)
      if (descriptor) Object.defineProperty(globalThis, name, descriptor)
      else Reflect.deleteProperty(globalThis, name)
  }
}

/** Storage like that of a browser's tab. */
export function tabStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const texts = new Map<string, string>()
  return {
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => void texts.set(key, text),
    removeItem: (key) => void texts.delete(key),
  }
}

/** Replaces a package that is not installed by a module, for the files in `folder`; `path` is that of the import within the package. */
export function writeStandIn(folder: URL, name: string, path: string, code: string): void {
  const place = new URL(`node_modules/${name}/`, folder)
  mkdirSync(place, { recursive: true })
  writeFileSync(new URL('package.json', place), JSON.stringify({ type: 'module', exports: { [path]: './index.js' } }))
  writeFileSync(new URL('index.js', place), code)
}
