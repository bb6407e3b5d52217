// An emulator: one system on a server of its own, with methods to observe and control it.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { invalidOption } from '../errors.ts'
import { callable, checkAll, type Checks } from '../util/check-options.ts'
import { isObject } from '../util/objects.ts'
import { FaultQueue, type ScriptedFault } from './server/faults.ts'
import type { IssuedToken, IssueOptions } from './server/issued-tokens.ts'
import { RequestHandler, Router } from './server/request-handler.ts'
import { type RequestCounts, type LoggedRequest, type RequestKind, RequestLog } from './server/request-log.ts'
import type { SystemFactory, Resource, System } from './system.ts'

/** Options of {@link startEmulator}. */
export interface EmulatorOptions {
  /** The TCP port. @default one that is free */
  readonly port?: number
  /** The number of requests that the log keeps, the last ones; false: none. `counts` counts all of them. @default all */
  readonly log?: number | false
  /** Called for every request that is answered. @default none */
  readonly onAnswered?: (request: LoggedRequest) => void
  /** Time, for the expiry of tokens and the log. @default that of the system */
  readonly clock?: {
    /** Epoch milliseconds. */
    now(): number
  }
  /** Resources of your own, by method and path under the API root: `{ 'GET /things/{id}': () => ({ status: 200 }) }`. */
  readonly resources?: Readonly<Record<string, Resource>>
}

const CHECKS: Checks = {
  port: ['a port', (port) => Number.isInteger(port) && Number(port) >= 0 && Number(port) < 65_536],
  log: ['a whole number from 0, or false', (log) => log === false || (Number.isInteger(log) && Number(log) >= 0)],
  onAnswered: callable,
  clock: ['an object with now()', (clock) => typeof (clock as EmulatorOptions['clock'])?.now === 'function'],
  resources: [
    "functions by method and path, e.g. 'GET /things/{id}'",
    (resources) =>
      isObject(resources) &&
      Object.entries(resources).every(
        ([name, resource]) => /^[A-Z]+ \/\S*$/.test(name) && typeof resource === 'function',
      ),
  ],
}

// A burst may open more connections at once than Node's 511 would let wait.
const BACKLOG = 16_384

/** Starts a system on the loopback address. @throws `TypeError` for a value that is no system, and for an invalid option; the error of Node where the port is taken */
export async function startEmulator<S extends System>(
  system: SystemFactory<S>,
  options: EmulatorOptions = {},
): Promise<Emulator<S>> {
  if (typeof (system as unknown) !== 'function')
    throw invalidOption('system', 'a system, e.g. telstraEmulator()', system)
  checkAll(options, CHECKS)
  const server = createServer({ keepAlive: true })
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port: options.port ?? 0, host: '127.0.0.1', backlog: BACKLOG }, resolve)
  })
  const { port } = server.address() as AddressInfo
  try {
    return new Emulator(server, `http://127.0.0.1:${String(port)}`, system, options)
  } catch (error) {
    server.close()
    throw error
  }
}

/** An authorization server and resource server of one system, running in this process. */
export class Emulator<S extends System> implements AsyncDisposable {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** The API root. Below it, `/echo` is a resource of no system: it takes any method and any body, from those with a token. */
  readonly api: string
  /** The definition of the system, pointed at this emulator. */
  readonly provider: S['provider']
  /** Credentials the system accepts, for its usual grant. */
  readonly credentials: S['credentials']
  /** The same by grant. */
  readonly grants: S['grants']
  /** Settings of the system that may be changed while it runs. */
  readonly switches: S['switches']
  /** Actions that people take at the system by hand: ask for a code, read a passcode. */
  readonly actions: S['actions']
  readonly #server: Server
  readonly #system: S
  readonly #log: RequestLog
  readonly #faults = new FaultQueue()
  readonly #handler: RequestHandler

  constructor(server: Server, url: string, createSystem: SystemFactory<S>, options: EmulatorOptions) {
    const now = (): number => (options.clock ?? Date).now()
    this.#server = server
    this.#system = createSystem({ url, now })
    if (typeof (this.#system as unknown) !== 'object')
      throw invalidOption('system', 'a system, e.g. telstraEmulator()', createSystem)
    const { root, provider, credentials, grants, switches, actions } = this.#system
    this.#log = new RequestLog(
      options.log === false ? 0 : (options.log ?? Infinity),
      options.onAnswered ?? (() => undefined),
    )
    const router = new Router(this.#system, options.resources ?? {})
    this.#handler = new RequestHandler(router, this.#log, this.#faults, now)
    this.url = url
    this.api = url + root
    this.provider = provider
    this.credentials = credentials
    this.grants = grants
    this.switches = switches
    this.actions = actions
    server.on('request', (incoming, response) => {
      this.#handler.handle(incoming, response)
    })
  }

  /** Everything that reached this emulator, in the order of arrival. */
  get log(): readonly LoggedRequest[] {
    return this.#log.entries
  }

  /** How many requests came in, by kind, since the start or the last `clearLog()`. */
  get counts(): RequestCounts {
    return this.#log.counts
  }

  /** Empties the log and starts to count anew. */
  clearLog(): void {
    this.#log.clear()
  }

  /** Resolves as soon as so many requests of a kind have arrived, answered or not. */
  arrived(kind: RequestKind, count = 1): Promise<void> {
    return this.#log.waitFor(kind, count)
  }

  /** Seconds, of access tokens issued from now on. */
  get lifetime(): number {
    return this.#system.tokens.lifetime
  }

  /** Of access tokens issued from now on; never of those that are out. */
  set lifetime(seconds: number) {
    this.#system.tokens.lifetime = seconds
  }

  /** Every token issued, in order. */
  get issued(): readonly IssuedToken[] {
    return this.#system.tokens.issued
  }

  /** Issues a token without a request, for `adopt()`. */
  issue(options: Partial<IssueOptions> = {}): IssuedToken {
    return this.#system.tokens.issue({ ...this.#system.defaultToken, ...options })
  }

  /** Refuses one token from now on, access or refresh; false when it was never issued here. */
  revoke(token: string): boolean {
    return this.#system.tokens.revoke(token)
  }

  /** Refuses every access token issued so far. */
  revokeAll(): void {
    this.#system.tokens.revokeAll()
  }

  /** Refuses every refresh token issued so far. */
  revokeRefreshTokens(): void {
    this.#system.tokens.revokeRefreshTokens()
  }

  /** Scripts the next request of a kind, or several: one each, behind those already scripted; undefined is the usual response. */
  next(kind: RequestKind, faults: ScriptedFault | readonly (ScriptedFault | undefined)[]): void {
    this.#faults.next(kind, isList(faults) ? faults : [faults])
  }

  /** Scripts every request of a kind for which nothing else is scripted; undefined ends it. */
  always(kind: RequestKind, fault: ScriptedFault | undefined): void {
    this.#faults.always(kind, fault)
  }

  /** Ends everything scripted. */
  clearFaults(): void {
    this.#faults.clear()
  }

  /** Stops listening and closes every connection, those that hang too. */
  close(): Promise<void> {
    this.#handler.close()
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve()
      })
      this.#server.closeAllConnections()
    })
  }

  /** Closes it, at the end of the block that has it by `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function isList(
  faults: ScriptedFault | readonly (ScriptedFault | undefined)[],
): faults is readonly (ScriptedFault | undefined)[] {
  return Array.isArray(faults)
}
