// Detects leaked secrets in every spec, without code in the spec: tokens and credentials are recorded at the emulators and
// FakeEndpoint, errors in `failureOf`, events where a manager emits them. The agents, the connection pool and the sessions that Node
// keeps are searched at the end.
import { globalAgent } from 'node:http'
import http2 from 'node:http2'
import { globalAgent as secureGlobalAgent } from 'node:https'
import { IssuedTokens } from '../../lib/testing/server/issued-tokens.ts'
import { RequestLog } from '../../lib/testing/server/request-log.ts'
import { Emitter } from '../../lib/token/events.ts'
import { emptyGlobalDispatcher, globalDispatcher } from './dispatcher.ts'
import { leakDetector, resetLeakDetector } from './leak-detector.ts'

const CONSOLE = ['debug', 'dir', 'error', 'info', 'log', 'trace', 'warn'] as const

let watching = false

/** Wraps the methods that issue tokens, log requests and emit events; once for all specs. */
export function watchLibrary(): void {
  if (watching) return
  watching = true
  wrapMethod(IssuedTokens.prototype, 'issue', (issue, order) => {
    const issued = issue(order)
    leakDetector().learn(issued.accessToken)
    leakDetector().learn(issued.refreshToken)
    return issued
  })
  wrapMethod(RequestLog.prototype, 'add', (add, request, kind, token) => {
    if (kind !== 'resource') leakDetector().learnMessage(request.body, request.headers['authorization'])
    if (kind === 'token') leakDetector().learnFields(Object.fromEntries(request.query))
    return add(request, kind, token)
  })
  wrapMethod(Emitter.prototype, 'emit', (emit, name, event) => {
    const payload = event()
    leakDetector().inspect(`the event ${name}`, payload)
    emit(name, () => payload)
  })
  wrapMethod(http2, 'connect', (connect, ...args: unknown[]) => {
    const session = (connect as (...args: unknown[]) => http2.ClientHttp2Session)(...args)
    leakDetector().keep('a session of HTTP/2', session)
    return session
  })
  process.on('warning', (warning) => {
    leakDetector().inspect('a warning of the process', warning)
  })
}

type Arguments<Act> = Act extends (...args: infer Args) => unknown ? Args : never

/** Replaces a method by a function that receives the original. */
function wrapMethod<Owner extends object, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  act: (method: Owner[Name], ...args: Arguments<Owner[Name]>) => unknown,
): void {
  const original = owner[name] as (...args: unknown[]) => unknown
  owner[name] = function (this: unknown, ...args: Arguments<Owner[Name]>) {
    return act(original.bind(this) as Owner[Name], ...args)
  } as Owner[Name]
}

let restore: (() => void)[] = []

/** Starts a new detector for the next spec, and wraps the console. */
export function startLeakDetection(): void {
  resetLeakDetector()
  restore = CONSOLE.map((name) => {
    const { [name]: original } = { ...console }
    wrapMethod(console, name, (print, ...args: unknown[]) => {
      for (const arg of args) leakDetector().inspect(`console.${name}`, arg)
      print(...args)
    })
    return () => Object.assign(console, { [name]: original })
  })
}

/** The leaks of the spec as an error; undefined without leaks. */
export function endLeakDetection(): Error | undefined {
  for (const undo of restore.splice(0)) undo()
  for (const kept of [globalAgent, secureGlobalAgent, globalDispatcher()]) leakDetector().keep('a global agent', kept)
  const { leaks } = leakDetector()
  resetLeakDetector()
  emptyGlobalDispatcher()
  if (leaks.length === 0) return undefined
  return new Error(`secrets were given out:\n${leaks.map(({ where, found }) => `  ${found} in ${where}`).join('\n')}`)
}
