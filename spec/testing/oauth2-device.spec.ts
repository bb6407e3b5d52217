// The device authorization of the emulator. RFC 8628, sections 3.1 to 3.5.
import { expect } from 'chai'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from 'tokenflight/testing'
import { postForm, type ReceivedResponse } from './send.ts'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

describe('oauth2Emulator(): device authorization', () => {
  let emulator: Emulator<OAuth2System<'none'>>
  let now: number

  beforeEach(async () => {
    now = 1_700_000_000_000
    emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }), { clock: { now: () => now } })
  })
  afterEach(() => emulator.close())

  const ask = (params: Record<string, string> = { client_id: 'client' }): Promise<ReceivedResponse> =>
    postForm(`${emulator.url}/device_authorization`, params)
  const poll = async (code: unknown): Promise<unknown> => {
    const params = { grant_type: GRANT, client_id: 'client', device_code: String(code) }
    const { status, body } = await postForm(`${emulator.url}/token`, params)
    return status === 200 ? body['scope'] : body['error']
  }

  it('issues two codes, a verification URI, a lifetime and an interval, with Cache-Control: no-store', async () => {
    const { status, headers, body } = await ask()
    expect([status, headers.get('cache-control')]).to.deep.equal([200, 'no-store'])
    expect(body).to.include({ verification_uri: `${emulator.url}/device`, expires_in: 600, interval: 5 })
    expect(body).to.include.keys('device_code', 'user_code', 'verification_uri_complete')
    emulator.switches.deviceInterval = undefined
    expect((await ask()).body).not.to.have.property('interval')
  })

  for (const [title, params, error] of [
    ['an unknown client', { client_id: 'other' }, 'invalid_client'],
    ['no client', {}, 'invalid_client'],
    ['an unknown parameter', { client_id: 'client', device: 'tv' }, 'invalid_request'],
    ['an unknown scope', { client_id: 'client', scope: 'everything' }, 'invalid_scope'],
  ] as const) {
    it(`rejects ${title}`, async () => {
      expect((await ask(params)).body['error']).to.equal(error)
    })
  }

  it('issues a token once, with the requested scope, after approval', async () => {
    const { body } = await ask({ client_id: 'client', scope: 'read' })
    const { device_code: code, user_code: userCode } = body
    now += 5_000
    expect(await poll(code)).to.equal('authorization_pending')
    emulator.actions.approveDevice(String(userCode), 'bob')
    now += 5_000
    expect(await poll(code)).to.equal('read')
    expect(emulator.issued.at(-1)).to.include({ account: 'bob', scope: 'read' }).and.have.property('refreshToken')
    now += 5_000
    expect(await poll(code)).to.equal('invalid_grant')
  })

  it('responds with slow_down to early polls, and adds five seconds each time', async () => {
    const { device_code: code } = (await ask()).body
    const heard = [await poll(code)]
    for (const wait of [9_999, 14_999, 20_000]) {
      now += wait
      heard.push(await poll(code))
    }
    expect(heard).to.deep.equal(['slow_down', 'slow_down', 'slow_down', 'authorization_pending'])
  })

  it('responds with access_denied, expired_token and invalid_grant', async () => {
    const refused = (await ask()).body
    const late = (await ask()).body
    emulator.actions.denyDevice(String(refused['user_code']))
    now += 5_000
    expect(await poll(refused['device_code'])).to.equal('access_denied')
    now += 600_000
    expect(await poll(late['device_code'])).to.equal('expired_token')
    expect(await poll('made up')).to.equal('invalid_grant')
    expect(() => {
      emulator.actions.approveDevice('made up')
    }).to.throw('no device has this code')
  })
})
