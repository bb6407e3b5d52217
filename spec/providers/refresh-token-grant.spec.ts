// The grant `refresh_token`: a session that starts from a refresh token among the credentials.
import '../support/instant-digest.ts'
import { expect } from 'chai'
import { createTokenManager, type TokenManager } from '../../lib/index.ts'
import { oauth2, telstra } from '../../lib/providers.ts'
import { memoryStore } from '../../lib/stores/memory.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { FakeEndpoint, refusal } from '../support/fake-endpoint.ts'

const provider = oauth2({
  tokenEndpoint: 'https://as.example/token',
  clientAuthentication: 'client_secret_post',
  grants: ['refresh_token'],
  api: 'https://api.example',
})
const credentials = { clientId: 'c', clientSecret: 'the-secret', refreshToken: 'RT-given' }

function setup(given: object = {}): { clock: VirtualClock; endpoint: FakeEndpoint; tokens: TokenManager } {
  const clock = new VirtualClock()
  const endpoint = new FakeEndpoint()
  const tokens = createTokenManager({ provider, credentials, clock, transport: endpoint.transport, ...given })
  return { clock, endpoint, tokens }
}

const sent = ({ params }: FakeEndpoint): (string | null)[] => params.map((each) => each.get('refresh_token'))

describe('the grant refresh_token', () => {
  it('sends the refresh token of the credentials, again where the response has none', async () => {
    const { clock, endpoint, tokens } = setup()
    await tokens.token()
    await clock.advance(3_600_000)
    await tokens.token()
    expect(Object.fromEntries(endpoint.params[0] ?? [])).to.deep.equal({
      grant_type: 'refresh_token',
      refresh_token: 'RT-given',
      client_id: 'c',
      client_secret: 'the-secret',
    })
    expect(sent(endpoint)).to.deep.equal(['RT-given', 'RT-given'])
  })

  it('continues with refresh tokens from responses', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(3_600_000)
    await tokens.token()
    expect(sent(endpoint)).to.deep.equal(['RT-given', 'RT-1'])
  })

  it('calls a function for each attempt', async () => {
    let asked = 0
    const refreshToken = (): string => `RT-${String((asked += 1))}-of-vault`
    const { clock, endpoint, tokens } = setup({ credentials: { ...credentials, refreshToken } })
    await tokens.token()
    await clock.advance(3_600_000)
    await tokens.token()
    expect(sent(endpoint)).to.deep.equal(['RT-1-of-vault', 'RT-2-of-vault'])
  })

  it('does not send a rotated refresh token twice', async () => {
    const rotating = { ...provider, renewal: { ...provider.renewal, refreshToken: 'rotates' } }
    const { clock, endpoint, tokens } = setup({ provider: rotating })
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(3_600_000)
    endpoint.always(refusal('invalid_grant'))
    expect(await failureOf(tokens.token())).to.include({ code: 'ERR_REAUTHENTICATION_REQUIRED' })
    expect(sent(endpoint)).to.deep.equal(['RT-given', 'RT-1'])
  })

  it('ends the session when the refresh token is rejected', async () => {
    const { endpoint, tokens } = setup()
    endpoint.always(refusal('invalid_grant'))
    expect(await failureOf(tokens.token())).to.include({ code: 'ERR_REAUTHENTICATION_REQUIRED' })
    expect(endpoint.calls).to.equal(1)
  })

  it('requires the refresh token, an account with a store, and a provider with renewal', () => {
    expect(() => setup({ credentials: { clientId: 'c', clientSecret: 's' } })).to.throw(
      TypeError,
      'credentials.refreshToken: expected text or a function',
    )
    expect(() => setup({ store: memoryStore() })).to.throw(TypeError, 'account: expected')
    const options = { provider: telstra as object, grant: 'refresh_token', credentials: { clientId: 'c' } }
    expect(() => setup(options)).to.throw(TypeError, 'grant: expected one of client_credentials, got "refresh_token"')
  })

  it('is selected by name among other grants, and typed', async () => {
    const several = { ...provider, grants: { g: { params: { grant_type: 'g', seed: '{seed}' } } } } as const
    const endpoint = new FakeEndpoint()
    const { transport } = endpoint
    await createTokenManager({ provider: several, grant: 'refresh_token', credentials, transport }).token()
    expect(sent(endpoint)).to.deep.equal(['RT-given'])
    const forgotten = (): unknown =>
      // @ts-expect-error: refreshToken is forgotten
      createTokenManager({ provider, credentials: { clientId: 'c', clientSecret: 's' } })
    const reserved = (): unknown =>
      // @ts-expect-error: refreshToken belongs to the grant refresh_token
      createTokenManager({
        provider: several,
        grant: 'g',
        credentials: { clientId: 'c', clientSecret: 's', seed: 's', refreshToken: 'r' },
      })
    expect(forgotten).to.throw(TypeError)
    expect(reserved).to.throw(TypeError)
  })
})
