import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import pg from 'pg'
import postgres from 'postgres'
import { TokenRequestError } from '../../lib/errors.ts'
import { type Query, sqlStore, type SqlStoreOptions } from '../../lib/stores/sql.ts'
import { StoreError, type TokenStore } from '../../lib/stores/token-store.ts'
import { type Database, describeWith, startPostgres } from '../support/databases.ts'
import { failureOf } from '../support/failure.ts'
import { membersOver } from '../support/sessions.ts'
import { itIsATokenStore } from './contract.ts'
import { itTellsEveryMember } from './elsewhere.ts'

const page = await readFile(new URL('../../docs/sharing-sessions.md', import.meta.url), 'utf8')
/** The statement of the page. */
const CREATE_TABLE = /```sql\n(.*?)```/s.exec(page)?.[1] ?? ''

type Row = Readonly<Record<string, unknown>>

const failing =
  (error: unknown): Query =>
  () =>
    Promise.reject(error)
const answering =
  (result: unknown): Query =>
  () =>
    Promise.resolve(result as { rows: [] })
const failureOfRead = async (query: Query): Promise<StoreError> => {
  const error = await failureOf(Promise.resolve(sqlStore(query).read('a')))
  expect(error).to.be.instanceOf(StoreError)
  return error as StoreError
}

describe('sqlStore(query)', () => {
  it('reports a failure by its code, and quotes nothing', async () => {
    for (const [error, told] of [
      [
        { code: '42P01', message: 'relation "tokenflight_sessions" does not exist' },
        'the table tokenflight_sessions is missing',
      ],
      [{ code: '42501', message: 'permission denied for table' }, '42501'],
      [{ code: '22021', message: 'invalid byte sequence: RT-secret' }, '22021'],
      [{ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' }, 'ECONNREFUSED'],
      [{ code: 'CONNECTION_ENDED', message: 'write CONNECTION_ENDED' }, 'CONNECTION_ENDED'],
      [{ message: 'Cannot use a pool after calling end on the pool' }, 'not connected'],
      [{ message: 'PGlite is closed' }, 'not connected'],
      [{ message: 'Connection terminated unexpectedly' }, 'not connected'],
      [{ message: 'it held RT-secret' }, 'failed'],
      [undefined, 'failed'],
    ] as const)
      expect((await failureOfRead(failing(error))).message).to.equal(`sqlStore: SELECT: ${told}`)
  })

  it('rejects for invalid results', async () => {
    for (const result of [
      undefined,
      null,
      {},
      [],
      { rows: 'one' },
      { rows: [{}] },
      { rows: [{ value: 1 }] },
      { rows: [['one']] },
    ])
      expect((await failureOfRead(answering(result))).message).to.match(/^sqlStore: SELECT: wrong answer \(\w+\)$/)
    const two = { rows: [{ key: 'a' }, { key: 'b' }] }
    expect(await failureOf(Promise.resolve(sqlStore(answering(two)).swap('a', undefined, 'one')))).to.be.instanceOf(
      StoreError,
    )
  })

  it('treats a serialization failure of a swap as a swap that returned false, not that of a read', async () => {
    const conflict = failing({ code: '40001' })
    expect(await sqlStore(conflict).swap('a', undefined, 'one')).to.equal(false)
    expect(await sqlStore(conflict).swap('a', 'one', 'two')).to.equal(false)
    expect((await failureOfRead(conflict)).message).to.equal('sqlStore: SELECT: 40001')
  })

  it('reports a missing table to callers and by an event', async () => {
    const tokens = membersOver(sqlStore(failing({ code: '42P01' }))).consented()
    const told: unknown[] = []
    tokens.on('store-failed', ({ operation, message }) => told.push([operation, message]))
    const message = 'sqlStore: SELECT: the table tokenflight_sessions is missing'
    const error = await failureOf(tokens.token())
    expect(error).to.be.instanceOf(TokenRequestError).with.property('message').that.includes(message)
    expect(error).to.include({ reason: 'store' })
    expect(told).to.deep.equal([['read', message]])
  })

  it('throws a TypeError that names an invalid option', () => {
    const query = answering({ rows: [] })
    for (const [given, options, name] of [
      [undefined, {}, 'query'],
      [{ query }, {}, 'query'],
      [query, { table: '' }, 'table'],
      [query, { table: 'a; DROP TABLE b' }, 'table'],
      [query, { table: 'a.b.c' }, 'table'],
      [query, { table: '"a"' }, 'table'],
      [query, { subscribe: true }, 'subscribe'],
      [query, { keepEndedFor: 1 }, 'keepEndedFor'],
      [query, { 'S3cr3t-9': 1 }, 'option'],
    ] as const)
      expect(() => sqlStore(given as Query, options as unknown as SqlStoreOptions))
        .to.throw(TypeError, `tokenflight: ${name}: expected`)
        .with.property('code', 'ERR_INVALID_ARG')
  })
})

const ignore = (): undefined => undefined

/** Its connections may break when the server stops. */
function poolOf(options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...options, max: 8 })
  pool.on('error', ignore)
  pool.on('connect', (client) => client.on('error', ignore))
  return pool
}

describeWith(['postgres', 'initdb'], 'sqlStore over PostgreSQL', function () {
  this.timeout(60_000)
  let server: Database
  let pool: pg.Pool
  let listener: pg.Client
  let sql: postgres.Sql
  before(async () => {
    server = await startPostgres()
    const address = { host: '127.0.0.1', port: server.port, user: 'postgres', database: 'postgres' }
    pool = poolOf(address)
    listener = new pg.Client(address)
    listener.on('error', ignore)
    await listener.connect()
    sql = postgres({ ...address, max: 8, onnotice: () => undefined })
    await pool.query(CREATE_TABLE)
  })
  after(async () => {
    await Promise.all([pool.end(), listener.end(), sql.end()])
    await server.stop()
  })
  const byPg: Query = (text, params) => pool.query(text, params)

  describe('with pg', () => {
    const open = (): TokenStore =>
      sqlStore(byPg, {
        subscribe: async (channel, heard) => {
          await listener.query(`LISTEN ${channel}`)
          const hear = ({ payload = '' }: pg.Notification): void => {
            heard(payload)
          }
          listener.on('notification', hear)
          return () => listener.off('notification', hear)
        },
      })
    itIsATokenStore(open, ['watch'])
    itTellsEveryMember(open)
  })

  describe('with postgres', () => {
    const open = (): TokenStore =>
      sqlStore(async (text, params) => ({ rows: await sql.unsafe(text, params) }), {
        subscribe: async (channel, heard) => {
          const listening = await sql.listen(channel, heard)
          return () => listening.unlisten()
        },
      })
    itIsATokenStore(open, ['watch'])
    itTellsEveryMember(open)
  })

  describe('with serializable transactions', () => {
    let strict: pg.Pool
    before(async () => {
      await pool.query("ALTER DATABASE postgres SET default_transaction_isolation = 'serializable'")
      strict = poolOf(pool.options)
    })
    after(() => strict.end())
    itIsATokenStore(() => sqlStore((text, params) => strict.query(text, params)))
  })

  it('stores its records in the given table', async () => {
    await pool.query(`CREATE SCHEMA app; ${CREATE_TABLE.replace('tokenflight_sessions', 'app.Sessions_2')}`)
    const store = sqlStore(byPg, { table: 'app.Sessions_2' })
    await store.swap('named', undefined, 'one')
    expect(await sqlStore(byPg).read('named')).to.equal(undefined)
    const { rows } = await pool.query<Row>('SELECT key, value FROM app.sessions_2')
    expect(rows).to.deep.equal([{ key: 'named', value: 'one' }])
  })

  it('names a missing table', async () => {
    const store = sqlStore(byPg, { table: 'nowhere' })
    for (const [command, act] of [
      ['SELECT', () => store.read('a')],
      ['INSERT', () => store.swap('a', undefined, 'one')],
      ['UPDATE', () => store.swap('a', 'one', 'two')],
    ] as const)
      expect(await failureOf(Promise.resolve<unknown>(act())))
        .to.be.instanceOf(StoreError)
        .with.property('message', `sqlStore: ${command}: the table nowhere is missing`)
  })

  it('records when a session ended, and nothing for other sessions', async () => {
    const store = sqlStore(byPg)
    const endedAt = async (key: string): Promise<unknown> => {
      const { rows } = await pool.query<Row>('SELECT ended_at FROM tokenflight_sessions WHERE key = $1', [key])
      return rows[0]?.['ended_at']
    }
    await store.swap('ending', undefined, 'living', false)
    expect(await endedAt('ending')).to.equal(null)
    await store.swap('ending', 'living', 'ended', true)
    expect(await endedAt('ending')).to.be.instanceOf(Date)
    await store.swap('ending', 'ended', 'living', false)
    expect(await endedAt('ending')).to.equal(null)
    await store.swap('ended', undefined, 'ended', true)
    expect(await endedAt('ended')).to.be.instanceOf(Date)
  })

  it('reports a missing permission and a closed pool', async () => {
    await pool.query('CREATE ROLE reader LOGIN; GRANT SELECT ON tokenflight_sessions TO reader')
    const few = poolOf({ ...pool.options, user: 'reader' })
    const store = sqlStore((text, params) => few.query(text, params))
    expect(await store.read('nothing')).to.equal(undefined)
    const swapped = await failureOf(Promise.resolve(store.swap('nothing', undefined, 'one')))
    expect(swapped).to.include({ message: 'sqlStore: INSERT: 42501' })
    await few.end()
    expect(await failureOf(Promise.resolve(store.read('nothing')))).to.include({
      message: 'sqlStore: SELECT: not connected',
    })
  })
})
