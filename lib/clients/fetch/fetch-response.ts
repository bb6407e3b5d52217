// Reads a `Response`: status, challenges, body.
import type { Match } from '../../definitions/definition.ts'
import type { ResponseReader } from '../../request/classify-response.ts'
import { limitedText } from '../../token-endpoint/transport.ts'
import type { Clock, Timer } from '../../util/clock.ts'
import { hasRuleForSuccess, matchesRejection, type ResourceServerAccess } from '../resource-server.ts'
import { isWebStream } from '../request-body.ts'
import { copyResponse } from './fetch-internals.ts'

type Predicate = ResponseReader<Response>['isAuthFailure']

/** Limits to reading a rejected response. The socket of a longer one stays in use until it is discarded. */
const MAX_BYTES = 65_536
const MAX_MS = 1_000

export function fetchResponseReader(
  isAuthFailure: Predicate,
  resourceServer: ResourceServerAccess,
  rejectedWhen: readonly Match[] | undefined,
): ResponseReader<Response> {
  const { clock } = resourceServer.breakers
  return {
    isAuthFailure: isAuthFailure && ((response) => judgeCopy(response, isAuthFailure)),
    hasRuleForSuccess: hasRuleForSuccess(rejectedWhen),
    isRejectedBody: (response) => matchesRejection(rejectedWhen, response.status, () => shortText(response, clock)),
    challenges: (response) => response.headers.get('www-authenticate'),
    redirectedElsewhere: (response, origin) =>
      response.redirected && resourceServer.breakerFor(response.url)?.origin !== origin,
    drain: (response) => {
      // A clone is read: the response may still be returned.
      if (isWebStream(response.body) && !response.bodyUsed) shortText(response, clock).catch(() => undefined)
    },
    discard,
    attachCause: (response, _error, cause) => {
      Object.defineProperty(response, 'cause', { value: cause, configurable: true, writable: true })
    },
  }
}

function discard({ body }: Response): void {
  // The body of other implementations may be a stream of Node.
  if (isWebStream(body)) body.cancel().catch(() => undefined)
  else (body as { destroy?: () => void } | null)?.destroy?.()
}

const BODY_MEMBERS: ReadonlySet<unknown> = new Set(
  'body bodyUsed text json arrayBuffer blob bytes formData clone'.split(' '),
)

/** The result of the predicate for a response whose body is a copy, made when it is first used. */
async function judgeCopy(response: Response, isAuthFailure: NonNullable<Predicate>): Promise<boolean> {
  let copy: Response | undefined
  const view = new Proxy(response, {
    get(target, name) {
      const source = BODY_MEMBERS.has(name) ? (copy ??= copyResponse(target)) : target
      const value: unknown = Reflect.get(source, name, source)
      return typeof value === 'function' ? (value.bind(source) as unknown) : value
    },
  })
  try {
    return await isAuthFailure(view)
  } finally {
    // The rest of a copy that nobody reads would be kept in memory.
    if (copy) discard(copy)
  }
}

/** The text of the body; undefined if it is longer than 64 KiB or takes more than a second. A clone is read: the response may still be returned. */
async function shortText(response: Response, clock: Clock): Promise<string | undefined> {
  const copy = copyResponse(response)
  let timer: Timer | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = clock.after(MAX_MS, () => {
      resolve(undefined)
    })
  })
  try {
    return await limitedText(copy.body ?? (await copy.text()), MAX_BYTES, late)
  } finally {
    timer?.cancel()
    discard(copy)
  }
}
