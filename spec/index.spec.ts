// The public API, name by name: whatever changes here is a change that users see, and belongs in the CHANGELOG.
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { namesOf, type Names } from './support/api-names.ts'

/** By the file in `lib/` that is the entry point. */
const API: Readonly<Record<string, { readonly values: string; readonly types: string }>> = {
  'index.ts': {
    values: `
      OAuthError PromptRequiredError ReauthenticationRequiredError StoreError StoreUnavailable TokenError
      TokenRequestError TokenResponseError createToken createTokenManager createTokenPool isTokenError
    `,
    types: `
      AnyTokenError ApplicationTokenManager AuthorizationExpectation AuthorizationRequest AuthorizationResult Claim Clock CommonOptions
      FunctionManagerOptions FunctionPoolOptions GetToken GetTokenOptions GetTokenRequest Presence Prompt RawAnswer RequestEvents ResourceServer SessionEnd SessionRecord
      SessionStatus Sign SkipReason StoredToken Timer Timing Token TokenAnswer TokenEndpointCall TokenErrorCode
      TokenEvent TokenEvents TokenFields TokenHistory TokenManager TokenManagerOptions TokenMark TokenPool TokenPoolOptions
      TokenRequestReason TokenResponseReason TokenRoot TokenSource TokenStore TokenTransport Verifier WireAnswer
      WireFailure WireRequest WireResult
    `,
  },
  'axios.ts': {
    values: 'attachBearer axiosTransport',
    types: 'AttachOptions Attachment BearerRequestOptions RequestHeaders RequestToSign',
  },
  'catalogue.ts': {
    values: `
      airtable amadeus amazonSpApi atlassian auth0 box cognito discord docusign dropbox ebay entra etsy facebook
      fedex figma fitbit github githubApp gitlab google googleServiceAccount hubspot ibmIam instagram keycloak
      linear linkedin mailchimp marketo notion okta paypal pipedrive quickbooks reddit ringcentral salesforce
      salesforceJwt servicenow shopify slack spotify square strava stripeConnect threads tiktok twilio twitch
      withings x xero zoho zoom
    `,
    types: '',
  },
  'fetch.ts': {
    values: 'fetchTransport wrapFetch',
    types: 'BearerFetch BearerRequestInit BearerResponse RequestHeaders RequestToSign WrapOptions',
  },
  'providers.ts': {
    values: `
      clientSecretJwt defineProvider deviceAuthorization discover knetikcloud netsapiens netsapiensJwt netsapiensLegacy oauth2 phonecom privateKeyJwt
      signedJwt smscx telstra telstraV3 tokenOf
    `,
    types: `
      Authorize Callback ClientSecretJwtOptions Credential CredentialRequest Credentials
      DeviceAuthorization DiscoveryCache DiscoveryOptions Encoding Endpoint ErrorShape Grant GrantName
      JwtSigner KeptField Knetikcloud Lifetime Match Netsapiens NetsapiensJwt NetsapiensLegacy OAuth2Options Param
      Path Paths Phonecom Placement PrivateKeyJwtOptions Prompt PromptAnswer ProviderDefinition
      RenewableCredential Renewal SignedJwtOptions SigningKey Smscx Telstra TelstraV3 Template TokenAnswer
      TokenRequest Wait WireAnswer WireRequest
    `,
  },
  'stores/exclusive.ts': {
    values: 'exclusiveStore',
    types: 'ExclusiveItems ExclusiveStorage',
  },
  'stores/file.ts': {
    values: 'fileStore',
    types: '',
  },
  'stores/memory.ts': {
    values: 'memoryStore',
    types: '',
  },
  'stores/redis.ts': {
    values: 'redisStore',
    types: 'RedisStoreOptions Send Subscribe',
  },
  'stores/seal.ts': {
    values: 'sealWith',
    types: 'SealKey SealKeys',
  },
  'stores/sql.ts': {
    values: 'sqlStore',
    types: 'Query SqlStoreOptions Subscribe',
  },
  'stores/web.ts': {
    values: 'webStore',
    types: '',
  },
  'testing.ts': {
    values: `
      knetikcloudEmulator netsapiensEmulator netsapiensJwtEmulator netsapiensLegacyEmulator oauth2Emulator
      phonecomEmulator smscxEmulator startEmulator storeClaims telstraEmulator telstraV3Emulator
    `,
    types: `
      ClientAuthentication Consent EmulatedOAuth2 EmulatedResponse Emulator EmulatorContext
      EmulatorOptions ExtensionGrant Fault Fields GuardedRoute IssueOptions IssuedToken
      IssuedTokens KnetikcloudAccount KnetikcloudActions KnetikcloudGrants KnetikcloudOptions
      KnetikcloudSwitches KnetikcloudSystem LoggedRequest NetsapiensAccount NetsapiensActions
      NetsapiensClient NetsapiensJwtSystem NetsapiensLegacySystem NetsapiensLogin
      NetsapiensOptions NetsapiensSwitches NetsapiensSystem OAuth2Account OAuth2Actions
      OAuth2EmulatorOptions OAuth2Extras OAuth2Grants OAuth2Switches OAuth2System OpenRoute
      PathParams PhonecomAccount PhonecomActions PhonecomClient PhonecomGrants PhonecomOptions
      PhonecomSwitches PhonecomSystem PublicJsonWebKey ReceivedRequest RequestCounts RequestKind Resource Routes
      ScriptedFault SmscxApplication SmscxOptions SmscxSwitches SmscxSystem StoreClaim StoreLimits System SystemFactory
      TelstraClient TelstraSwitches TelstraSystem TelstraTokenSwitches TelstraV3Switches
      TelstraV3System TokenStatus WithApiAndTokenUrl WithApiUrl
    `,
  },
}

const words = (text: string): string[] => text.split(/\s+/).filter(Boolean)

describe('The public API', function () {
  // The compiler reads all of it once.
  this.timeout(60_000)
  let names: ReadonlyMap<string, Names>
  before(() => {
    names = namesOf(Object.keys(API))
  })

  it('has these entry points', async () => {
    const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
    const { exports } = JSON.parse(manifest) as { exports: Record<string, string | { default: string }> }
    const built = Object.values(exports).flatMap((each) => (typeof each === 'string' ? [] : [each.default]))
    const files = Object.keys(API).map((file) => `./dist/${file.replace('.ts', '.js')}`)
    expect(built).to.have.members([...files, './dist/catalogue/*.js'])
  })

  for (const [file, { values, types }] of Object.entries(API)) {
    it(`of ${file} has these values, also at run time`, async () => {
      expect(names.get(file)?.values).to.deep.equal(words(values))
      const loaded = (await import(`../lib/${file}`)) as object
      const given = Object.keys(loaded).filter((name) => name !== 'default' && name !== 'module.exports')
      expect(given).to.have.members(words(values))
    })

    it(`of ${file} has these types`, () => {
      expect(names.get(file)?.types).to.deep.equal(words(types))
    })
  }
})
