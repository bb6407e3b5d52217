// FAULTS, "Coalescing and load": what is not in the specs of the manager, the pool and the bindings.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { createTokenManager } from '../../lib/index.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { oauth2Emulator, startEmulator } from '../../lib/testing.ts'
import { SharedMemory } from '../support/stores.ts'
import { setup } from '../support/managers.ts'
import { realNetwork } from '../support/real-network.ts'
import { resetLeakDetector } from '../support/leak-detector.ts'
import { POOLED } from './clients.ts'

const second = 1_000

describe('A day of 100 requests per second', () => {
  // Fault 10
  it('with tokens of 60 s sends one token request per token lifetime, without memory growth', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.lifetime = 60
    let calls = 0
    let before = 0
    const tidy = (): void => {
      calls += endpoint.requests.splice(0).length
      clock.asked.length = 0
    }
    for (let at = 0; at < 86_400; at += 1) {
      for (let nth = 0; nth < 100; nth += 1) if (!tokens.peek()) await tokens.token()
      await clock.advance(second)
      if (at % 600 === 0) tidy()
      if (at === 3_600) before = heap()
    }
    tidy()
    // Stale 13.2 s before the end: asked for by the first request of second 47.
    expect(calls).to.be.within((86_400 / 47) * 0.99, (86_400 / 47) * 1.01)
    expect(heap() - before).to.be.below(2 ** 20)
    expect(clock.timers).to.equal(0)
  })
})

/** Bytes in use once all that can go is gone, what the specs themselves remember too. */
function heap(): number {
  resetLeakDetector()
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

describe('A request with a fresh token', () => {
  // Fault 12
  it('is sent in the tick of the call, uses neither store, queue nor timers, and gets one header', async () => {
    const store = new SharedMemory()
    const { clock, endpoint, tokens } = setup({ store })
    await tokens.token()
    const touched = store.keys.length
    clock.asked.length = 0
    const sent: (RequestInit | undefined)[] = []
    const answer = new Response()
    const underlying: typeof fetch = (_, init) => (sent.push(init), Promise.resolve(answer))
    const wrapped = wrapFetch(underlying, tokens)
    for (let nth = 0; nth < 10_000; nth += 1) {
      const going = wrapped('https://plain.example/api/x')
      expect(sent).to.have.length(nth + 1)
      if (nth % 1_000 === 0) expect(await going).to.equal(answer)
    }
    expect(sent[9_999]).to.deep.equal({ headers: { Authorization: 'Bearer AT-1' } })
    expect(store.keys).to.have.length(touched)
    expect(clock.asked).to.deep.equal([])
    expect(endpoint.calls).to.equal(1)
  })
})

describe('A pool with few connections', () => {
  realNetwork()
  for (const { name, over } of POOLED) {
    for (const sockets of [1, 2, 5]) {
      // Fault 13
      it(`renews over ${String(sockets)} of ${name} while every connection has received a 401`, async () => {
        await using emulator = await startEmulator(oauth2Emulator())
        const { provider, credentials } = emulator
        const { transport, bind } = await over(sockets)
        const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, transport })
        const send = bind(tokens)
        const url = `${emulator.api}/echo`
        await send(url)
        emulator.revokeAll()
        emulator.clearLog()
        const answers = await Promise.all(Array.from({ length: 20 }, () => send(url)))
        expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
        expect(emulator.counts.token).to.equal(1)
        expect(emulator.counts.resource).to.equal(20 + emulator.counts.unauthorized)
      })
    }
  }
})
