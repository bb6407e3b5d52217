// Reads a `Response`: status, challenges, body.
import type { Match } from '../../definitions/definition.ts'
import type { ResponseReader } from '../../request/classify-response.ts'
import { matchesRejection, type ResourceServerAccess } from '../resource-server.ts'

type Predicate = ResponseReader<Response>['isAuthFailure']

/** Read of a refused answer while a token is waited for; of a longer one the socket stays taken until it is discarded. */
const DRAIN_LIMIT = 65_536

export function fetchResponseReader(
  isAuthFailure: Predicate,
  target: ResourceServerAccess,
  refused: readonly Match[] | undefined,
): ResponseReader<Response> {
  return {
    isAuthFailure,
    isRejectedBody: (answer) => matchesRejection(refused, answer.status, () => answer.clone().text()),
    status: (answer) => answer.status,
    challenges: (answer) => answer.headers.get('www-authenticate'),
    responseIn: () => undefined,
    redirectedElsewhere: (answer, origin) => answer.redirected && target.breaker(answer.url)?.origin !== origin,
    drain: (answer) => {
      // The clone is read, the answer itself keeps a copy: it can still be handed back.
      if (isWebStream(answer.body) && !answer.bodyUsed) drain(answer.clone()).catch(() => undefined)
    },
    discard: ({ body }) => {
      // A fetch that only plays the platform's part may give a stream of Node's.
      if (isWebStream(body)) body.cancel().catch(() => undefined)
      else (body as { destroy?: () => void } | null)?.destroy?.()
    },
    attachCause: (answer, _error, cause) => {
      Object.defineProperty(answer, 'cause', { value: cause, configurable: true, writable: true })
    },
  }
}

function isWebStream(body: Response['body']): body is ReadableStream<Uint8Array<ArrayBuffer>> {
  return typeof body?.getReader === 'function'
}

async function drain({ body }: Response): Promise<void> {
  const reader = body?.getReader()
  let read = 0
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    read += part.value.byteLength
    if (read > DRAIN_LIMIT) return reader?.cancel()
  }
}
