// npm run emulate -- telstra [--port 8080]: one system in the foreground, until Ctrl-C.
import { parseArgs } from 'node:util'
import type { LoggedRequest } from '../server/request-log.ts'
import { RECIPES } from './recipes.ts'

const USAGE = `Usage: npm run emulate -- <system> [--port <port>]

Systems:
${Object.keys(RECIPES)
  .map((name) => `  ${name}`)
  .join('\n')}
`

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function readArguments(): { readonly name: string; readonly port: number } {
  const { values, positionals } = parse()
  const [name = '', ...rest] = positionals
  if (name === '') fail(USAGE)
  if (rest.length > 0 || !Object.hasOwn(RECIPES, name)) fail(`No such system: ${positionals.join(' ')}\n\n${USAGE}`)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) fail(`No such port: ${values.port}`)
  return { name, port }
}

function parse(): { readonly values: { readonly port: string }; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ allowPositionals: true, options: { port: { type: 'string', default: '0' } } })
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  }
}

function show({ method, path, grant, status }: LoggedRequest): void {
  process.stdout.write(
    [new Date().toISOString().slice(11, 19), status, method, path, grant].filter(Boolean).join(' ') + '\n',
  )
}

const { name, port } = readArguments()
const start = RECIPES[name] ?? fail(USAGE)
const { emulator, title, credentials, token, resource } = await start({ port, log: 0, onAnswered: show }).catch(
  (error: unknown) => fail(`Port ${String(port)} cannot be used: ${String(error)}`),
)

process.stdout.write(`${title}

API root     ${emulator.api}
Credentials  ${JSON.stringify(credentials, null, 2).replaceAll('\n', '\n             ')}

A token:
${token}

A resource:
${resource}

Ctrl-C stops.
`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.close())
