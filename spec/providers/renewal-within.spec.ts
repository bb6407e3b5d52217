// `renewal.within`: long-lived tokens that renew with themselves.
import '../support/instant-digest.ts'
import { expect } from 'chai'
import { createTokenManager } from '../../lib/index.ts'
import { defineProvider } from '../../lib/providers.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { FakeEndpoint } from '../support/fake-endpoint.ts'

const DAY = 86_400

const provider = defineProvider({
  id: 'long-lived',
  title: 'Tokens of 60 days, renewed with themselves',
  docs: 'https://docs.example',
  api: 'https://api.example',
  token: { url: 'https://api.example/token' },
  grants: { short: { repeatable: false, params: { token: '{shortToken}' } } },
  renewal: {
    refreshToken: 'keeps',
    accessToken: 'lives',
    within: 7 * DAY,
    params: { grant_type: 'th_refresh_token', access_token: '{token}' },
  },
})

describe('renewal.within', () => {
  // Fault 118
  for (const begin of ['the grant', 'adopt()'] as const)
    it(`renews a token of 60 days from ${begin} once in its last week, for half a year`, async () => {
      const clock = new VirtualClock()
      const endpoint = new FakeEndpoint()
      endpoint.lifetime = 60 * DAY
      const credentials = { shortToken: 'ST-of-login' }
      const tokens = createTokenManager({ provider, credentials, clock, transport: endpoint.transport })
      if (begin === 'adopt()') await tokens.adopt({ accessToken: 'AT-0', expiresIn: 60 * DAY })
      else await tokens.token()
      const renewedOn: number[] = []
      for (let day = 1; day <= 180; day += 1) {
        await clock.advance(DAY * 1000)
        const calls = endpoint.calls
        await tokens.token()
        await flush()
        if (endpoint.calls > calls) renewedOn.push(day)
      }
      expect(renewedOn).to.deep.equal([53, 106, 159])
    })
})
