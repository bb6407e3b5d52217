// Token requests over TLS: certificates that are refused, and connections that end in plain text.
import { Agent } from 'node:https'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect } from 'chai'
import { axiosTransport } from '../../lib/axios.ts'
import { fetchTransport } from '../../lib/fetch.ts'
import type { TokenTransport, WireResult } from '../../lib/index.ts'
import { CERTIFICATE, EXPIRED_CERTIFICATE } from '../support/certificates.ts'
import { dispatcherOf } from '../support/dispatcher.ts'
import { type Loopback, startSecureLoopback } from '../support/loopback.ts'
import { realNetwork } from '../support/real-network.ts'
import { scriptedCall } from '../support/token-endpoint-call.ts'

const TRANSPORTS: Readonly<Record<string, (ca?: string) => TokenTransport | Promise<TokenTransport>>> = {
  axios: (ca) => axiosTransport({ httpsAgent: new Agent({ ca }) }),
  fetch: async (ca) => {
    const dispatcher = await dispatcherOf({ connect: { ca } })
    return fetchTransport({ fetch: (input, init) => fetch(input, { ...init, dispatcher } as RequestInit) })
  },
}

for (const [name, make] of Object.entries(TRANSPORTS)) {
  describe(`A token request of ${name} over TLS`, () => {
    realNetwork()
    let server: Loopback
    afterEach(() => server.close())

    const send = async (url: string, ca?: string): Promise<WireResult> => {
      const transport = await make(ca)
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return transport(scriptedCall({ prepare: () => ({ method: 'POST', url, headers, body: 'refresh_token=r' }) }))
    }

    // Fault 147
    for (const [what, certificate, ca, networkCode] of [
      ['signed by itself', CERTIFICATE, undefined, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
      ['expired', EXPIRED_CERTIFICATE, EXPIRED_CERTIFICATE, 'CERT_HAS_EXPIRED'],
    ] as const) {
      it(`is not sent to a server whose certificate is ${what}`, async () => {
        server = await startSecureLoopback((response) => response.end('{}'), certificate)
        expect(await send(server.url, ca)).to.deep.equal({ failure: 'unreachable', networkCode })
        expect(server.received).to.be.empty
      })
    }

    // Fault 142
    it('counts as lost when the response is plain text', async () => {
      let client: Socket | undefined
      server = await startSecureLoopback(() => client?.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n'))
      const { port } = new URL(server.url)
      const between = createServer((socket) => {
        client = socket
        const upstream = connect(Number(port), '127.0.0.1')
        for (const each of [socket, upstream]) each.on('error', () => undefined)
        socket.pipe(upstream).on('data', (chunk) => socket.writable && socket.write(chunk))
      })
      await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve))
      const result = await send(`https://127.0.0.1:${String((between.address() as AddressInfo).port)}`, CERTIFICATE)
      between.close()
      expect(result).to.include({ failure: 'lost' })
      expect(server.received.map(({ body }) => body)).to.deep.equal(['refresh_token=r'])
    })
  })
}
