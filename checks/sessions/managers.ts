// The managers of a member: with the shared store, and with the newest refresh token without coordination.
import { fetchTransport } from '../../lib/fetch.ts'
import { type ApplicationTokenManager, createTokenManager } from '../../lib/index.ts'
import { oauth2 } from '../../lib/providers.ts'
import { systemClock } from '../../lib/util/clock.ts'
import type { MemberOptions } from './messages.ts'
import { type Blind, openStore } from './stores.ts'

// redisStore has no presence: the claim of a killed process lasts as long as the two deadlines.
const timingOf = ({ isSlow }: MemberOptions) =>
  isSlow ? {} : { flightDeadline: 2_000, storeDeadline: 1_000, backoffBase: 100 }

const clockOf = ({ skew }: MemberOptions) => ({ ...systemClock, now: () => Date.now() + skew })
const fetchOf =
  ({ name }: MemberOptions): typeof fetch =>
  (input, init) =>
    fetch(input, { ...init, headers: { ...(init?.headers as object), 'x-member': name } })

export function sharing(options: MemberOptions): ApplicationTokenManager {
  const { url, kind, place } = options
  return createTokenManager({
    provider: oauth2({
      id: 'shared',
      api: `${url}/api`,
      tokenEndpoint: `${url}/token`,
      authorizationEndpoint: `${url}/authorize`,
      clientAuthentication: 'none',
      grants: ['authorization_code'],
    }),
    grant: 'authorization_code',
    credentials: { clientId: 'client', redirectUri: 'http://127.0.0.1/' },
    account: 'ann',
    store: openStore(kind, place),
    transport: fetchTransport({ fetch: fetchOf(options) }),
    clock: clockOf(options),
    timing: timingOf(options),
  })
}

export function alone(options: MemberOptions, { read, write }: Blind): ApplicationTokenManager {
  const { url } = options
  const named = fetchOf(options)
  return createTokenManager({
    resources: [`${url}/api`],
    getToken: async () => {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: await read() })
      const response = await named(`${url}/token`, { method: 'POST', body })
      if (!response.ok) throw Object.assign(new Error('refused'), { status: 401 })
      const answer = (await response.json()) as { access_token: string; refresh_token: string; expires_in: number }
      await write(answer.refresh_token)
      return { accessToken: answer.access_token, expiresIn: answer.expires_in }
    },
    clock: clockOf(options),
    timing: timingOf(options),
  })
}
