import {
  type Emulator,
  type EmulatorOptions,
  oauth2Emulator,
  type OAuth2System,
  startEmulator,
} from '../../lib/testing.ts'

/** Loads the module that a page shows, with servers in place of the origins it names. */
export type Load = (api: string, authorizationServer?: string) => Promise<unknown>

/** Does with the code of a page what the page says; throws if something else comes out. Returns what was seen, in a few words. */
export type Scenario = (load: Load) => Promise<string>

/** The authorization server and the API of the pages. */
export function startServers(resources: EmulatorOptions['resources'] & object): Promise<Emulator<OAuth2System>> {
  return startEmulator(oauth2Emulator({ clientId: 'the-client', clientSecret: 'the-secret' }), { resources })
}

/** Imports a package that is installed for the check alone, so its types are declared where they are used. */
export async function importPackage<T>(name: string): Promise<T> {
  return (await import(name)) as T
}
