// One token for axios and for fetch: a burst of messages, the token revoked in the middle, nobody notices.
// With TELSTRA_CLIENT_ID and TELSTRA_CLIENT_SECRET it talks to the real service; it sends an SMS only when TELSTRA_TO names a number.
import axios from 'axios'
import { createTokenManager, type TokenManager } from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { wrapFetch } from 'tokenflight/fetch'
import { telstra } from 'tokenflight/providers'
import { startEmulator, telstraEmulator } from 'tokenflight/testing'
import { Timeline } from './support/timeline.ts'

const BURST = 20

const { TELSTRA_CLIENT_ID: clientId, TELSTRA_CLIENT_SECRET: clientSecret, TELSTRA_TO: number } = process.env
await (clientId && clientSecret ? realService({ clientId, clientSecret }) : emulated())

async function emulated(): Promise<void> {
  await using emulator = await startEmulator(telstraEmulator())
  emulator.always('token', { delay: 60 })
  emulator.always('resource', { delay: 20 })
  console.log(
    `\nTelstra emulator at ${emulator.url}: ${String(BURST)} messages through axios and ${String(BURST)} through fetch, twice.\n`,
  )

  const timeline = new Timeline()
  const { provider, credentials } = emulator
  const tokens = createTokenManager({ provider, credentials })
  const figures = { requests: 0, successes: 0, 'token requests': 0, replays: 0 }
  tokens.on('replayed', () => (figures.replays += 1))
  tokens.on('acquired', ({ waiters }) => {
    timeline.mark('one token request, all are let go', waiters, '>')
  })
  tokens.on('renewed', ({ waiters }) => {
    timeline.mark('refused with 401, waiting', emulator.counts.unauthorized, '×')
    timeline.mark('one renewal, all are sent once more', waiters, '>')
  })

  const api = axios.create({ baseURL: emulator.api })
  attachBearer(api, tokens)
  const apiFetch = wrapFetch(fetch, tokens)
  const message = { to: '+61412345678', body: 'Hello' }
  const burst = (): Promise<number[]> =>
    Promise.all([
      ...Array.from({ length: BURST }, async () => (await api.post('/messages/sms', message)).status),
      ...Array.from({ length: BURST }, async () => {
        const headers = { 'content-type': 'application/json' }
        const response = await apiFetch(`${emulator.api}/messages/sms`, {
          method: 'POST',
          headers,
          body: JSON.stringify(message),
        })
        return response.status
      }),
    ])

  for (const opening of ['requests wait for a token', 'requests leave with the token']) {
    timeline.mark(opening, 2 * BURST)
    const statuses = await burst()
    const sent = statuses.filter((status) => status === 201).length
    timeline.mark('messages sent', sent, '✓')
    figures.requests += statuses.length
    figures.successes += sent
    if (figures.requests === 2 * BURST) {
      emulator.revokeAll()
      timeline.mark('the server revokes the token')
    }
  }
  figures['token requests'] = emulator.counts.token
  timeline.figures(figures)
}

async function realService(credentials: { readonly clientId: string; readonly clientSecret: string }): Promise<void> {
  console.log(`\nThe real service at ${telstra.api}.`)
  const tokens: TokenManager = createTokenManager({ provider: telstra, credentials })
  const api = axios.create({ baseURL: telstra.api })
  attachBearer(api, tokens)
  const { data } = await api.get<unknown>('/messages/provisioning/subscriptions')
  console.log('Your subscription:', data)
  if (!number) {
    console.log('No SMS was sent: set TELSTRA_TO to a number to send one.')
    return
  }
  const { status } = await api.post('/messages/sms', { to: number, body: 'Hello from tokenflight' })
  console.log(`One SMS was sent to ${number}: status ${String(status)}.`)
}
