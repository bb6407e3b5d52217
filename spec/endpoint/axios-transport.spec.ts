import { axiosTransport } from '../../lib/endpoint/axios-transport.ts'
import { behavesAsTransport } from './transport-contract.ts'

describe('axiosTransport(options)', () => {
  behavesAsTransport(() => axiosTransport())
  describe('over fetch', () => {
    behavesAsTransport(() => axiosTransport({ adapter: 'fetch' }))
  })
})
