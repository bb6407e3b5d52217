// Starts the program in each runtime and reads its report.
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Host } from './host.ts'
import type { Setting, Trial } from './program.ts'
import { storeProgram } from './stores.ts'
import { inReactNative } from './react-native.ts'

export interface Runtime {
  readonly name: string
  /** The platform that the program is bundled for. */
  readonly platform: 'node' | 'browser'
  readonly adapters: Setting['adapters']
  /** The time limit. @default 60 */
  readonly seconds?: number
  /** Runs the program, from a file or from the host's `/program.js`. */
  readonly run: (host: Host, setting: Setting, program: string) => Promise<Trial[]>
}

const folder = fileURLToPath(new URL('.', import.meta.url))
const installed = (path: string): string => join(folder, 'node_modules', path)
const bun = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : process.arch}/bin/bun`

const DENO = ['run', '--allow-all', '--no-config', '--node-modules-dir=manual']

export const RUNTIMES: readonly Runtime[] = [
  onCommandLine('Node', process.execPath, []),
  onCommandLine('Bun', installed(bun), []),
  onCommandLine('Deno', installed('.bin/deno'), DENO),
  {
    name: 'workerd',
    platform: 'browser',
    adapters: ['fetch'],
    run: (_, setting, program) => inWorkerd(program, `tryAll(${JSON.stringify(setting)})`),
  },
  {
    name: 'DurableObjects',
    platform: 'browser',
    adapters: [],
    run: async () =>
      inWorkerd(await storeProgram('durable-objects'), 'tryStore(durableObjectStore(env.SESSIONS))', OBJECTS),
  },
  {
    name: 'DenoKV',
    platform: 'node',
    adapters: [],
    run: async () =>
      within(join(folder, 'run-'), async (place) => {
        const path = join(place, 'program.mjs')
        const open = `denoKvStore(await Deno.openKv(':memory:'))`
        await writeFile(
          path,
          `${await storeProgram('deno-kv')}\nconsole.log(JSON.stringify(await tryStore(${open}, { bytes: 60_000 })))\nDeno.exit()`,
        )
        return trialsIn(await output(installed('.bin/deno'), [...DENO, '--unstable-kv', path]))
      }),
  },
  {
    name: 'ReactNative',
    platform: 'browser',
    adapters: ['xhr'],
    // The package is built, and Metro bundles it.
    seconds: 300,
    run: (_, setting) => within(join(folder, 'run-'), (place) => inReactNative(place, setting)),
  },
  inBrowser('Chromium', (profile, url) => [
    ['chromium', 'chromium-browser', 'google-chrome'],
    ['--headless=new', '--no-sandbox', '--disable-gpu', `--user-data-dir=${profile}`, url],
  ]),
  inBrowser('Firefox', (profile, url) => [
    ['firefox', 'firefox-esr'],
    ['--headless', '--no-remote', '--profile', profile, url],
  ]),
]

function onCommandLine(name: string, command: string, options: readonly string[]): Runtime {
  return {
    name,
    platform: 'node',
    adapters: ['http', 'fetch'],
    // The folder is below this one, so that imports of dependencies resolve.
    run: (_, setting, program) =>
      within(join(folder, 'run-'), async (place) => {
        const path = join(place, 'program.mjs')
        await writeFile(path, `${program}\nconsole.log(JSON.stringify(await tryAll(${JSON.stringify(setting)})))`)
        return trialsIn(await output(command, [...options, path]))
      }),
  }
}

/** `trials`: what makes them, in the scope of the program and of `env`. `bindings`: of the worker. */
async function inWorkerd(program: string, trials: string, bindings = ''): Promise<Trial[]> {
  const answer = `export default { fetch: async (_, env) => Response.json(await ${trials}) }`
  return within(join(tmpdir(), 'workerd-'), async (place) => {
    const port = await freePort()
    await writeFile(join(place, 'program.js'), `${program}\n${answer}`)
    await writeFile(join(place, 'config.capnp'), WORKERD.replace('PORT', String(port)).replace('BINDINGS', bindings))
    // The installed script starts the binary as a child: the process group is killed.
    const options = { stdio: 'inherit', detached: true } as const
    const worker = spawn(installed('.bin/workerd'), ['serve', join(place, 'config.capnp')], options)
    try {
      const url = `http://127.0.0.1:${String(port)}/`
      for (let tries = 0; tries < 100; tries += 1) {
        const response = await fetch(url).catch(() => undefined)
        if (response) return trialsIn(await response.text())
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
      throw new Error('workerd does not answer')
    } finally {
      if (worker.pid !== undefined) process.kill(-worker.pid)
    }
  })
}

// workerd denies private networks unless they are allowed.
const WORKERD = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "program", esModule = embed "program.js")],
      compatibilityDate = "2026-06-01",
      globalOutbound = "loopback",
      BINDINGS
    )),
    (name = "loopback", network = (allow = ["private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:PORT", http = (), service = "main")],
);
`

const OBJECTS = `durableObjectNamespaces = [(className = "SessionObject", uniqueKey = "sessions", enableSql = true)],
      durableObjectStorage = (inMemory = void),
      bindings = [(name = "SESSIONS", durableObjectNamespace = "SessionObject")],`

type Line = readonly [commands: readonly string[], options: readonly string[]]

function inBrowser(name: string, line: (profile: string, url: string) => Line): Runtime {
  return {
    name,
    platform: 'browser',
    adapters: ['xhr', 'fetch'],
    run: (host) =>
      within(join(tmpdir(), 'browser-'), async (profile) => {
        const [commands, options] = line(profile, `${host.origin}/`)
        const browser = await start(commands, options)
        try {
          return trialsIn(await host.report)
        } finally {
          browser.kill('SIGKILL')
          await browser.ended
        }
      }),
  }
}

interface Started {
  kill(signal: 'SIGKILL'): void
  readonly ended: Promise<unknown>
}

/** Starts the first of the commands that is installed. */
async function start(commands: readonly string[], options: readonly string[]): Promise<Started> {
  for (const command of commands) {
    const child = spawn(command, options, { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    const started = await new Promise<boolean>((resolve) => {
      child.once('spawn', () => {
        resolve(true)
      })
      child.once('error', () => {
        resolve(false)
      })
    })
    if (started) return { kill: (signal) => child.kill(signal), ended }
  }
  throw new NotInstalled(`none of ${commands.join(', ')} is installed`)
}

export class NotInstalled extends Error {}

function output(command: string, options: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (part: Buffer) => (text += part.toString()))
    child.once('error', reject)
    child.once('close', () => {
      resolve(text)
    })
  })
}

function trialsIn(text: string): Trial[] {
  const last = text.trim().split('\n').at(-1) ?? ''
  try {
    return JSON.parse(last) as Trial[]
  } catch {
    throw new Error(`no report, but: ${text.slice(0, 500)}`)
  }
}

async function within<T>(prefix: string, run: (place: string) => Promise<T>): Promise<T> {
  const place = await mkdtemp(prefix)
  try {
    return await run(place)
  } finally {
    await rm(place, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
