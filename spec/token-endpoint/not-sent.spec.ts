import { inspect } from 'node:util'
import { expect } from 'chai'
import { connectionFailure } from '../../lib/token-endpoint/transport.ts'

const coded = (code: string, cause?: unknown): Error => Object.assign(new Error('no', { cause }), { code })

describe('connectionFailure(error)', () => {
  const unreachable = [
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_CONNECT_TIMEOUT',
    'ConnectionRefused',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'HOSTNAME_MISMATCH',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    'ERR_SSL_TLSV1_UNRECOGNIZED_NAME',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
  ]
  for (const code of unreachable) {
    it(`counts ${code} as a request that was not sent`, () => {
      expect(connectionFailure(coded(code))).to.deep.equal({ failure: 'unreachable', networkCode: code })
    })
  }

  for (const code of [
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    // Fault 142
    'EPROTO',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'UND_ERR_SOCKET',
    'UND_ERR_HEADERS_TIMEOUT',
    'ERR_NETWORK',
  ]) {
    it(`counts ${code} as a lost response`, () => {
      expect(connectionFailure(coded(code))).to.deep.equal({ failure: 'lost', networkCode: code })
    })
  }

  // Fault 147
  for (const code of [
    'ERR_BAD_RESPONSE',
    'ENOENT',
    'E_S3CR3T',
    'ECONNREFUSED s3cr3t',
    'UNABLE_TO_S3CR3T',
    'CERT_S3CR3T',
    'ERR_SSL_TLSV1_ALERT_S3CR3T',
  ]) {
    it(`does not return the code ${code}`, () => {
      expect(connectionFailure(coded(code))).to.deep.equal({ failure: 'lost' })
    })
  }

  it('reads the causes of an error', () => {
    const refused = new TypeError('fetch failed', { cause: coded('ECONNREFUSED') })
    expect(connectionFailure(refused)).to.deep.equal({ failure: 'unreachable', networkCode: 'ECONNREFUSED' })
    const within = coded('ERR_NETWORK', new TypeError('fetch failed', { cause: coded('ENOTFOUND') }))
    expect(connectionFailure(within)).to.deep.equal({ failure: 'unreachable', networkCode: 'ENOTFOUND' })
    const reset = coded('ERR_NETWORK', new TypeError('fetch failed', { cause: coded('ECONNRESET') }))
    expect(connectionFailure(reset)).to.deep.equal({ failure: 'lost', networkCode: 'ECONNRESET' })
  })

  it('reads the errors for each address of a host', () => {
    const each = new AggregateError([coded('ETIMEDOUT'), coded('ECONNREFUSED')])
    expect(connectionFailure(new TypeError('fetch failed', { cause: each }))).to.include({ failure: 'unreachable' })
  })

  it('ends with circular causes', () => {
    const error = coded('ECONNRESET')
    Object.assign(error, { cause: error, errors: Array.from({ length: 50 }, () => error) })
    expect(connectionFailure(error)).to.include({ failure: 'lost' })
  })

  for (const thrown of [undefined, null, 'ECONNREFUSED', 7, {}, { code: 7 }]) {
    it(`counts ${inspect(thrown)} as a lost response`, () => {
      expect(connectionFailure(thrown)).to.deep.equal({ failure: 'lost' })
    })
  }
})
