// The definitions against emulators that were not made from them: each grant, the renewal after it, and the API.
import { expect } from 'chai'
import { createTokenManager } from 'tokenflight'
import { wrapFetch } from 'tokenflight/fetch'
import {
  knetikcloudEmulator,
  netsapiensEmulator,
  netsapiensJwtEmulator,
  netsapiensLegacyEmulator,
  oauth2Emulator,
  phonecomEmulator,
  smscxEmulator,
  startEmulator,
  telstraEmulator,
  telstraV3Emulator,
  type SystemFactory,
  type Emulator,
  type System,
} from 'tokenflight/testing'
import type { TokenSource } from 'tokenflight'

interface Case {
  readonly what: string
  /** Grants of the token requests: the first, and the one after every token was revoked. */
  readonly grants: readonly string[]
  readonly resource: string
  readonly run: (check: Check) => Promise<void>
}

type Check = (emulator: Emulator<System>, tokens: TokenSource) => Promise<void>

const CASES: readonly Case[] = [
  {
    what: 'telstra, client_credentials',
    grants: ['client_credentials', 'client_credentials'],
    resource: '/messages/sms',
    run: on(telstraEmulator(), ({ provider, credentials }) => createTokenManager({ provider, credentials })),
  },
  {
    what: 'telstraV3, client_credentials',
    grants: ['client_credentials', 'client_credentials'],
    resource: '/health-check',
    run: on(telstraV3Emulator(), ({ provider, credentials }) => createTokenManager({ provider, credentials })),
  },
  {
    what: 'netsapiens, password',
    grants: ['password', 'refresh_token'],
    resource: '/domains/~/users/~',
    run: on(netsapiensEmulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, grant: 'password', credentials }),
    ),
  },
  {
    what: 'netsapiens, password and passcode',
    grants: ['password', 'mfa', 'refresh_token'],
    resource: '/domains/~',
    run: on(netsapiensEmulator(), ({ provider, credentials, switches, actions }) => {
      switches.mfa = true
      const onPrompt = () => ({ passcode: actions.passcode() })
      return createTokenManager({ provider, grant: 'password', credentials, onPrompt })
    }),
  },
  {
    what: 'netsapiensJwt, password',
    grants: ['password', 'refresh_token'],
    resource: '/domains/~',
    run: on(netsapiensJwtEmulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, grant: 'password', credentials }),
    ),
  },
  {
    what: 'netsapiensJwt, password and passcode',
    grants: ['password', 'mfa', 'refresh_token'],
    resource: '/domains/~',
    run: on(netsapiensJwtEmulator(), ({ provider, credentials, switches, actions }) => {
      switches.mfa = true
      const onPrompt = () => ({ passcode: actions.passcode() })
      return createTokenManager({ provider, grant: 'password', credentials, onPrompt })
    }),
  },
  {
    what: 'netsapiensLegacy, password',
    grants: ['password', 'refresh_token'],
    resource: '/domains/~',
    run: on(netsapiensLegacyEmulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, grant: 'password', credentials }),
    ),
  },
  {
    what: 'knetikcloud, client_credentials',
    grants: ['client_credentials', 'client_credentials'],
    resource: '/me',
    run: on(knetikcloudEmulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, grant: 'client_credentials', credentials }),
    ),
  },
  {
    what: 'knetikcloud, password',
    grants: ['password', 'refresh_token'],
    resource: '/users/me',
    run: on(knetikcloudEmulator(), ({ provider, grants }) =>
      createTokenManager({ provider, grant: 'password', credentials: grants.password }),
    ),
  },
  ...(['facebook', 'google'] as const).map((grant) => ({
    what: `knetikcloud, ${grant}`,
    grants: [grant, 'refresh_token'],
    resource: '/me',
    run: on(knetikcloudEmulator(), ({ provider, actions }) =>
      createTokenManager({ provider, grant, credentials: { socialToken: actions.socialToken(grant) } }),
    ),
  })),
  {
    what: 'phonecom, client_credentials',
    grants: ['client_credentials', 'refresh_token'],
    resource: '/accounts',
    run: on(phonecomEmulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, grant: 'client_credentials', credentials }),
    ),
  },
  {
    what: 'phonecom by query, client_credentials',
    grants: ['client_credentials', 'refresh_token'],
    resource: '/accounts',
    run: on(phonecomEmulator(), ({ provider, credentials }) => {
      const byQuery = { ...provider, token: { ...provider.token, encoding: 'query' } } as const
      return createTokenManager({ provider: byQuery, grant: 'client_credentials', credentials })
    }),
  },
  {
    what: 'phonecom, password',
    grants: ['password', 'refresh_token'],
    resource: '/accounts/1',
    run: on(phonecomEmulator(), ({ provider, grants }) =>
      createTokenManager({ provider, grant: 'password', credentials: grants.password }),
    ),
  },
  {
    what: 'phonecom, authorization_code',
    grants: ['authorization_code', 'refresh_token'],
    resource: '/accounts',
    run: on(phonecomEmulator(), ({ provider, grants, actions }) => {
      const credentials = { ...grants.authorization_code, code: actions.authorizationCode() }
      return createTokenManager({ provider, grant: 'authorization_code', credentials })
    }),
  },
  {
    what: 'smscx, client_credentials',
    grants: ['client_credentials', 'client_credentials'],
    resource: '/account/balance',
    run: on(smscxEmulator(), ({ provider, credentials }) => createTokenManager({ provider, credentials })),
  },
  {
    what: 'oauth2 by client_secret_basic, client_credentials',
    grants: ['client_credentials', 'client_credentials'],
    resource: '/scoped/read',
    run: on(oauth2Emulator(), ({ provider, credentials }) =>
      createTokenManager({ provider, grant: 'client_credentials', credentials }),
    ),
  },
  {
    what: 'oauth2 by raw client_secret_basic, password',
    grants: ['password', 'refresh_token'],
    resource: '/scoped/read',
    run: on(oauth2Emulator({ basicStyle: 'raw' }), ({ provider, grants }) =>
      createTokenManager({ provider, grant: 'password', credentials: grants.password }),
    ),
  },
  {
    what: 'oauth2 by client_secret_post, password',
    grants: ['password', 'refresh_token'],
    resource: '/scoped/write',
    run: on(oauth2Emulator({ clientAuthentication: 'client_secret_post' }), ({ provider, grants }) =>
      createTokenManager({ provider, grant: 'password', credentials: grants.password }),
    ),
  },
  {
    what: 'oauth2 without a secret, password',
    grants: ['password', 'refresh_token'],
    resource: '/scoped/read',
    run: on(oauth2Emulator({ clientAuthentication: 'none' }), ({ provider, grants }) =>
      createTokenManager({ provider, grant: 'password', credentials: grants.password }),
    ),
  },
]

function on<S extends System>(system: SystemFactory<S>, manage: (emulator: Emulator<S>) => TokenSource) {
  return async (check: Check): Promise<void> => {
    await using emulator = await startEmulator(system)
    await check(emulator, manage(emulator))
  }
}

describe('the provider definitions, against emulators', () => {
  for (const { what, grants, resource, run } of CASES) {
    it(`${what}: obtains a token, and another when the first is revoked`, () =>
      run(async (emulator, tokens) => {
        const apiFetch = wrapFetch(fetch, tokens)
        const statuses = [(await apiFetch(emulator.api + resource)).status]
        emulator.revokeAll()
        statuses.push((await apiFetch(emulator.api + resource)).status)
        expect(statuses).to.deep.equal([200, 200])
        const asked = emulator.log.filter(({ kind }) => kind === 'token')
        expect(asked.map(({ grant }) => grant)).to.deep.equal(grants)
        expect(emulator.counts).to.include({ resource: 3, unauthorized: 1 })
      }))
  }
})
