// The front door of the providers: the five systems, a maker for every other server, and one for definitions of your own.

export { defineProvider } from './providers/definition.ts'
export type { Credential, Credentials, GrantName, PromptAnswer, ProviderDefinition } from './providers/definition.ts'
export { knetikcloud } from './providers/knetikcloud.ts'
export { netsapiens, netsapiensJwt, netsapiensLegacy } from './providers/netsapiens.ts'
export { oauth2, type OAuth2Options } from './providers/oauth2.ts'
export { phonecom } from './providers/phonecom.ts'
export { smscx } from './providers/smscx.ts'
export { telstra, telstraV3 } from './providers/telstra.ts'
