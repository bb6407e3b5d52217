// A store in a folder, for the processes of one machine. Each key has a folder of its own, in which each version of the text is a file
// named by its number. A version is written and synced under another name, and then linked to the number after the newest: only one of
// those who try can do that. There is no lock file that a killed process could leave behind.
import { createHash, randomUUID } from 'node:crypto'
import { accessSync, constants, type FSWatcher, mkdirSync, type Stats, statSync, watch } from 'node:fs'
import { link, mkdir, open, readdir, readFile, stat, unlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { invalidOption } from '../errors.ts'
import { processPresence } from './process-presence.ts'
import { StoreError, type TokenStore } from './token-store.ts'

const VERSION = /^\d+$/
/** The names of files that are not linked yet. */
const UNLINKED = 'new-'
/** Files that were not linked by then belong to processes that were killed or stopped. */
const ABANDONED_MS = 60_000
/** How often a folder is read while others write: a version may be removed between the listing and the reading, or during the listing. */
const MOST_READS = 100

/**
 * Makes a store in a folder, for the processes of one user on one machine. The folder is created if it is missing, for its owner only (0700,
 * files 0600). Its file system needs hard links: FAT and exFAT have none. On NFS changes are found at the next read. Reads and swaps reject
 * with a `StoreError` that has the code of the system's error.
 * @throws `TypeError` for a folder that cannot be written
 */
export function fileStore(folder: string | URL): TokenStore {
  const root = pathOf(folder)
  const folderOf = (key: string): string => join(root, createHash('sha256').update(key).digest('hex'))
  const named = (error: unknown): never => {
    throw error instanceof StoreError
      ? error
      : new StoreError(`fileStore: ${codeOf(error)} in ${root}`, { cause: error })
  }
  return {
    read: (key) => newest(folderOf(key)).then(({ text }) => text, named),
    swap: (key, expected, next) => swapIn(folderOf(key), expected, next).catch(named),
    watch: (key, changed) => watchFolder(folderOf(key), changed),
    presence: processPresence(),
  }
}

function pathOf(folder: unknown): string {
  if (!(folder instanceof URL) && (typeof folder !== 'string' || folder === ''))
    throw invalidOption('folder', 'the path of a folder', folder)
  const path = folder instanceof URL ? fileURLToPath(folder) : resolve(folder)
  let found: Stats
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    found = statSync(path)
  } catch (error) {
    throw invalidOption('folder', `a folder that this process can write (${codeOf(error)})`, path)
  }
  // Others could put sessions of their own in place.
  if (process.getuid && (found.uid !== process.getuid() || (found.mode & 0o022) !== 0))
    throw invalidOption('folder', 'a folder that this user owns and nobody else can write (0700), or a new one', path)
  return path
}

interface Version {
  /** 0 where there is none. */
  readonly number: number
  readonly text: string | undefined
}

async function newest(folder: string): Promise<Version> {
  for (let reads = 1; ; reads += 1) {
    const numbers = await versions(folder)
    const number = Math.max(0, ...(numbers ?? []))
    if (!numbers || (number === 0 && reads > 2)) return { number: 0, text: undefined }
    if (number === 0) continue
    try {
      return { number, text: await readFile(join(folder, String(number)), 'utf8') }
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || reads === MOST_READS) throw error
    }
  }
}

/** Undefined where the folder is missing. */
async function versions(folder: string): Promise<number[] | undefined> {
  try {
    return (await readdir(folder)).filter((name) => VERSION.test(name)).map(Number)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

async function swapIn(folder: string, expected: string | undefined, next: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, UNLINKED + randomUUID())
  // It is there before the folder is listed: see `sweep`.
  const file = await open(path, 'wx', 0o600)
  try {
    const { number, text } = await newest(folder)
    if (text !== expected) return false
    await file.writeFile(next)
    await file.sync()
    const won = await linkTo(join(folder, String(number + 1)), path)
    if (won) await syncFolder(folder)
    return won
  } finally {
    await file.close()
    await unlink(path).catch(() => undefined)
    // Fails where another process removes the same files.
    await sweep(folder).catch(() => undefined)
  }
}

async function linkTo(version: string, path: string): Promise<boolean> {
  try {
    await link(path, version)
    return true
  } catch (error) {
    const code = codeOf(error)
    // ENOENT: this process was stopped for so long that another one removed its file.
    if (code === 'ENOENT') return false
    // The response of a network file system may be lost: linked all the same.
    if (code === 'EEXIST') return (await stat(path).catch(() => undefined))?.nlink === 2
    if (['EPERM', 'ENOTSUP', 'ENOSYS', 'EOPNOTSUPP'].includes(code))
      throw new StoreError(`fileStore: the file system has no hard links (${code})`)
    throw error
  }
}

/** Makes the link outlive a power failure. Windows cannot sync a folder. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}

/**
 * Removes all versions but the newest: they contain refresh tokens. A process that is stopped before it links must never find its number
 * free again. Its file is in the folder from before it looks for the newest version: where one is there, no version is removed; where it is
 * too old it goes first, and linking it fails. Hence the versions are listed first, and then the files.
 */
async function sweep(folder: string): Promise<void> {
  const numbers = (await versions(folder)) ?? []
  const newestNumber = Math.max(...numbers)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(UNLINKED)) continue
    const path = join(folder, name)
    if (Date.now() - (await stat(path)).mtimeMs < ABANDONED_MS) return
    await unlink(path)
  }
  for (const number of numbers) if (number < newestNumber) await unlink(join(folder, String(number)))
}

/** A hint: some file systems tell nothing. */
function watchFolder(folder: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    watcher = watch(folder, { persistent: false }, (_, name) => {
      if (name === null || VERSION.test(name)) changed()
    })
    watcher.on('error', () => undefined)
  } catch {
    // No more watchers in this system, or none at all.
  }
  return () => watcher?.close()
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code)
}
