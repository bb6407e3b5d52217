// Private state of Node's TLS sockets, in Node 20.19, 22.23, 24.21 and 26.12. `tls.connect()` keeps its options under a symbol that is
// described as `connect-options`. Of an https agent they are the options of the request that opened the socket, with its headers; the
// socket serves later requests, and printing an error of any of them prints it.

/** Removes headers of a finished request from the TLS socket that it was sent over. */
export function redactSocket(request: unknown, fields: readonly (readonly [name: string, value: string])[]): void {
  const { socket } = (request ?? {}) as { socket?: Readonly<Record<symbol, ConnectOptions>> | null }
  if (!socket || !('encrypted' in socket)) return
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'connect-options')
  const headers = (symbol && socket[symbol]?.headers) ?? {}
  // In place: the agent opens its next socket with the same object. By value: another request may have opened this one, and its headers
  // are those of a redirect that is being followed.
  for (const key of Object.keys(headers))
    if (fields.some(([, value]) => headers[key] === value)) Reflect.deleteProperty(headers, key)
}

interface ConnectOptions {
  readonly headers?: Readonly<Record<string, unknown>> | null
}
