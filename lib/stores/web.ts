// A store in the IndexedDB of an origin, for its pages and workers. A Web Lock is a sign of life and nothing else: each has a name of its
// own, so nobody waits for one.
import { randomText } from '../util/encoding.ts'
import { checkOption } from './client-failure.ts'
import { type Presence, StoreError, StoreUnavailable, type TokenStore } from './token-store.ts'

const RECORDS = 'records'

/** Milliseconds for one attempt; a call makes two at most. Safari has transactions that never end. */
const ATTEMPT_MS = 2_000

const LOCK = 'tokenflight:lock:'

/** Names of errors, beside those of IndexedDB. */
const MISSING = 'missing'
const LATE = 'TimeoutError'

/** The events of a page that was frozen, goes into the back/forward cache, or comes out of it. */
const LIFE = ['resume', 'pagehide', 'pageshow']

/**
 * Makes a store in the IndexedDB of this origin, for all its pages and workers that use the same name. They learn of changes by a
 * BroadcastChannel, and of pages that are gone by the Web Locks API; where either is missing, later.
 *
 * Where IndexedDB cannot be opened, reads reject with a `StoreUnavailable`, and the session is kept in memory; later failures reject with a
 * `StoreError` that has the name of the browser's error.
 * @throws `TypeError` for a name that is empty or no text
 */
export function webStore(name: string): TokenStore {
  checkOption('name', 'a text that is not empty', typeof name === 'string' && name !== '')
  const transact = transactionsOn(`tokenflight:${name}`)
  const channelOf = (key: string): BroadcastChannel => new BroadcastChannel(`tokenflight:${name}:${key}`)
  const presence = presenceByLocks()
  return {
    read: (key) =>
      transact<string | undefined>('readonly', (records, done) => {
        const request = records.get(key) as IDBRequest<string | undefined>
        request.onsuccess = () => {
          done(request.result)
        }
      }),
    async swap(key, expected, next) {
      const swapped = await transact<boolean>('readwrite', (records, done, isAgain) => {
        const request = records.get(key) as IDBRequest<string | undefined>
        request.onsuccess = () => {
          const { result } = request
          if (result === expected) records.put(next, key)
          // The end of the first attempt may not have been heard of.
          done(result === expected || (isAgain && result === next))
        }
      })
      if (swapped) tell(() => channelOf(key))
      return swapped
    },
    watch(key, changed) {
      let channel: BroadcastChannel | undefined
      const listen = (): void => {
        try {
          channel = channelOf(key)
          channel.onmessage = () => {
            changed()
          }
        } catch {
          // A hint.
        }
      }
      const stopListening = (): void => {
        if (channel) channel.onmessage = null
        channel?.close()
        channel = undefined
      }
      const lived = ({ type, persisted }: { readonly type: string; readonly persisted?: boolean }): void => {
        // A message would end the life of a page in the back/forward cache.
        if (type === 'pagehide') stopListening()
        else if (persisted !== false) {
          if (!channel) listen()
          changed(true)
        }
      }
      const { addEventListener, removeEventListener } = globalThis as Listening
      listen()
      // At the window, before those of the application.
      for (const type of LIFE) addEventListener?.call(globalThis, type, lived, true)
      return () => {
        stopListening()
        for (const type of LIFE) removeEventListener?.call(globalThis, type, lived, true)
      }
    },
    ...(presence && { presence }),
  }
}

type Listen = (type: string, listener: (event: Event) => void, capture: boolean) => void

interface Listening {
  readonly addEventListener?: Listen
  readonly removeEventListener?: Listen
}

function tell(open: () => BroadcastChannel): void {
  try {
    const channel = open()
    channel.postMessage('')
    channel.close()
  } catch {
    // A hint.
  }
}

type Act<T> = (records: IDBObjectStore, done: (result: T) => void, isAgain: boolean) => void

/** Makes transactions, over one connection that is opened once more where it is lost. */
function transactionsOn(name: string): <T>(mode: IDBTransactionMode, act: Act<T>) => Promise<T> {
  let connection: Promise<IDBDatabase> | undefined
  let wasOpen = false
  const attempt = async <T>(mode: IDBTransactionMode, act: Act<T>, isAgain: boolean): Promise<T> => {
    const opened = (connection ??= open(name))
    const forget = (): void => {
      if (connection === opened) connection = undefined
      opened.then(
        (database) => {
          database.close()
        },
        () => undefined,
      )
    }
    try {
      const database = await opened
      wasOpen = true
      // Someone deletes the database, or the browser has closed it.
      database.onversionchange = database.onclose = forget
      return await inTime<T>((resolve, reject) => {
        const transaction = database.transaction(RECORDS, mode, { durability: 'strict' })
        let result: T
        act(
          transaction.objectStore(RECORDS),
          (given) => {
            result = given
          },
          isAgain,
        )
        transaction.oncomplete = () => {
          resolve(result)
        }
        transaction.onabort = () => {
          reject(transaction.error)
        }
        return () => {
          transaction.abort()
        }
      })
    } catch (error) {
      forget()
      throw error
    }
  }
  return async (mode, act) => {
    try {
      return await attempt(mode, act, false)
    } catch {
      // Once more, over a new connection.
    }
    try {
      return await attempt(mode, act, true)
    } catch (error) {
      const { name: why = 'AbortError' } = (error ?? {}) as { readonly name?: string }
      // A database that was open once, or is late, may come back: a session kept in memory meanwhile would be a second one.
      if (wasOpen || why === LATE) throw new StoreError(`webStore: IndexedDB failed (${why})`)
      throw new StoreUnavailable(`webStore: IndexedDB cannot be opened (${why})`)
    }
  }
}

/** Opens whatever version there is. */
function open(name: string): Promise<IDBDatabase> {
  return inTime((resolve, reject) => {
    const { indexedDB } = globalThis as { readonly indexedDB?: IDBFactory }
    if (!indexedDB) throw named(MISSING)
    const request = indexedDB.open(name)
    request.onupgradeneeded = () => {
      request.result.createObjectStore(RECORDS)
    }
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(request.error)
    }
    return () => {
      request.onsuccess = () => {
        request.result.close()
      }
    }
  })
}

/** Undefined without the Web Locks API: insecure contexts, old web views. */
function presenceByLocks(): Presence | undefined {
  const { locks } = (globalThis as { readonly navigator?: { readonly locks?: LockManager } }).navigator ?? {}
  if (!locks) return undefined
  return {
    begin: () =>
      inTime((resolve, reject) => {
        const name = LOCK + randomText(18)
        let end = (): void => undefined
        const ended = new Promise<void>((settle) => {
          end = settle
        })
        const held = locks.request(name, () => {
          resolve({ name, end })
          return ended
        })
        held.catch(reject)
        return end
      }),
    gone: (name) =>
      inTime((resolve, reject) => {
        if (!name.startsWith(LOCK)) resolve(false)
        else
          locks.query().then(({ held = [] }) => {
            resolve(!held.some((lock) => lock.name === name))
          }, reject)
        return () => undefined
      }),
  }
}

/** Settles as `start` says; rejects when that takes too long, and calls what `start` gave. */
function inTime<T>(start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const settled = new Promise<T>((resolve, reject) => {
    const giveUp = start(resolve, reject)
    timer = setTimeout(() => {
      reject(named(LATE))
      try {
        giveUp()
      } catch {
        // It has ended, and nobody was told.
      }
    }, ATTEMPT_MS)
  })
  return settled.finally(() => {
    clearTimeout(timer)
  })
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name })
}
