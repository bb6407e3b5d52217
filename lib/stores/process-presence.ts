// Tells whether another process of this machine lives: by its number, the time it began, the boot of the machine, and the namespace in
// which the number counts.
import { createHash, randomUUID } from 'node:crypto'
import { readFile, readlink } from 'node:fs/promises'
import { hostname, networkInterfaces } from 'node:os'
import type { Presence } from './token-store.ts'

/** A name is `place.pid.start.random`. A name of another place, another machine or container, is never judged. */
export function processPresence(): Presence {
  let own: Promise<string> | undefined
  return {
    async begin() {
      own ??= ownName()
      // It counts as living until this process ends: another thread of it may have the claim.
      return { name: `${await own}.${randomUUID()}`, end: () => undefined }
    },
    async gone(name) {
      const [place, pid, start, random] = name.split('.')
      if (!random || place !== (await placeOfNumbers()) || !/^[1-9]\d*$/.test(pid ?? '')) return false
      if (!isRunning(Number(pid))) return true
      const now = await startOf(Number(pid))
      return now !== '' && start !== '' && now !== start
    },
  }
}

async function ownName(): Promise<string> {
  return `${await placeOfNumbers()}.${String(process.pid)}.${await startOf(process.pid)}`
}

/** Where the numbers of processes count: one boot and one namespace; elsewhere than on Linux, one machine. */
async function placeOfNumbers(): Promise<string> {
  const place =
    process.platform === 'linux'
      ? [await readFile('/proc/sys/kernel/random/boot_id', 'utf8'), await readlink('/proc/self/ns/pid')]
      : [
          hostname(),
          ...Object.values(networkInterfaces())
            .flatMap((each = []) => each.map(({ mac }) => mac))
            .toSorted(),
        ]
  return createHash('sha256').update(place.join()).digest('base64url').slice(0, 22)
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as { readonly code?: string }).code !== 'ESRCH'
  }
}

/** The time a process began, in ticks since the boot; empty where the system does not tell. One that has ended and was not waited for has none. */
async function startOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '')
  // The name of the program, in parentheses, may contain anything.
  const [state, ...fields] = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' || state === 'X' ? 'ended' : (fields[18] ?? '')
}
