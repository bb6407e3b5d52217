// A server that records requests as they are on the wire, and answers with bytes: well-formed or not, cut, delayed, reset.
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A request as it came. */
export interface WireRequest {
  readonly method: string
  readonly target: string
  /** Names in their case, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Of the part that has arrived; one character for each byte. */
  body: string
  /** Whether all of it has arrived. */
  isComplete: boolean
}

/** The end of the connection after the bytes: kept open, with nothing more to come if the bytes are no whole answer; closed; reset. */
export type After = 'keep' | 'end' | 'reset'

export interface WireAnswer {
  readonly bytes: Buffer
  readonly after: After
  /** Where the bytes are split in two writes. */
  readonly split?: number
}

/** Called for each complete request; nothing is sent for undefined. */
export type WireHandler = (request: WireRequest) => WireAnswer | undefined

export interface RawServer {
  readonly url: string
  /** Called for each request when its head has arrived. */
  onHead: (request: WireRequest) => void
  handler: WireHandler
  /** How many connections are open. */
  connections(): number
  close(): Promise<void>
}

const HEAD_END = '\r\n\r\n'

export async function startRawServer(): Promise<RawServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, raw)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const raw: RawServer = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    onHead: () => undefined,
    handler: () => undefined,
    connections: () => sockets.size,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return raw
}

function serve(socket: Socket, server: RawServer): void {
  let unread = ''
  let current: WireRequest | undefined
  const finish = (request: WireRequest): void => {
    request.isComplete = true
    current = undefined
    const answer = server.handler(request)
    if (answer) send(socket, answer)
  }
  socket.on('data', (bytes) => {
    unread += bytes.toString('latin1')
    for (;;) {
      if (!current) {
        const end = unread.indexOf(HEAD_END)
        if (end < 0) return
        current = parseHead(unread.slice(0, end))
        unread = unread.slice(end + HEAD_END.length)
        server.onHead(current)
      }
      const rest = readBody(current, unread)
      if (rest === undefined) return
      unread = rest
      finish(current)
    }
  })
}

function parseHead(head: string): WireRequest {
  const [start = '', ...lines] = head.split('\r\n')
  const [method = '', target = ''] = start.split(' ')
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  return { method, target, headers, body: '', isComplete: false }
}

export function headerIn(request: Pick<WireRequest, 'headers'>, name: string): string | undefined {
  return request.headers.find(([key]) => key.toLowerCase() === name)?.[1]
}

/** Puts the body that has arrived on the request; gives what follows it, or undefined if it is incomplete. */
function readBody(request: WireRequest, text: string): string | undefined {
  if (headerIn(request, 'transfer-encoding') === 'chunked') return readChunks(request, text)
  const length = Number(headerIn(request, 'content-length') ?? 0)
  request.body = text.slice(0, length)
  return text.length < length ? undefined : text.slice(length)
}

function readChunks(request: WireRequest, text: string): string | undefined {
  let body = ''
  let at = 0
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at)
    const size = lineEnd < 0 ? NaN : parseInt(text.slice(at, lineEnd), 16)
    const from = lineEnd + 2
    if (Number.isNaN(size) || text.length < from + size + 2) {
      request.body = body
      return undefined
    }
    body += text.slice(from, from + size)
    at = from + size + 2
    if (size > 0) continue
    request.body = body
    return text.slice(at)
  }
}

function send(socket: Socket, { bytes, after, split }: WireAnswer): void {
  const close = (): void => {
    if (after === 'end') socket.end()
    else if (after === 'reset') socket.resetAndDestroy()
  }
  if (split === undefined || split <= 0 || split >= bytes.length) {
    socket.write(bytes, close)
    return
  }
  socket.write(bytes.subarray(0, split), () => {
    setImmediate(() => {
      if (socket.writable) socket.write(bytes.subarray(split), close)
    })
  })
}
