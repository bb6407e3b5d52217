// A store in a table of PostgreSQL, or of a database that speaks its dialect.
import { channelsOver, type Subscribe } from './channels.ts'
import { checkNames, checkOption, clientFailure, wrongAnswer } from './client-failure.ts'
import { StoreError, type TokenStore } from './token-store.ts'

export type { Subscribe } from './channels.ts'

/** Options of {@link sqlStore}. */
export interface SqlStoreOptions {
  /** The table, with its schema where that is not in the search path. @default 'tokenflight_sessions' */
  readonly table?: string
  /**
   * Subscribes to the channel `tokenflight` (`LISTEN`) over a connection that stays open; calls `heard` with the payload of each notification,
   * and gives the function that ends it, or a promise of one. With it each swap sends a notification, and members learn at once of each
   * other's logins, logouts and renewals; without, at their next read. @default none
   */
  readonly subscribe?: Subscribe
}

/** Sends a statement with its parameters, and gives the rows of its result. */
export type Query = (text: string, params: string[]) => Promise<{ readonly rows: readonly unknown[] }>

/**
 * Makes a store with a connected client of PostgreSQL. `query` sends a statement: `(text, params) => pool.query(text, params)` with `pg`,
 * `(text, params) => db.query(text, params)` with PGlite, `async (text, params) => ({ rows: await sql.unsafe(text, params) })` with
 * `postgres`. Statements must reach the primary.
 *
 * The table: `CREATE TABLE tokenflight_sessions (key text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL, ended_at timestamptz)`.
 * Rows whose `ended_at` is a day or more ago may be deleted; it is null for sessions that are not over. Reads and swaps reject with a
 * `StoreError` that never quotes the client.
 * @throws `TypeError` for an invalid option
 */
export function sqlStore(query: Query, options: SqlStoreOptions = {}): TokenStore {
  const { table = 'tokenflight_sessions', subscribe, ...others } = options
  checkOption('query', 'a function', typeof query === 'function')
  checkOption('table', 'a name, or schema.name', /^([a-z_]\w*\.)?[a-z_]\w*$/i.test(table))
  checkOption('subscribe', 'a function', subscribe === undefined || typeof subscribe === 'function')
  checkNames(others, 'table, subscribe')
  const listen = subscribe && channelsOver(subscribe)

  const ask = async (command: string, text: string, ...params: string[]): Promise<readonly unknown[]> => {
    let result: unknown
    try {
      result = await query(text, params)
    } catch (error) {
      const { code } = Object(error) as { readonly code?: unknown }
      // Another transaction was faster, where transactions are serializable: nothing was done.
      if (code === '40001' && command !== 'SELECT') return []
      if (code === '42P01') throw new StoreError(`sqlStore: ${command}: the table ${table} is missing`)
      throw clientFailure('sqlStore', command, error)
    }
    const { rows } = Object(result) as { readonly rows?: unknown }
    if (Array.isArray(rows) && rows.length < 2) return rows as unknown[]
    throw wrongAnswer('sqlStore', command, result)
  }

  return {
    async read(key) {
      const rows = await ask('SELECT', `SELECT value FROM ${table} WHERE key = $1`, key)
      if (rows.length === 0) return undefined
      const { value } = Object(rows[0]) as { readonly value?: unknown }
      if (typeof value === 'string') return value
      throw wrongAnswer('sqlStore', 'SELECT', value)
    },
    async swap(key, expected, next, isEnd) {
      const endedAt = isEnd ? 'now()' : 'NULL'
      const isFirst = expected === undefined
      const change = isFirst
        ? `INSERT INTO ${table} (key, value, ended_at) VALUES ($1, $2, ${endedAt}) ON CONFLICT (key) DO NOTHING RETURNING key`
        : `UPDATE ${table} SET value = $2, ended_at = ${endedAt} WHERE key = $1 AND value = $3 RETURNING key`
      const text = listen ? `WITH swapped AS (${change}) SELECT pg_notify('tokenflight', key) FROM swapped` : change
      const rows = await ask(isFirst ? 'INSERT' : 'UPDATE', text, key, next, ...(isFirst ? [] : [expected]))
      return rows.length === 1
    },
    ...(listen && {
      watch: (key: string, changed: () => void) =>
        listen('tokenflight', (changedKey) => {
          if (changedKey === key) changed()
        }),
    }),
  }
}
