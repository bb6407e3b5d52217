import axios, { type AxiosInstance } from 'axios'
import oldest from 'axios-floor'
import { expect } from 'chai'
import { attachBearer } from '../../../lib/axios.ts'
import { createTokenManager } from '../../../lib/index.ts'
import { type Emulator, startEmulator, telstraEmulator, type TelstraSystem } from '../../../lib/testing.ts'
import { importOverFloor } from '../../support/axios-floor.ts'
import { type Loopback, startLoopback } from '../../support/loopback.ts'
import { realNetwork } from '../../support/real-network.ts'

const overFloor = (await importOverFloor('axios.ts')) as { attachBearer: typeof attachBearer }

for (const [name, library, attach] of [
  ['axios', axios, attachBearer],
  ['the oldest axios', oldest as unknown as typeof axios, overFloor.attachBearer],
] as const) {
  describe(`An attached instance of ${name} behind a proxy`, () => {
    realNetwork()
    let emulator: Emulator<TelstraSystem>
    let proxy: Loopback
    let stranger: Loopback
    let api: AxiosInstance

    beforeEach(async () => {
      emulator = await startEmulator(telstraEmulator())
      stranger = await startLoopback((response) => response.end('stranger'))
      proxy = await startLoopback((response, { method, url, headers, body }) => {
        if (url.endsWith('/away')) return void response.writeHead(302, { location: stranger.url }).end()
        const { authorization = '', 'content-type': type = '' } = headers
        const passed = { authorization: String(authorization), ...(type !== '' && { 'content-type': String(type) }) }
        void fetch(url, { method, headers: passed, ...(body !== '' && { body }) }).then(async (answer) => {
          response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
        })
      })
      const { port, hostname } = new URL(proxy.url)
      api = library.create({ baseURL: emulator.api, proxy: { protocol: 'http', host: hostname, port: Number(port) } })
      const { provider, credentials } = emulator
      attach(api, createTokenManager({ provider, credentials }))
    })
    afterEach(() => Promise.all([emulator.close(), proxy.close(), stranger.close()]))

    it('replays after a 401 of the API that comes through the proxy', async () => {
      await api.get('/messages/sms')
      emulator.revokeAll()
      await Promise.all(Array.from({ length: 5 }, () => api.post('/messages/sms', { to: '+61412345678', body: 'x' })))
      expect(proxy.received).to.have.length(11)
      expect(emulator.counts).to.include({ token: 2, resource: 11, unauthorized: 5 })
    })

    it('removes the token on a redirect to another origin', async () => {
      expect((await api.get<string>('/away')).data).to.equal('stranger')
      expect(proxy.received.map(({ headers }) => headers['authorization'] !== undefined)).to.deep.equal([true, false])
    })
  })
}
