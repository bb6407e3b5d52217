// The entry point of providers: the five systems, `oauth2()` for any other server, `defineProvider()` for definitions.
export {
  clientSecretJwt,
  type ClientSecretJwtOptions,
  type JwtSigner,
  privateKeyJwt,
  type PrivateKeyJwtOptions,
  signedJwt,
  type SignedJwtOptions,
} from './providers/assertions.ts'
export { defineProvider } from './providers/define-provider.ts'
export type {
  Credential,
  CredentialRequest,
  Credentials,
  GrantName,
  PromptAnswer,
  RenewableCredential,
} from './definitions/credentials.ts'
export type {
  Authorize,
  Callback,
  Encoding,
  Endpoint,
  ErrorShape,
  Grant,
  KeptField,
  Lifetime,
  Match,
  Param,
  Path,
  Paths,
  Placement,
  Prompt,
  ProviderDefinition,
  Renewal,
  Template,
  TokenAnswer,
  TokenRequest,
  Wait,
  WireAnswer,
  WireRequest,
} from './definitions/definition.ts'
export { knetikcloud, type Knetikcloud } from './providers/presets/knetikcloud.ts'
export {
  netsapiens,
  netsapiensJwt,
  netsapiensLegacy,
  type Netsapiens,
  type NetsapiensJwt,
  type NetsapiensLegacy,
} from './providers/presets/netsapiens.ts'
export { type DeviceAuthorization, deviceAuthorization } from './providers/device-authorization.ts'
export { discover, type DiscoveryCache, type DiscoveryOptions } from './providers/discover.ts'
export { oauth2, type OAuth2Options } from './providers/oauth2.ts'
export { phonecom, type Phonecom } from './providers/presets/phonecom.ts'
export type { SigningKey } from './util/signing-key.ts'
export { smscx, type Smscx } from './providers/presets/smscx.ts'
export { tokenOf } from './providers/token-of.ts'
export { telstra, telstraV3, type Telstra, type TelstraV3 } from './providers/presets/telstra.ts'
