// Only what is sure not to have been sent may be sent again without a thought: everything else counts as lost.

/** The names that Node, undici and Bun have for a connection that never came about, and for a TLS handshake that failed. */
const UNSENT =
  /^(?:E(?:CONNREFUSED|PROTO|NOTFOUND|AI_[A-Z]+|HOST(?:UNREACH|DOWN)|NET(?:UNREACH|DOWN))|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|UNABLE_TO_\w+|CRL_\w+|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|ERR_SSL_\w*(?:VERSION|HANDSHAKE|PROTOCOL|UNRECOGNIZED)\w*)$|CERT/

/** What a client's error says of the request, read off the codes in its chain of causes. */
export function failureOf(error: unknown): 'unreachable' | 'lost' {
  return isUnsent(error, 8) ? 'unreachable' : 'lost'
}

function isUnsent(error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return false
  const { code, cause, errors } = error as { code?: unknown; cause?: unknown; errors?: unknown }
  if (typeof code === 'string' && UNSENT.test(code)) return true
  // A host of several addresses fails once for each.
  return isUnsent(cause, depth - 1) || (Array.isArray(errors) && errors.some((each) => isUnsent(each, depth - 1)))
}
