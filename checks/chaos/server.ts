// The server, in a process of its own: an emulator to which things happen by chance.
import {
  oauth2Emulator,
  startEmulator,
  type Emulator,
  type OAuth2System,
  type ScriptedFault,
} from '../../lib/testing.ts'
import type { Order, Weather, Welcome } from './messages.ts'
import { seeded } from './seeded.ts'

const chance = seeded(Number(process.argv[2] ?? 1))
const emulator = await startEmulator(oauth2Emulator(), { log: 0 })
let happened = { revoked: 0, lost: 0, stalled: 0, unavailable: 0 }

type Entry = Parameters<Extract<ScriptedFault, (...args: never[]) => unknown>>[0]

/** At the API: now and then the token of a request is revoked. */
function atApi(server: Emulator<OAuth2System>, { revoked, strict }: Weather): ScriptedFault {
  // With which token a call came first, by the call's own number.
  const refused = new Map<string, string>()
  return ({ token, headers }: Entry) => {
    const call = headers['x-call'] ?? ''
    const before = refused.get(call)
    if (before !== undefined) {
      refused.delete(call)
      // What was revoked while a request is sent once more is not yet known everywhere.
      return strict || token === before ? undefined : { status: 200, body: {} }
    }
    if (token !== undefined && chance() < revoked && server.revoke(token)) happened.revoked += 1
    // Who is refused now comes again.
    if (token === undefined) return undefined
    refused.set(call, token)
    const [oldest] = refused.keys()
    if (refused.size > 10_000 && oldest !== undefined) refused.delete(oldest)
    return undefined
  }
}

function atTokenEndpoint({ lost, stalled, stall, spell, spellEvery }: Weather, since: number): ScriptedFault {
  return () => {
    if ((Date.now() - since) % spellEvery > spellEvery - spell) {
      happened.unavailable += 1
      return { status: 503, body: 'later' }
    }
    if (chance() < lost) {
      happened.lost += 1
      return 'drop-after'
    }
    if (chance() >= stalled) return undefined
    happened.stalled += 1
    return { delay: stall }
  }
}

process.on('message', (order: Order) => {
  if (order.kind === 'counts') {
    process.send?.({ ...emulator.counts, ...happened })
    return
  }
  const { weather } = order
  emulator.clearFaults()
  emulator.clearLog()
  happened = { revoked: 0, lost: 0, stalled: 0, unavailable: 0 }
  if (weather) {
    emulator.always('resource', atApi(emulator, weather))
    emulator.always('token', atTokenEndpoint(weather, Date.now()))
  }
  process.send?.({ ...emulator.counts, ...happened })
})
process.once('disconnect', () => void emulator.close())
process.send?.({ url: emulator.url } satisfies Welcome)
