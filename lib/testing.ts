// The testing entry point: emulated systems on loopback, for specs, examples and trying things out. Node only.
export { startEmulator } from './testing/emulator.ts'
export { knetikcloudEmulator } from './testing/knetikcloud.ts'
export { netsapiensEmulator, netsapiensJwtEmulator, netsapiensLegacyEmulator } from './testing/netsapiens.ts'
export { oauth2Emulator } from './testing/oauth2.ts'
export { phonecomEmulator } from './testing/phonecom.ts'
export { smscxEmulator } from './testing/smscx.ts'
export { telstraEmulator } from './testing/telstra.ts'
export { telstraV3Emulator } from './testing/telstra-v3.ts'
export type { Answer } from './testing/answer.ts'
export type { Arrival } from './testing/arrival.ts'
export type { Emulator, EmulatorOptions } from './testing/emulator.ts'
export type { Fault, Scripted } from './testing/faults.ts'
export type { KnetikcloudActions, KnetikcloudOptions, KnetikcloudSystem } from './testing/knetikcloud.ts'
export type { KnetikcloudAccount, KnetikcloudGrants, KnetikcloudSwitches } from './testing/knetikcloud-desk.ts'
export type { Counts, Entry, Kind } from './testing/log.ts'
export type {
  NetsapiensActions,
  NetsapiensJwtSystem,
  NetsapiensLegacySystem,
  NetsapiensLogin,
  NetsapiensOptions,
  NetsapiensSwitches,
  NetsapiensSystem,
} from './testing/netsapiens.ts'
export type { NetsapiensAccount, NetsapiensClient } from './testing/netsapiens-desk.ts'
export type {
  EmulatedOAuth2,
  OAuth2Actions,
  OAuth2EmulatorOptions,
  OAuth2Grants,
  OAuth2System,
} from './testing/oauth2.ts'
export type { ClientAuthentication } from './testing/oauth2-client.ts'
export type { Consent, OAuth2Account, OAuth2Switches } from './testing/oauth2-desk.ts'
export type { ExtensionGrant, OAuth2Extras } from './testing/oauth2-token.ts'
export type { PhonecomActions, PhonecomGrants, PhonecomOptions, PhonecomSystem } from './testing/phonecom.ts'
export type { PhonecomAccount, PhonecomClient, PhonecomSwitches } from './testing/phonecom-desk.ts'
export type { SmscxApplication, SmscxOptions, SmscxSwitches, SmscxSystem } from './testing/smscx.ts'
export type { Fields } from './testing/strict.ts'
export type {
  Blueprint,
  GuardedRoute,
  OpenRoute,
  Params,
  Pointed,
  Repointed,
  Resource,
  Routes,
  Site,
  System,
} from './testing/system.ts'
export type { TelstraSwitches, TelstraSystem } from './testing/telstra.ts'
export type { TelstraClient, TelstraTokenSwitches } from './testing/telstra-token.ts'
export type { TelstraV3Switches, TelstraV3System } from './testing/telstra-v3.ts'
export type { IssuedToken, Order, Standing, TokenBook } from './testing/token-book.ts'
