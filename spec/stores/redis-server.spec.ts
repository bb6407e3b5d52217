// redisStore over a real Redis, through both clients.
import { expect } from 'chai'
import { Cluster, Redis } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { redisStore, type RedisStoreOptions, type Send } from '../../lib/stores/redis.ts'
import { StoreError, type TokenStore } from '../../lib/stores/token-store.ts'
import { failureOf } from '../support/failure.ts'
import { type Database, describeWith, startRedis } from '../support/databases.ts'
import { itIsATokenStore } from './contract.ts'
import { itTellsEveryMember } from './elsewhere.ts'

type Subscribe = NonNullable<RedisStoreOptions['subscribe']>

/** A client of each kind, connected: how it sends, and how it listens. */
interface Connection {
  readonly send: Send
  readonly subscribe: Subscribe
  readonly close: () => void
}

const ignore = (): undefined => undefined

async function connectRedis(port: number, user = ''): Promise<Connection> {
  const client = createClient({ url: `redis://${user}127.0.0.1:${String(port)}` })
  const subscriber = client.duplicate()
  for (const each of [client, subscriber]) {
    each.on('error', ignore)
    await each.connect()
  }
  return {
    send: (args) => client.sendCommand(args),
    subscribe: async (channel, changed) => {
      await subscriber.subscribe(channel, changed)
      return () => subscriber.unsubscribe(channel, changed)
    },
    close() {
      client.destroy()
      subscriber.destroy()
    },
  }
}

function connectIoredis(port: number): Promise<Connection> {
  const client = new Redis(port)
  const subscriber = client.duplicate()
  for (const each of [client, subscriber]) each.on('error', ignore)
  return Promise.resolve({
    send: (args) => client.call(...args),
    subscribe: async (channel, changed) => {
      subscriber.on('message', (name, message) => {
        if (name === channel) changed(message)
      })
      await subscriber.subscribe(channel)
      return () => subscriber.unsubscribe(channel)
    },
    close() {
      client.disconnect()
      subscriber.disconnect()
    },
  })
}

// S37
describeWith(['redis-server'], 'redisStore over Redis', function () {
  this.timeout(60_000)
  let server: Database
  const open: Connection[] = []
  before(async () => {
    server = await startRedis()
  })
  after(async () => {
    for (const each of open) each.close()
    await server.stop()
  })
  const connected = async (connecting: Promise<Connection>): Promise<Connection> => {
    const connection = await connecting
    open.push(connection)
    return connection
  }

  for (const [client, connect] of [
    ['redis', connectRedis],
    ['ioredis', connectIoredis],
  ] as const)
    describe(`with ${client}`, () => {
      const newStore = async (): Promise<TokenStore> => {
        const { send, subscribe } = await connected(connect(server.port))
        return redisStore(send, { subscribe })
      }
      itIsATokenStore(newStore, ['watch'])
      itTellsEveryMember(newStore)

      it('sets an expiry on ended records only', async () => {
        const { send } = await connected(connect(server.port))
        const store = redisStore(send)
        const key = `ttl of ${client}`
        const left = async (): Promise<number> => Number(await send(['PTTL', key], key))
        await store.swap(key, undefined, 'living', false)
        expect(await left()).to.equal(-1)
        await store.swap(key, 'living', 'ended', true)
        expect(await left()).to.be.within(29 * 86_400_000, 30 * 86_400_000)
        await store.swap(key, 'ended', 'living', false)
        expect(await left()).to.equal(-1)
      })

      it('rejects where the client is not connected, and says so', async () => {
        const { send, close } = await connect(server.port)
        await send(['PING'], '')
        close()
        expect(await failureOf(Promise.resolve(redisStore(send).read('a'))))
          .to.be.instanceOf(StoreError)
          .with.property('message', 'redisStore: GET: not connected')
      })
    })

  describe('as a user with few permissions', () => {
    const asUser = async (name: string, ...rights: string[]): Promise<Connection> => {
      const { send } = await connected(connectRedis(server.port))
      await send(['ACL', 'SETUSER', name, 'reset', 'on', '>pass', '~tokenflight:*', ...rights], '')
      return connected(connectRedis(server.port, `${name}:pass@`))
    }

    it('swaps without permission to publish', async () => {
      for (const [name, rights] of [
        ['silent', ['&*', '+get', '+set', '+eval']],
        ['elsewhere', ['&other', '+get', '+set', '+eval', '+publish']],
      ] as const) {
        const { send } = await asUser(name, ...rights)
        const store = redisStore(send)
        const key = `tokenflight:2:${name}`
        expect(await store.swap(key, undefined, 'one')).to.equal(true)
        expect(await store.swap(key, undefined, 'two')).to.equal(false)
        expect(await store.read(key)).to.equal('one')
      }
    })

    it('works without notifications where it may not subscribe', async () => {
      const { send, subscribe } = await asUser('deaf', '+get', '+set', '+eval')
      const store = redisStore(send, { subscribe })
      const stop = store.watch?.('tokenflight:2:deaf', ignore)
      expect(await store.swap('tokenflight:2:deaf', undefined, 'one')).to.equal(true)
      stop?.()
    })

    it('names the missing permission', async () => {
      const { send } = await asUser('reader', '+get')
      const store = redisStore(send)
      expect(await store.read('tokenflight:2:a')).to.equal(undefined)
      for (const failing of [store.swap('tokenflight:2:a', undefined, 'one'), store.read('other')])
        expect(await failureOf(Promise.resolve(failing)))
          .to.be.instanceOf(StoreError)
          .with.property('message')
          .that.includes('NOPERM')
    })
  })

  it('names a key of another type', async () => {
    const { send } = await connected(connectRedis(server.port))
    await send(['LPUSH', 'list', 'one'], '')
    const store = redisStore(send)
    for (const failing of [store.read('list'), store.swap('list', undefined, 'one')])
      expect(await failureOf(Promise.resolve(failing)))
        .to.be.instanceOf(StoreError)
        .with.property('message')
        .that.includes('WRONGTYPE')
  })

  it('names a read-only replica', async () => {
    const replica = await startRedis('--replicaof', '127.0.0.1', String(server.port))
    const connection = await connectRedis(replica.port)
    try {
      expect(await failureOf(Promise.resolve(redisStore(connection.send).swap('a', undefined, 'one'))))
        .to.be.instanceOf(StoreError)
        .with.property('message', 'redisStore: EVAL: READONLY')
    } finally {
      connection.close()
      await replica.stop()
    }
  })

  it('reads texts from buffers', async () => {
    const client = new Redis(server.port)
    try {
      const store = redisStore((args) => client.callBuffer(...args))
      expect(await store.swap('buffers', undefined, '\u{1F511}')).to.equal(true)
      expect(await store.swap('buffers', undefined, 'two')).to.equal(false)
      expect(await store.read('buffers')).to.equal('\u{1F511}')
      expect(await store.read('nothing')).to.equal(undefined)
    } finally {
      client.disconnect()
    }
  })
})

// S37
describeWith(['redis-server'], 'redisStore over a Redis cluster', function () {
  this.timeout(60_000)
  let server: Database
  let ending: (() => unknown)[] = []
  before(async () => {
    server = await startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1')
    const { send, close } = await connectRedis(server.port)
    await send(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'], '')
    while (!String(await send(['CLUSTER', 'INFO'], '')).includes('cluster_state:ok'))
      await new Promise((resolve) => setImmediate(resolve))
    close()
  })
  after(async () => {
    for (const end of ending) end()
    ending = []
    await server.stop()
  })

  describe('with redis', () => {
    itIsATokenStore(async () => {
      const cluster = createCluster({ rootNodes: [{ url: `redis://127.0.0.1:${String(server.port)}` }] })
      cluster.on('error', ignore)
      await cluster.connect()
      ending.push(() => {
        cluster.destroy()
      })
      return redisStore((args, key) => cluster.sendCommand(key, false, args))
    })
  })

  describe('with ioredis', () => {
    itIsATokenStore(() => {
      const cluster = new Cluster([{ host: '127.0.0.1', port: server.port }])
      cluster.on('error', ignore)
      ending.push(() => {
        cluster.disconnect()
      })
      return redisStore((args) => cluster.call(...args))
    })
  })
})
