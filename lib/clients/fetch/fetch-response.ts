// Reads a `Response`: status, challenges, body.
import type { Match } from '../../definitions/definition.ts'
import type { ResponseReader } from '../../request/classify-response.ts'
import { hasRuleForSuccess, matchesRejection, type ResourceServerAccess } from '../resource-server.ts'
import { isWebStream } from './fetch-internals.ts'

type Predicate = ResponseReader<Response>['isAuthFailure']

/** Bytes of a rejected response that are read during the renewal. The socket of a longer one stays in use until it is discarded. */
const DRAIN_LIMIT = 65_536

export function fetchResponseReader(
  isAuthFailure: Predicate,
  resourceServer: ResourceServerAccess,
  rejectedWhen: readonly Match[] | undefined,
): ResponseReader<Response> {
  return {
    isAuthFailure,
    hasRuleForSuccess: hasRuleForSuccess(rejectedWhen),
    isRejectedBody: (response) => matchesRejection(rejectedWhen, response.status, () => response.clone().text()),
    status: (response) => response.status,
    challenges: (response) => response.headers.get('www-authenticate'),
    responseIn: () => undefined,
    redirectedElsewhere: (response, origin) =>
      response.redirected && resourceServer.breakerFor(response.url)?.origin !== origin,
    drain: (response) => {
      // A clone is read: the response may still be returned.
      if (isWebStream(response.body) && !response.bodyUsed) drain(response.clone()).catch(() => undefined)
    },
    discard: ({ body }) => {
      // The body of other implementations may be a stream of Node.
      if (isWebStream(body)) body.cancel().catch(() => undefined)
      else (body as { destroy?: () => void } | null)?.destroy?.()
    },
    attachCause: (response, _error, cause) => {
      Object.defineProperty(response, 'cause', { value: cause, configurable: true, writable: true })
    },
  }
}

async function drain({ body }: Response): Promise<void> {
  const reader = body?.getReader()
  let read = 0
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    read += part.value.byteLength
    if (read > DRAIN_LIMIT) return reader?.cancel()
  }
}
