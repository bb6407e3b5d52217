// Token exchange at the emulator. RFC 8693, sections 2.1 and 2.2.
import { expect } from 'chai'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from 'tokenflight/testing'
import { postForm, type ReceivedResponse } from './send.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

describe('oauth2Emulator(): token exchange', () => {
  let emulator: Emulator<OAuth2System<'none'>>
  let now: number

  beforeEach(async () => {
    now = 1_700_000_000_000
    emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }), { clock: { now: () => now } })
  })
  afterEach(() => emulator.close())

  const exchange = (change: Record<string, string | undefined> = {}): Promise<ReceivedResponse> => {
    const given: Record<string, string | undefined> = {
      grant_type: GRANT,
      client_id: 'client',
      subject_token: emulator.issue({ account: 'bob' }).accessToken,
      subject_token_type: ACCESS_TOKEN,
      ...change,
    }
    const params = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
    return postForm(`${emulator.url}/token`, Object.fromEntries(params) as Record<string, string>)
  }

  it('issues a token for the account of the subject token, with issued_token_type, and accepts an actor and a resource', async () => {
    const actor = { actor_token: emulator.issue().accessToken, actor_token_type: ACCESS_TOKEN }
    const { body } = await exchange({ ...actor, resource: 'https://orders.example', scope: 'read' })
    expect(body).to.include({ issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', scope: 'read' })
    expect(emulator.issued.at(-1)).to.include({ account: 'bob' })
  })

  for (const [title, change, error] of [
    ['no subject token', { subject_token: undefined }, 'invalid_request'],
    ['no subject_token_type', { subject_token_type: undefined }, 'invalid_request'],
    ['a subject token of another type', { subject_token_type: `${ACCESS_TOKEN}s` }, 'invalid_request'],
    ['an unknown subject token', { subject_token: 'nobody' }, 'invalid_request'],
    ['an actor token without its type', { actor_token: 'nobody' }, 'invalid_request'],
    ['an actor_token_type without an actor token', { actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ['an unknown actor token', { actor_token: 'x', actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ['another requested_token_type', { requested_token_type: 'urn:x' }, 'invalid_request'],
    ['an unknown parameter', { subject: 'bob' }, 'invalid_request'],
    ['an unknown scope', { scope: 'admin' }, 'invalid_scope'],
    ['a resource that is no URI', { resource: 'orders' }, 'invalid_target'],
    ['an unknown client', { client_id: 'other' }, 'invalid_client'],
  ] as const)
    it(`rejects ${title}`, async () => {
      expect((await exchange(change)).body['error']).to.equal(error)
    })

  it('rejects a subject token that is expired or revoked', async () => {
    const { accessToken: revoked } = emulator.issue()
    emulator.revoke(revoked)
    expect((await exchange({ subject_token: revoked })).body['error']).to.equal('invalid_request')
    const { accessToken: late } = emulator.issue()
    now += 3_600_000
    expect((await exchange({ subject_token: late })).body['error']).to.equal('invalid_request')
  })
})
