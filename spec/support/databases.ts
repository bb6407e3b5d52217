// Redis and PostgreSQL servers, each in its own process on its own port. Specs of a server that is not installed are skipped.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chownSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Suite } from 'mocha'

export interface Database {
  readonly port: number
  /** Stops it and starts it again on its port, without its data. */
  restart(): Promise<void>
  /** Suspends the process until {@link resume}. */
  pause(): void
  resume(): void
  stop(): Promise<void>
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).status === 0
}

/** Describes specs that need programs, and says so where one is missing. */
export function describeWith(programs: readonly string[], title: string, body: (this: Suite) => void): void {
  const missing = programs.find((program) => !isInstalled(program))
  if (missing === undefined) {
    describe(title, body)
    return
  }
  console.log('%s: skipped, there is no %s on the PATH', title, missing)
  describe.skip(title, body)
}

/** Starts a Redis that keeps nothing on disk; `options`: further ones, such as `--cluster-enabled yes`. */
export async function startRedis(...options: readonly string[]): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'tokenflight-redis-'))
  const port = await freePort()
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  return started(port, folder, () => spawn('redis-server', [...args, ...options]), /Ready to accept connections/)
}

/** Starts a PostgreSQL whose superuser is `postgres`, without a password. It refuses to run as root: then as the user `postgres`. */
export async function startPostgres(): Promise<Database> {
  const folder = await mkdtemp(join(tmpdir(), 'tokenflight-postgres-'))
  const port = await freePort()
  const user = userInfo().uid === 0 ? userOf('postgres') : undefined
  if (user) chownSync(folder, user.uid, user.gid)
  const at = { ...user, cwd: folder }
  const data = join(folder, 'data')
  execFileSync('initdb', ['-D', data, '-U', 'postgres', '-E', 'UTF8', '-A', 'trust', '--no-locale', '--no-sync'], {
    ...at,
    stdio: 'pipe',
  })
  const settings = ['fsync=off', 'unix_socket_directories=', 'listen_addresses=127.0.0.1'].flatMap((each) => [
    '-c',
    each,
  ])
  const run = (): ChildProcess => spawn('postgres', ['-D', data, '-p', String(port), ...settings], at)
  return started(port, folder, run, /ready to accept connections/)
}

function userOf(name: string): { readonly uid: number; readonly gid: number } {
  const id = (what: string): number => Number(execFileSync('id', [what, name]))
  return { uid: id('-u'), gid: id('-g') }
}

async function started(port: number, folder: string, run: () => ChildProcess, ready: RegExp): Promise<Database> {
  let child = await whenReady(run(), ready)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill('SIGCONT')
    if (child.exitCode === null && child.kill(signal)) await once(child, 'exit')
  }
  return {
    port,
    async restart() {
      await end('SIGKILL')
      child = await whenReady(run(), ready)
    },
    pause: () => child.kill('SIGSTOP'),
    resume: () => child.kill('SIGCONT'),
    async stop() {
      await end('SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Resolves to the process when it is ready. */
async function whenReady(child: ChildProcess, ready: RegExp): Promise<ChildProcess> {
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      said += chunk.toString()
      if (ready.test(said)) resolve()
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.once('exit', () => {
      reject(new Error(`the server did not start: ${said}`))
    })
  })
  return child
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
