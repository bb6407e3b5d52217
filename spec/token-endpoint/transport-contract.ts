// The contract of every transport, run for each.
import type { ServerResponse } from 'node:http'
import { createGzip } from 'node:zlib'
import { expect } from 'chai'
import {
  MAX_ANSWER_BYTES,
  type TokenTransport,
  type WireRequest,
  type WireResult,
} from '../../lib/token-endpoint/transport.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { ForeignSignal } from '../support/foreign-signals.ts'
import { type Handler, type Loopback, startLoopback } from '../support/loopback.ts'
import { scriptedCall, type ScriptedCall } from '../support/token-endpoint-call.ts'

const SECRET = 'client_secret=s3cr3t'
const MIB = MAX_ANSWER_BYTES

export function behavesAsTransport(make: () => TokenTransport, { readsNothing = true } = {}): void {
  let servers: Loopback[]
  let transport: TokenTransport

  beforeEach(() => {
    servers = []
    transport = make()
  })

  afterEach(async () => {
    await Promise.all(servers.map((server) => server.close()))
  })

  const start = async (handler: Handler): Promise<Loopback> => {
    const server = await startLoopback(handler)
    servers.push(server)
    return server
  }
  const answering = (status: number, body: string | Uint8Array = '', headers: Record<string, string> = {}) =>
    start((response) => response.writeHead(status, headers).end(body))

  describe('the request', () => {
    it('has the method, path, query, headers and body of the prepared request', async () => {
      const server = await answering(200)
      const headers = {
        accept: '*/*',
        'content-type': 'application/x-www-form-urlencoded',
        authorization: 'Basic Zm9vOmJhcg==',
        'x-own': 'a b',
      }
      await transport(
        once({
          method: 'POST',
          url: `${server.url}/oauth/token?a=1&b=%20`,
          headers,
          body: SECRET,
        }),
      )
      const [request] = server.received
      expect(request).to.deep.include({
        method: 'POST',
        url: '/oauth/token?a=1&b=%20',
        body: SECRET,
      })
      expect(request?.headers).to.include(headers)
      expect(request?.headers).to.not.have.any.keys('cookie', 'referer', 'x-xsrf-token')
    })

    it('is sent byte for byte, also JSON with white space around it', async () => {
      const server = await answering(200)
      const body = ' {"password": "pässwörd \\u00e4"}\n'
      await transport(
        once({
          ...post(server),
          headers: { 'content-type': 'application/json' },
          body,
        }),
      )
      expect(server.received[0]?.body).to.equal(body)
      expect(server.received[0]?.headers).to.include({
        'content-type': 'application/json',
      })
    })

    for (const method of ['GET', 'PUT', 'DELETE']) {
      it(`has no body where none is given (${method})`, async () => {
        const server = await answering(200)
        await transport(once({ method, url: `${server.url}/token`, headers: {} }))
        expect(server.received[0]).to.deep.include({ method, body: '' })
        expect(server.received[0]?.headers).to.not.have.any.keys('content-type', 'authorization')
      })
    }
  })

  describe('the result', () => {
    for (const status of [200, 201, 400, 401, 403, 404, 408, 429, 500, 503]) {
      it(`is a ${String(status)} unchanged`, async () => {
        const server = await answering(status, '{"a":1}', {
          'Retry-After': '7',
          'X-Mixed': 'Case',
          'WWW-Authenticate': 'Basic',
        })
        const result = await transport(once(post(server)))
        expect(result).to.deep.include({ status, text: '{"a":1}' })
        expect('headers' in result && result.headers).to.include({
          'retry-after': '7',
          'x-mixed': 'Case',
        })
      })
    }

    const nothing = readsNothing ? it : it.skip
    const unless = readsNothing ? '' : ' (skipped: the oldest axios gives no body here)'
    nothing(`is an empty text where there is no body${unless}`, async () => {
      const server = await answering(204)
      expect(await transport(once(post(server)))).to.deep.include({
        status: 204,
        text: '',
      })
    })

    it('is text, also for a character split over two chunks', async () => {
      const euro = Buffer.from('€')
      const server = await start((response) => {
        response.write(euro.subarray(0, 1), () => setImmediate(() => response.end(euro.subarray(1))))
      })
      expect(await transport(once(post(server)))).to.deep.include({
        text: '€',
      })
    })

    it('is decompressed', async () => {
      const server = await start((response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        const gzip = createGzip()
        gzip.pipe(response)
        gzip.end('{"access_token":"a"}')
      })
      expect(await transport(once(post(server)))).to.deep.include({
        text: '{"access_token":"a"}',
      })
    })
  })

  describe('another attempt', () => {
    it('is made as long as again() says so, and prepared each time', async () => {
      const server = await start((response, _, nth) =>
        response.writeHead(nth < 3 ? 503 : 200).end(`answer ${String(nth)}`),
      )
      const conversation = scriptedCall({
        prepare: (attempt) => ({
          ...post(server),
          body: `attempt=${String(attempt)}`,
          headers: { 'x-nth': String(attempt) },
        }),
        again: (_, attempt) => attempt < 3,
      })
      expect(await transport(conversation)).to.deep.include({
        status: 200,
        text: 'answer 3',
      })
      expect(server.received.map(({ body }) => body)).to.deep.equal(['attempt=1', 'attempt=2', 'attempt=3'])
      expect(server.received.map(({ headers }) => headers['x-nth'])).to.deep.equal(['1', '2', '3'])
      expect(conversation.judged.map((result) => 'status' in result && result.status)).to.deep.equal([503, 503, 200])
    })

    it('may follow a 200', async () => {
      const server = await answering(200, '{"error":"server_error"}')
      await transport(
        scriptedCall({
          prepare: () => post(server),
          again: (_, attempt) => attempt < 2,
        }),
      )
      expect(server.received).to.have.length(2)
    })

    it('is made as often as again() says so', async () => {
      const server = await answering(503)
      await transport(
        scriptedCall({
          prepare: () => post(server),
          again: (_, attempt) => attempt < 12,
        }),
      )
      expect(server.received).to.have.length(12)
    })

    it('is not made before again() has resolved', async () => {
      const server = await answering(503)
      const asked = deferred()
      const wait = deferred<boolean>()
      const again = (_: unknown, attempt: number): boolean | Promise<boolean> => {
        if (attempt > 1) return false
        asked.resolve()
        return wait.promise
      }
      const conversation = scriptedCall({ prepare: () => post(server), again })
      const result = transport(conversation)
      await asked.promise
      await new Promise((resolve) => setImmediate(resolve))
      expect(conversation.prepared).to.equal(1)
      wait.resolve(true)
      await result
      expect(server.received).to.have.length(2)
    })

    it('is made separately for two concurrent calls', async () => {
      const server = await start((response, { body }) => response.writeHead(503).end(body))
      const talk = (name: string, attempts: number): Promise<WireResult> =>
        transport(
          scriptedCall({ prepare: () => ({ ...post(server), body: name }), again: (_, attempt) => attempt < attempts }),
        )
      const results = await Promise.all([talk('a', 2), talk('b', 4)])
      expect(results.map((result) => 'text' in result && result.text)).to.deep.equal(['a', 'b'])
      expect(server.received.map(({ body }) => body).sort()).to.deep.equal(['a', 'a', 'b', 'b', 'b', 'b'])
    })

    it('follows a failed connection', async () => {
      const server = await start((response, _, nth) => {
        if (nth === 1) drop(response)
        else response.end('ok')
      })
      const result = await transport(
        scriptedCall({
          prepare: () => post(server),
          again: (_, attempt) => attempt < 2,
        }),
      )
      expect(result).to.deep.include({ status: 200, text: 'ok' })
    })
  })

  describe('a redirect', () => {
    for (const status of [301, 302, 303, 307, 308]) {
      it(`${String(status)} is returned and not followed`, async () => {
        const elsewhere = await answering(200, 'stolen')
        const server = await answering(status, 'moved', {
          location: `${elsewhere.url}/token`,
        })
        expect(await transport(once(post(server)))).to.deep.include({ status })
        expect(server.received).to.have.length(1)
        expect(elsewhere.received).to.deep.equal([])
      })
    }
  })

  describe('no response', () => {
    // Fault 147
    it('is unreachable when the connection is refused', async () => {
      const server = await answering(200)
      await server.close()
      expect(await transport(once(post(server)))).to.deep.equal({
        failure: 'unreachable',
        networkCode: 'ECONNREFUSED',
      })
    })

    it('is lost when the server does not speak TLS, as that may happen after a request too', async () => {
      const server = await answering(200)
      const result = await transport(once({ ...post(server), url: server.url.replace('http:', 'https:') }))
      expect(result).to.include({ failure: 'lost' })
      expect('networkCode' in result && result.networkCode).to.match(/^EPROTO$|^ERR_SSL_/)
      expect(server.received).to.deep.equal([])
    })

    const losses: Readonly<Record<string, (response: ServerResponse) => void>> = {
      'before the answer': drop,
      'after the headers': (response) => {
        response.writeHead(200, { 'content-length': '20' })
        response.flushHeaders()
        setImmediate(() => {
          drop(response)
        })
      },
      'in the middle of the body': (response) => {
        response.writeHead(200, { 'content-length': '20' })
        response.write('{"access_to', () => {
          drop(response)
        })
      },
      'in the middle of a chunked body': (response) => {
        response.write('{"access_to', () => {
          drop(response)
        })
      },
    }
    for (const [when, lose] of Object.entries(losses)) {
      it(`is lost when the connection drops ${when}`, async () => {
        const server = await start(lose)
        const result = await transport(once(post(server)))
        expect(result).to.include({ failure: 'lost' })
        expect('networkCode' in result && result.networkCode).to.be.oneOf(['ECONNRESET', 'UND_ERR_SOCKET'])
      })
    }

    it('is lost when the response is not HTTP', async () => {
      const server = await start((response) => response.socket?.end('220 mail.example ESMTP\r\n'))
      expect(await transport(once(post(server)))).to.include({ failure: 'lost' })
    })
  })

  describe('a large response', () => {
    it('is read up to 1 MiB', async () => {
      const server = await answering(200, 'a'.repeat(MIB))
      const result = await transport(once(post(server)))
      expect('text' in result && result.text.length).to.equal(MIB)
    })

    it('is too large one byte above that', async () => {
      const server = await answering(200, 'a'.repeat(MIB + 1))
      expect(await transport(once(post(server)))).to.deep.equal({
        failure: 'too_large',
      })
    })

    it('is counted in bytes, not in characters', async () => {
      const server = await answering(200, '€'.repeat(MIB / 2))
      expect(await transport(once(post(server)))).to.deep.equal({
        failure: 'too_large',
      })
    })

    it('that never ends is aborted, and its connection is closed', async () => {
      const server = await start(flood)
      expect(await transport(once(post(server)))).to.deep.equal({
        failure: 'too_large',
      })
      await server.idle()
    })

    it('that decompresses without end is aborted, and its connection is closed', async () => {
      const before = process.memoryUsage().rss
      const server = await start((response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        const gzip = createGzip({ level: 9 })
        gzip.pipe(response)
        response.on('close', () => gzip.destroy())
        const zeros = Buffer.alloc(MIB)
        const more = (): void => {
          if (!gzip.destroyed) gzip.write(zeros, () => setImmediate(more))
        }
        more()
      })
      expect(await transport(once(post(server)))).to.deep.equal({
        failure: 'too_large',
      })
      await server.idle()
      expect(process.memoryUsage().rss - before).to.be.below(128 * MIB)
    })
  })

  describe('the signal', () => {
    const reason = new Error('the flight is over')
    const abortable = (url: string): readonly [AbortController, ScriptedCall] => {
      const controller = new AbortController()
      const { signal } = controller
      return [
        controller,
        scriptedCall({
          prepare: () => ({ method: 'POST', url, headers: {}, body: SECRET }),
          signal,
        }),
      ]
    }

    it('ends the wait for a response, with its reason, and closes the connection', async () => {
      const arrived = deferred()
      const server = await start(() => {
        arrived.resolve()
      })
      const [controller, conversation] = abortable(server.url)
      const result = failureOf(transport(conversation))
      await arrived.promise
      controller.abort(reason)
      expect(await result).to.equal(reason)
      expect(conversation.judged).to.deep.equal([])
      await server.idle()
    })

    it('ends the wait for the rest of a body', async () => {
      const arrived = deferred()
      const server = await start((response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{"access', () => setImmediate(arrived.resolve))
      })
      const [controller, conversation] = abortable(server.url)
      const result = failureOf(transport(conversation))
      await arrived.promise
      controller.abort(reason)
      expect(await result).to.equal(reason)
      await server.idle()
    })

    it('ends the wait for the next attempt', async () => {
      const server = await answering(503)
      const controller = new AbortController()
      const asked = deferred()
      const conversation = scriptedCall({
        prepare: () => post(server),
        signal: controller.signal,
        again: () =>
          new Promise((_, reject) => {
            controller.signal.addEventListener('abort', () => {
              reject(reason)
            })
            asked.resolve()
          }),
      })
      const result = failureOf(transport(conversation))
      await asked.promise
      controller.abort(reason)
      expect(await result).to.equal(reason)
      expect(server.received).to.have.length(1)
      expect(conversation.prepared).to.equal(1)
    })

    // Fault 135
    it('may be of a class that the platform rejects: the request is sent, and aborting still works', async () => {
      const signal = new ForeignSignal()
      const server = await start((response, _, nth) => {
        if (nth === 1) response.end('a')
        else signal.abort(reason)
      })
      const prepare = (): WireRequest => post(server)
      expect(await transport(scriptedCall({ prepare, signal }))).to.include({ status: 200, text: 'a' })
      expect(await failureOf(transport(scriptedCall({ prepare, signal })))).to.equal(reason)
      expect(server.received).to.have.length(2)
    })

    it('prevents the request when it has already aborted', async () => {
      const server = await answering(200)
      const [controller, conversation] = abortable(server.url)
      controller.abort(reason)
      expect(await failureOf(transport(conversation))).to.equal(reason)
      expect(server.received).to.deep.equal([])
    })
  })

  describe('a request that cannot be prepared', () => {
    const thrown: Readonly<Record<string, unknown>> = {
      'an error': new Error('no credentials'),
      'an error that looks like one of axios': Object.assign(new Error('401'), {
        isAxiosError: true,
        config: { url: 'http://127.0.0.1:1/', headers: {} },
        response: { status: 503, headers: {}, data: '' },
      }),
      'no error at all': undefined,
    }
    for (const [what, reason] of Object.entries(thrown)) {
      it(`rejects with the error of prepare (${what})`, async () => {
        const refuse = (): Promise<WireRequest> => Promise.reject(reason)
        const conversation = scriptedCall({ prepare: refuse, again: () => true })
        expect(await failureOf(transport(conversation))).to.equal(reason)
        expect(conversation.prepared).to.equal(1)
        expect(conversation.judged).to.deep.equal([])
      })
    }

    it('rejects at a later attempt too', async () => {
      const server = await answering(503)
      const reason = new Error('the vault is closed')
      const prepare = (attempt: number): WireRequest | Promise<never> =>
        attempt === 1 ? post(server) : Promise.reject(reason)
      expect(await failureOf(transport(scriptedCall({ prepare, again: () => true })))).to.equal(reason)
      expect(server.received).to.have.length(1)
    })
  })
}

function post({ url }: Loopback): WireRequest {
  return {
    method: 'POST',
    url: `${url}/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: SECRET,
  }
}

function once(request: WireRequest): ScriptedCall {
  return scriptedCall({ prepare: () => request })
}

function drop(response: ServerResponse): void {
  response.socket?.destroy()
}

function flood(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536, 'a')
  const more = (): void => {
    if (!response.destroyed) response.write(chunk, () => setImmediate(more))
  }
  more()
}
