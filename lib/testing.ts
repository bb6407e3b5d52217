// The testing entry point: emulated systems on loopback, for specs, examples and trying things out, and the claims of a token store. Node only.
export { startEmulator } from './testing/emulator.ts'
export { knetikcloudEmulator } from './testing/systems/knetikcloud.ts'
export {
  netsapiensEmulator,
  netsapiensJwtEmulator,
  netsapiensLegacyEmulator,
} from './testing/systems/netsapiens/netsapiens.ts'
export { oauth2Emulator } from './testing/systems/oauth2/oauth2.ts'
export { phonecomEmulator } from './testing/systems/phonecom/phonecom.ts'
export { storeClaims } from './testing/store-claims.ts'
export { smscxEmulator } from './testing/systems/smscx.ts'
export { telstraEmulator } from './testing/systems/telstra.ts'
export { telstraV3Emulator } from './testing/systems/telstra.ts'
export type { EmulatedResponse } from './testing/server/response.ts'
export type { ReceivedRequest } from './testing/server/request.ts'
export type { Emulator, EmulatorOptions } from './testing/emulator.ts'
export type { Fault, ScriptedFault } from './testing/server/faults.ts'
export type { KnetikcloudActions, KnetikcloudOptions, KnetikcloudSystem } from './testing/systems/knetikcloud.ts'
export type { KnetikcloudAccount, KnetikcloudGrants, KnetikcloudSwitches } from './testing/systems/knetikcloud.ts'
export type { RequestCounts, LoggedRequest, RequestKind } from './testing/server/request-log.ts'
export type {
  NetsapiensActions,
  NetsapiensJwtSystem,
  NetsapiensLegacySystem,
  NetsapiensLogin,
  NetsapiensOptions,
  NetsapiensSwitches,
  NetsapiensSystem,
} from './testing/systems/netsapiens/netsapiens.ts'
export type { NetsapiensAccount, NetsapiensClient } from './testing/systems/netsapiens/authorization-server.ts'
export type {
  EmulatedOAuth2,
  OAuth2Actions,
  OAuth2EmulatorOptions,
  OAuth2Grants,
  OAuth2System,
} from './testing/systems/oauth2/oauth2.ts'
export type { PublicJsonWebKey } from './testing/systems/oauth2/assertions.ts'
export type { ClientAuthentication } from './testing/systems/oauth2/authorization-server.ts'
export type { Consent, OAuth2Account, OAuth2Switches } from './testing/systems/oauth2/authorization-server.ts'
export type { ExtensionGrant, OAuth2Extras } from './testing/systems/oauth2/endpoints.ts'
export type {
  PhonecomActions,
  PhonecomGrants,
  PhonecomOptions,
  PhonecomSystem,
} from './testing/systems/phonecom/phonecom.ts'
export type {
  PhonecomAccount,
  PhonecomClient,
  PhonecomSwitches,
} from './testing/systems/phonecom/authorization-server.ts'
export type { SmscxApplication, SmscxOptions, SmscxSwitches, SmscxSystem } from './testing/systems/smscx.ts'
export type { Fields } from './testing/server/request.ts'
export type {
  SystemFactory,
  GuardedRoute,
  OpenRoute,
  PathParams,
  WithApiUrl,
  WithApiAndTokenUrl,
  Resource,
  Routes,
  EmulatorContext,
  System,
} from './testing/system.ts'
export type { StoreClaim, StoreLimits } from './testing/store-claims.ts'
export type { TelstraSwitches, TelstraSystem } from './testing/systems/telstra.ts'
export type { TelstraClient, TelstraTokenSwitches } from './testing/systems/telstra.ts'
export type { TelstraV3Switches, TelstraV3System } from './testing/systems/telstra.ts'
export type { IssuedToken, IssueOptions, TokenStatus, IssuedTokens } from './testing/server/issued-tokens.ts'
