// The server process: an emulator with random faults.
import { oauth2Emulator, startEmulator, type ScriptedFault } from '../../lib/testing.ts'
import { serveOrders } from '../server-process.ts'
import type { FaultRates, Order, Report } from './messages.ts'
import { seeded } from './seeded.ts'

const random = seeded(Number(process.argv[2] ?? 1))
const emulator = await startEmulator(oauth2Emulator(), { log: 0 })
let faults = { revoked: 0, lost: 0, stalled: 0, unavailable: 0 }

type Entry = Parameters<Extract<ScriptedFault, (...args: never[]) => unknown>>[0]

/** Revokes the tokens of some requests at the API. */
function atApi({ revoked, strict }: FaultRates): ScriptedFault {
  // The token that each call was first sent with, by the number of the call.
  const firstTokens = new Map<string, string>()
  return ({ token, headers }: Entry) => {
    const call = headers['x-call'] ?? ''
    const first = firstTokens.get(call)
    if (first !== undefined) {
      firstTokens.delete(call)
      // Accepts a replay with a token revoked meanwhile, like a server that learns of revocations late.
      return strict || token === first ? undefined : { status: 200, body: {} }
    }
    if (token !== undefined && random() < revoked && emulator.revoke(token)) faults.revoked += 1
    if (token === undefined) return undefined
    firstTokens.set(call, token)
    const [oldest] = firstTokens.keys()
    if (firstTokens.size > 10_000 && oldest !== undefined) firstTokens.delete(oldest)
    return undefined
  }
}

function atTokenEndpoint({ lost, stalled, stall, outage, outageEvery }: FaultRates, since: number): ScriptedFault {
  return () => {
    if ((Date.now() - since) % outageEvery > outageEvery - outage) {
      faults.unavailable += 1
      return { status: 503, body: 'later' }
    }
    if (random() < lost) {
      faults.lost += 1
      return 'drop-after'
    }
    if (random() >= stalled) return undefined
    faults.stalled += 1
    return { delay: stall }
  }
}

function set(rates: FaultRates | undefined): void {
  emulator.clearFaults()
  emulator.clearLog()
  faults = { revoked: 0, lost: 0, stalled: 0, unavailable: 0 }
  if (!rates) return
  emulator.always('resource', atApi(rates))
  emulator.always('token', atTokenEndpoint(rates, Date.now()))
}

serveOrders(emulator.url, (order: Order): Report => {
  if (order.kind === 'set') set(order.rates)
  return { ...emulator.counts, ...faults }
})
