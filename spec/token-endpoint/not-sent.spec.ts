import { inspect } from 'node:util'
import { expect } from 'chai'
import { connectionFailure } from '../../lib/token-endpoint/transport.ts'

const coded = (code: string, cause?: unknown): Error => Object.assign(new Error('no', { cause }), { code })

describe('failureOf(error)', () => {
  const unreachable = [
    'ECONNREFUSED',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EPROTO',
    'UND_ERR_CONNECT_TIMEOUT',
    'ConnectionRefused',
    'CERT_HAS_EXPIRED',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'HOSTNAME_MISMATCH',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  ]
  for (const code of unreachable) {
    it(`takes ${code} for a request that was not sent`, () => {
      expect(connectionFailure(coded(code))).to.equal('unreachable')
    })
  }

  for (const code of [
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    'UND_ERR_SOCKET',
    'UND_ERR_HEADERS_TIMEOUT',
    'ERR_BAD_RESPONSE',
    'ERR_NETWORK',
  ]) {
    it(`takes ${code} for an answer that was lost`, () => {
      expect(connectionFailure(coded(code))).to.equal('lost')
    })
  }

  it('looks through the causes', () => {
    expect(connectionFailure(new TypeError('fetch failed', { cause: coded('ECONNREFUSED') }))).to.equal('unreachable')
    expect(
      connectionFailure(coded('ERR_NETWORK', new TypeError('fetch failed', { cause: coded('ENOTFOUND') }))),
    ).to.equal('unreachable')
  })

  it('looks at each address of a host that has several', () => {
    const each = new AggregateError([coded('ETIMEDOUT'), coded('ECONNREFUSED')])
    expect(connectionFailure(new TypeError('fetch failed', { cause: each }))).to.equal('unreachable')
  })

  it('is not caught in a circle', () => {
    const error = coded('ECONNRESET')
    error.cause = error
    expect(connectionFailure(error)).to.equal('lost')
  })

  for (const thrown of [undefined, null, 'ECONNREFUSED', 7, {}, { code: 7 }]) {
    it(`takes ${inspect(thrown)} for an answer that was lost`, () => {
      expect(connectionFailure(thrown)).to.equal('lost')
    })
  }
})
