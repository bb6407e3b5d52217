// Parameters of authorization responses that differ from RFC 6749 or bring more: another name of the code, fields to keep.
import '../support/instant-digest.ts'
import { expect } from 'chai'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { defineProvider } from '../../lib/providers.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { FakeEndpoint } from '../support/fake-endpoint.ts'

const SERVERS = ['https://accounts.example.com', 'https://accounts.example.eu']

const provider = defineProvider({
  id: 'called-back',
  title: 'A server whose callbacks bring more than a code',
  docs: 'https://docs.example',
  api: 'https://api.example',
  token: { url: '{accounts}/token', params: { client_id: '{clientId}' } },
  grants: {
    consent: {
      repeatable: false,
      params: {
        grant_type: 'authorization_code',
        code: '{code}',
        redirect_uri: '{redirectUri}',
        company: '{company?}',
      },
    },
  },
  renewal: {
    refreshToken: 'rotates',
    accessToken: 'lives',
    params: { grant_type: 'refresh_token', refresh_token: '{refreshToken}', company: '{company?}' },
  },
  authorize: {
    url: 'https://accounts.example.com/auth',
    params: { client_id: '{clientId}', redirect_uri: '{redirectUri}', state: '{state}' },
    callback: {
      code: 'auth_code',
      keep: { company: 'realmId', accounts: { name: 'accounts-server', is: SERVERS } },
    },
  },
})

function setup(): { clock: VirtualClock; endpoint: FakeEndpoint; tokens: TokenManager } {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  endpoint.refreshing = true
  // Neither `company` nor `accounts` is a credential: the compiler knows.
  const credentials = { clientId: 'c', redirectUri: 'https://app.example/back' }
  const tokens = createTokenManager({ provider, credentials, clock, transport: endpoint.transport })
  return { clock, endpoint, tokens }
}

async function called(tokens: TokenManager, fields: Readonly<Record<string, string>>): Promise<string> {
  const { state } = await tokens.authorizationUrl()
  return `https://app.example/back?${new URLSearchParams({ ...fields, state }).toString()}`
}

const whole = { auth_code: 'the-code', realmId: '42', 'accounts-server': 'https://accounts.example.eu' }

describe('authorize.callback', () => {
  // Fault 161
  it('names the parameter of the code, and keeps parameters for the exchange and the renewals', async () => {
    const { clock, endpoint, tokens } = setup()
    const { kept } = await tokens.exchangeCallback(await called(tokens, whole))
    expect(kept).to.deep.equal({ company: '42', accounts: 'https://accounts.example.eu' })
    await clock.advance(3_600_000)
    await tokens.token()
    expect(endpoint.requests.map(({ url }) => url)).to.deep.equal(Array(2).fill('https://accounts.example.eu/token'))
    expect(Object.fromEntries(endpoint.params[0] ?? [])).to.include({ code: 'the-code', company: '42' })
    expect(Object.fromEntries(endpoint.params[1] ?? [])).to.include({ refresh_token: 'RT-1', company: '42' })
  })

  it('accepts a callback without an optional parameter', async () => {
    const { endpoint, tokens } = setup()
    const { realmId, ...fewer } = whole
    expect(realmId).to.equal('42')
    await tokens.exchangeCallback(await called(tokens, fewer))
    expect(endpoint.params[0]?.has('company')).to.equal(false)
  })

  it('rejects a value that is not declared, without a token request', async () => {
    const { endpoint, tokens } = setup()
    const callback = await called(tokens, { ...whole, 'accounts-server': 'https://accounts.example.evil' })
    const error = await failureOf(tokens.exchangeCallback(callback))
    expect(error).to.include({ reason: 'kept' })
    expect(String(error)).to.include('has another accounts-server than the provider').and.not.include('evil')
    expect(endpoint.calls).to.equal(0)
  })

  it('rejects a parameter that is given twice', async () => {
    const { endpoint, tokens } = setup()
    const callback = `${await called(tokens, whole)}&realmId=43`
    expect(await failureOf(tokens.exchangeCallback(callback))).to.include({ reason: 'unreadable' })
    expect(endpoint.calls).to.equal(0)
  })

  // Fault 161
  it('lists the names of the parameters where the code is missing, without values', async () => {
    const { tokens } = setup()
    const callback = await called(tokens, { code: 'c0de-of-another-name', '<b>': 'x' })
    const error = await failureOf(tokens.exchangeCallback(callback))
    expect(error).to.include({ reason: 'no_code' })
    expect(String(error))
      .to.include('has neither a code nor an error in its query, but the parameters code, state; authorize.callback of')
      .and.not.include('c0de')
  })
})
