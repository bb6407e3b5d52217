// What goes wrong on purpose: scripted per kind of request, one after the other or until changed.
import type { ServerResponse } from 'node:http'
import { invalidOption } from '../../errors.ts'
import type { Entry, Kind } from './request-log.ts'
import type { Answer } from './response.ts'

/** What happens to one request in place of, or before, the usual. Everything may be combined. */
export interface Fault {
  /** Answers this in place of doing what was asked. */
  readonly status?: number
  /** On this answer, or over those of the usual one. */
  readonly headers?: Readonly<Record<string, string>>
  /** Text and bytes as they are, anything else as JSON; without a status it is a 200. */
  readonly body?: unknown
  /** The usual answer with these fields of its JSON body replaced; undefined takes one away. */
  readonly patch?: Readonly<Record<string, unknown>>
  /** Milliseconds to wait first, by the wall clock. */
  readonly delay?: number
  /** Waits for this first; the connection is closed if it rejects. */
  readonly hold?: Promise<unknown>
  /** Never answers. */
  readonly hang?: boolean
  /** Closes the connection without an answer. */
  readonly drop?: boolean
  /** Sends the head and the half of the body, and never the rest. */
  readonly stall?: boolean
  /** What was asked is done before any of this happens: a refresh token is spent, and the answer lost. Default false. */
  readonly acted?: boolean
  /** Answers by hand: endless bodies, broken encodings. */
  readonly raw?: (response: ServerResponse) => void
}

/** `drop-after` is acted on, then dropped. A function decides when the request is there; undefined is the usual answer. */
export type Scripted = Fault | 'hang' | 'drop' | 'drop-after' | ((request: Entry) => Scripted | undefined)

const SHORT = {
  hang: { hang: true },
  drop: { drop: true },
  'drop-after': { drop: true, acted: true },
} as const satisfies Record<string, Fault>

export class FaultScript {
  readonly #next = new Map<Kind, (Scripted | undefined)[]>()
  readonly #always = new Map<Kind, Scripted>()

  next(kind: Kind, faults: readonly (Scripted | undefined)[]): void {
    for (const fault of faults) check(kind, fault)
    this.#next.set(kind, [...(this.#next.get(kind) ?? []), ...faults])
  }

  always(kind: Kind, fault: Scripted | undefined): void {
    check(kind, fault)
    if (fault === undefined) this.#always.delete(kind)
    else this.#always.set(kind, fault)
  }

  clear(): void {
    this.#next.clear()
    this.#always.clear()
  }

  /** What happens to this request. */
  take(request: Entry): Fault | undefined {
    const queue = this.#next.get(request.kind)
    return resolved(queue?.length ? queue.shift() : this.#always.get(request.kind), request)
  }
}

const KINDS: readonly unknown[] = ['token', 'resource', 'other'] satisfies Kind[]
const FIELDS: readonly string[] = [
  'status',
  'headers',
  'body',
  'patch',
  'delay',
  'hold',
  'hang',
  'drop',
  'stall',
  'acted',
  'raw',
] satisfies (keyof Fault)[]

/** A misspelt fault would let a test pass that has tested nothing. */
function check(kind: unknown, scripted: unknown): void {
  if (!KINDS.includes(kind)) throw invalidOption('kind', `one of ${KINDS.join(', ')}`, kind)
  if (scripted === undefined || typeof scripted === 'function') return
  if (typeof scripted === 'string') {
    if (Object.hasOwn(SHORT, scripted)) return
    throw invalidOption('fault', `one of ${Object.keys(SHORT).join(', ')}`, scripted)
  }
  if (typeof scripted !== 'object' || scripted === null) throw invalidOption('fault', 'an object', scripted)
  for (const name of Object.keys(scripted))
    if (!FIELDS.includes(name)) throw invalidOption(`fault.${name}`, `one of ${FIELDS.join(', ')}`, scripted)
  const { status } = scripted as Fault
  if (status !== undefined && !(Number.isInteger(status) && status >= 200 && status <= 599))
    throw invalidOption('fault.status', 'a status from 200 to 599', status)
}

function resolved(scripted: Scripted | undefined, request: Entry): Fault | undefined {
  if (typeof scripted === 'function') return resolved(scripted(request), request)
  return typeof scripted === 'string' ? SHORT[scripted] : scripted
}

/** What the fault answers in place of the usual answer, if it does. */
export function replacement({ status, body, headers = {} }: Fault): Answer | undefined {
  if (status === undefined && body === undefined) return undefined
  return { status: status ?? 200, headers, ...(body !== undefined && { body }) }
}
