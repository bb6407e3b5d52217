// Stores that cannot work as they are given: each is told by name, by the event `store-failed` and by the error that callers get.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import pg from 'pg'
import postgres from 'postgres'
import { createClient } from 'redis'
import { TokenRequestError } from '../../lib/errors.ts'
import { exclusiveStore } from '../../lib/stores/exclusive.ts'
import { fileStore } from '../../lib/stores/file.ts'
import { redisStore } from '../../lib/stores/redis.ts'
import { sqlStore } from '../../lib/stores/sql.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { writeRecord } from '../../lib/token/session-record.ts'
import { failureOf } from '../support/failure.ts'
import { inTime, membersOver } from '../support/sessions.ts'
import { storedSession } from '../support/stores.ts'

/** Uses a store first: no request is made, and the message is told to the caller and by the event. */
async function isTold(store: TokenStore, message: string): Promise<void> {
  const members = membersOver(store)
  const tokens = members.consented()
  const told: unknown[] = []
  tokens.on('store-failed', (event) => told.push(event.message))
  const error = await failureOf(tokens.token())
  expect(error).to.be.instanceOf(TokenRequestError).and.to.include({ reason: 'store' })
  expect((error as Error).message).to.include(message)
  expect(told).to.deep.equal([message])
  expect(members.server.calls).to.equal(0)
}

/** Nobody listens there. */
const nowhere = { host: '127.0.0.1', port: 1 }

describe('A store whose client is not connected', () => {
  it('is reported: redis', async () => {
    const client = createClient({ socket: nowhere })
    await isTold(
      redisStore((args) => client.sendCommand(args)),
      'redisStore: GET: not connected',
    )
  })

  it('is reported: ioredis', async () => {
    const client = new Redis({ ...nowhere, lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 })
    client.on('error', () => undefined)
    try {
      await isTold(
        redisStore((args) => client.call(...args)),
        'redisStore: GET: not connected',
      )
    } finally {
      client.disconnect()
    }
  })

  it('is reported: pg', async () => {
    const pool = new pg.Pool(nowhere)
    await isTold(
      sqlStore((text, params) => pool.query(text, params)),
      'sqlStore: SELECT: ECONNREFUSED',
    )
    await pool.end()
    await isTold(
      sqlStore((text, params) => pool.query(text, params)),
      'sqlStore: SELECT: not connected',
    )
  })

  it('is reported: postgres', async () => {
    const sql = postgres({ ...nowhere, user: 'nobody' })
    await isTold(
      sqlStore(async (text, params) => ({ rows: await sql.unsafe(text, params) })),
      'sqlStore: SELECT: ECONNREFUSED',
    )
    await sql.end()
  })
})

describe('A store whose table is missing', () => {
  it('is reported with the name of the table', () =>
    isTold(
      sqlStore(() => Promise.reject(Object.assign(new Error('relation does not exist'), { code: '42P01' })), {
        table: 'app.sessions',
      }),
      'sqlStore: SELECT: the table app.sessions is missing',
    ))
})

describe('A store whose folder cannot be written', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenflight-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  it('is reported at construction', () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    expect(() => fileStore(join(file, 'below')))
      .to.throw(TypeError, 'folder: expected a folder that this process can write (ENOTDIR)')
      .with.property('code', 'ERR_INVALID_ARG')
  })

  it('is reported when it is used, where the folder changed later', async () => {
    const root = join(folder, 'sessions')
    const store = fileStore(root)
    rmSync(root, { recursive: true })
    writeFileSync(root, '')
    await isTold(store, `fileStore: ENOTDIR in ${root}`)
  })
})

describe('A store without an atomic swap', () => {
  const storage = { get: () => undefined, set: () => undefined, delete: () => undefined }

  it('throws at construction, with the function that makes a store of it', () => {
    expect(() => membersOver(storage as unknown as TokenStore).consented())
      .to.throw(TypeError, /store: expected a token store \(exclusiveStore\(\) makes one of .* with read, swap/)
      .with.property('code', 'ERR_INVALID_ARG')
    expect(() => membersOver(exclusiveStore(storage)).consented()).to.not.throw()
  })

  it('is reported when it is used, where swap returns no boolean; no token request is sent', async () => {
    const { text } = writeRecord(storedSession({ refreshToken: 'RT-0' }))
    const members = membersOver({ read: () => text, swap: () => undefined as unknown as boolean })
    const tokens = members.consented()
    const told: unknown[] = []
    tokens.on('store-failed', ({ operation }) => told.push(operation))
    const error = await failureOf(inTime(members.clock, tokens.token()))
    expect(error).to.be.instanceOf(TokenRequestError).and.to.include({ reason: 'store' })
    expect(told).to.deep.equal(['swap'])
    expect(members.server.calls).to.equal(0)
  })
})
