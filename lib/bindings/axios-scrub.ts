// What axios shows of a request that is over: Node's own objects and the platform's Request keep the headers they sent, and whoever
// prints an error prints them.

/** Takes a header off the record of a request that has been sent. */
export function scrub(request: unknown, name: string): void {
  const wanted = name.toLowerCase()
  const seen = new Set<unknown>()
  const clean = (record: unknown): void => {
    if (typeof record !== 'object' || record === null || seen.has(record)) return
    seen.add(record)
    if (typeof Request === 'function' && record instanceof Request) {
      record.headers.delete(name)
      return
    }
    const { _header, _options, _currentRequest, _redirectable, destroyed, outputData, socket } = record as NodeRequest
    if (typeof _header === 'string') (record as NodeRequest)._header = withoutLine(_header, wanted)
    // Of the headers not yet written Node keeps a table, by names in lower case, under a symbol.
    for (const symbol of Object.getOwnPropertySymbols(record))
      if (symbol.description === 'kOutHeaders') drop((record as Record<symbol, unknown>)[symbol], wanted)
    drop(_options?.headers, wanted)
    // Of a request that was given up before it had a connection, the head still stands in line.
    if (destroyed === true) {
      outputData?.splice(0)
      if (typeof socket?._pendingData === 'string') socket._pendingData = ''
    }
    clean(_currentRequest)
    clean(_redirectable)
  }
  clean(request)
}

/** A ClientRequest, or that of follow-redirects around it. */
interface NodeRequest {
  _header?: unknown
  readonly _options?: { readonly headers?: unknown }
  readonly _currentRequest?: unknown
  readonly _redirectable?: unknown
  readonly destroyed?: unknown
  readonly outputData?: unknown[]
  readonly socket?: { _pendingData?: unknown } | null
}

function withoutLine(head: string, name: string): string {
  const lines = head.split('\r\n')
  return lines.filter((line) => !line.toLowerCase().startsWith(`${name}:`)).join('\r\n')
}

function drop(table: unknown, name: string): void {
  if (typeof table !== 'object' || table === null) return
  for (const key of Object.keys(table)) if (key.toLowerCase() === name) Reflect.deleteProperty(table, key)
}
