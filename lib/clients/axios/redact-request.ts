// Removes the token from finished requests: Node's request objects and the platform's Request keep the headers they sent, and
// printing an error prints them.
import { deleteHeader } from '../header-names.ts'

/** Takes a header off the record of a request that has been sent. */
export function redactRequest(request: unknown, name: string): void {
  if (typeof request !== 'object' || request === null) return
  const wanted = name.toLowerCase()
  if (typeof Request === 'function' && request instanceof Request) {
    request.headers.delete(wanted)
    return
  }
  if (!('_header' in request || '_options' in request)) return
  redactRecord(request, wanted)
  // That of follow-redirects and Node's own point at one another.
  const { _currentRequest, _redirectable } = request as NodeRequest
  for (const other of [_currentRequest, _redirectable, _redirectable?._currentRequest])
    if (other !== request) redactRecord(other, wanted)
}

function redactRecord(record: unknown, name: string): void {
  if (typeof record !== 'object' || record === null) return
  const request = record as NodeRequest
  const { _header, _options, destroyed, outputData, socket } = request
  if (_header !== undefined) {
    // Node takes nothing off headers that have been sent, and knows that they have been by what was sent.
    request._header = null
    request.removeHeader?.(name)
    request._header = typeof _header === 'string' ? withoutLine(_header, name) : _header
    // By this Deno sends again where a kept connection turns out to be closed.
    for (const symbol of Object.getOwnPropertySymbols(request))
      if (symbol.description === 'kRetryOptions') deleteFrom((request as Record<symbol, Options>)[symbol], name)
  }
  deleteFrom(_options, name)
  // Of a request that was given up before it had a connection, the head still stands in line.
  if (destroyed === true) {
    outputData?.splice(0)
    if (typeof socket?._pendingData === 'string') socket._pendingData = ''
  }
}

type Options = { readonly headers?: unknown } | null | undefined

/** A ClientRequest, or that of follow-redirects around it. */
interface NodeRequest {
  _header?: unknown
  readonly removeHeader?: (name: string) => void
  readonly _options?: Options
  readonly _currentRequest?: unknown
  readonly _redirectable?: { readonly _currentRequest?: unknown }
  readonly destroyed?: unknown
  readonly outputData?: unknown[]
  readonly socket?: { _pendingData?: unknown } | null
}

function deleteFrom(options: Options, name: string): void {
  const headers = options?.headers
  if (typeof headers === 'object' && headers !== null) deleteHeader(headers, name)
}

function withoutLine(head: string, name: string): string {
  const from = head.toLowerCase().indexOf(`\r\n${name}:`)
  return from < 0 ? head : head.slice(0, from) + withoutLine(head.slice(head.indexOf('\r\n', from + 2)), name)
}
