import { fetchTransport } from '../../lib/endpoint/fetch-transport.ts'
import { behavesAsTransport } from './transport-contract.ts'

describe('fetchTransport(options)', () => {
  behavesAsTransport(() => fetchTransport())
})
