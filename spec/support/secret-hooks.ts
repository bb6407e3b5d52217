// Casts a net over every spec. Nothing in a spec need know of it: tokens and credentials are learnt where they pass an emulator or a
// FakeEndpoint, errors where `failureOf` catches them, events where a manager tells them.
import { IssuedTokens } from '../../lib/testing/server/issued-tokens.ts'
import { RequestLog } from '../../lib/testing/server/request-log.ts'
import { Emitter } from '../../lib/token/events.ts'
import { currentNet, freshNet } from './secrets.ts'

const CONSOLE = ['debug', 'dir', 'error', 'info', 'log', 'trace', 'warn'] as const

/** Looks over the shoulder of what issues tokens, takes requests and tells events; once for all specs. */
export function watchLibrary(): void {
  around(IssuedTokens.prototype, 'issue', (issue, order) => {
    const issued = issue(order)
    currentNet().learn(issued.accessToken)
    currentNet().learn(issued.refreshToken)
    return issued
  })
  around(RequestLog.prototype, 'add', (add, request, kind, token) => {
    if (kind !== 'resource') currentNet().learnMessage(request.body, request.headers['authorization'])
    if (kind === 'token') currentNet().learnFields(Object.fromEntries(request.query))
    return add(request, kind, token)
  })
  around(Emitter.prototype, 'emit', (emit, name, event) => {
    const payload = event()
    currentNet().give(`the event ${name}`, payload)
    emit(name, () => payload)
  })
  process.on('warning', (warning) => {
    currentNet().give('a warning of the process', warning)
  })
}

type Arguments<Act> = Act extends (...args: infer Args) => unknown ? Args : never

/** Puts a function in the place of a method, that is given the method. */
function around<Owner extends object, Name extends keyof Owner>(
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

/** Starts a net of its own for the next spec, and listens to the console. */
export function castNet(): void {
  freshNet()
  restore = CONSOLE.map((name) => {
    const { [name]: original } = { ...console }
    around(console, name, (print, ...args: unknown[]) => {
      for (const arg of args) currentNet().give(`console.${name}`, arg)
      print(...args)
    })
    return () => Object.assign(console, { [name]: original })
  })
}

/** What the spec gave away, as an error; undefined when it kept its secrets. */
export function drawNet(): Error | undefined {
  for (const undo of restore.splice(0)) undo()
  const { leaks } = currentNet()
  freshNet()
  if (leaks.length === 0) return undefined
  return new Error(`secrets were given out:\n${leaks.map(({ where, found }) => `  ${found} in ${where}`).join('\n')}`)
}
