// One request at a time: into the log, past the script, to the system, and back.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { patched, send, type Answer } from './answer.ts'
import { arrivalOf } from './arrival.ts'
import { replacement, type Fault, type FaultScript } from './faults.ts'
import type { Entry, Log } from './log.ts'
import type { Router } from './router.ts'

export class Reception {
  readonly #router: Router
  readonly #log: Log
  readonly #script: FaultScript
  readonly #now: () => number
  readonly #delays = new Set<NodeJS.Timeout>()

  constructor(router: Router, log: Log, script: FaultScript, now: () => number) {
    this.#router = router
    this.#log = log
    this.#script = script
    this.#now = now
  }

  receive(incoming: IncomingMessage, response: ServerResponse): void {
    // A client that went away, a promise that rejected, a mistake in a script: nobody is there to be told.
    this.#receive(incoming, response).catch(() => {
      response.destroy()
    })
  }

  /** Lets go of what waits. */
  close(): void {
    for (const timer of this.#delays) clearTimeout(timer)
  }

  async #receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrival = await arrivalOf(incoming, this.#now)
    const { kind, token } = this.#router.classify(arrival)
    const request = this.#log.arrived(arrival, kind, token)
    const fault = this.#script.take(request)
    if (fault) await this.#misbehave(request, response, fault)
    else this.#answer(request, response, {})
  }

  async #misbehave(request: Entry, response: ServerResponse, fault: Fault): Promise<void> {
    const { acted, delay, hold, hang, drop, raw } = fault
    const usual = acted ? this.#router.answer(request) : undefined
    if (delay) await this.#wait(delay)
    await hold
    if (hang) return
    if (drop) response.destroy()
    else if (raw) raw(response)
    else this.#answer(request, response, fault, usual)
  }

  #answer(request: Entry, response: ServerResponse, fault: Fault, usual?: Answer): void {
    const answer = replacement(fault) ?? usual ?? this.#router.answer(request)
    const final = fault.patch ? patched(answer, fault.patch) : answer
    this.#log.answered(request, final.status)
    send(response, { ...final, headers: { ...final.headers, ...fault.headers } }, fault.stall)
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#delays.delete(timer)
        resolve()
      }, ms)
      this.#delays.add(timer)
    })
  }
}
