// The events of a burst: 20 calls at once after the server has revoked the token, and a token endpoint that fails at first.
import axios from 'axios'
import { createTokenManager, type TokenEvent } from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { startEmulator, telstraEmulator } from 'tokenflight/testing'
import { Timeline } from './support/timeline.ts'

const BURST = 20

await using emulator = await startEmulator(telstraEmulator())
emulator.always('token', { delay: 60 })
const { provider, credentials } = emulator
const tokens = createTokenManager({ provider, credentials })
const api = axios.create({ baseURL: emulator.api })
attachBearer(api, tokens)

const timeline = new Timeline()
const figures = { calls: 0, successes: 0, 'token requests': 0, replays: 0 }
tokens.on('*', (event) => {
  if (event.name === 'replayed') figures.replays += 1
  // One line stands for all replays.
  if (figures.replays < 2) timeline.mark(`${event.name.padEnd(15)} ${fieldsOf(event)}`)
})

await api.get('/messages/sms')
emulator.revokeAll()
emulator.next('token', { status: 503 })
timeline.mark(`the server revokes the token; ${String(BURST)} calls begin`)
const answers = await Promise.all(Array.from({ length: BURST }, () => api.get('/messages/sms')))
figures.calls = answers.length
figures.successes = answers.filter(({ status }) => status === 200).length
figures['token requests'] = emulator.counts.token
timeline.figures(figures)

/** The fields that a person reads here; times are rounded. */
function fieldsOf(event: TokenEvent): string {
  const hidden = ['name', 'provider', 'fingerprint', 'expiresAt', 'origin', 'code']
  return Object.entries(event)
    .filter(([field]) => !hidden.includes(field))
    .map(([field, value]) => `${field} ${typeof value === 'number' ? String(Math.round(value)) : String(value)}`)
    .join(', ')
}
