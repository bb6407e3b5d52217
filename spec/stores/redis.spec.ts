import { expect } from 'chai'
import { redisStore, type RedisStoreOptions, type Send } from '../../lib/stores/redis.ts'
import { StoreError } from '../../lib/stores/token-store.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { flush } from '../support/clock.ts'
import { FakeRedis } from '../support/fake-redis.ts'
import { itIsATokenStore } from './contract.ts'

const day = 86_400_000

const answering =
  (reply: unknown): Send =>
  () =>
    Promise.resolve(reply)
const failing =
  (error: unknown): Send =>
  () =>
    Promise.reject(error)

describe('redisStore(send)', () => {
  const redis = new FakeRedis()
  itIsATokenStore(() => redisStore(redis.send))

  it('accepts replies as buffers, texts and large integers', async () => {
    for (const [yes, no] of [
      [1, 0],
      ['1', '0'],
      [1n, 0n],
      [Buffer.from('1'), Buffer.from('0')],
    ]) {
      expect(await redisStore(answering(yes)).swap('a', undefined, 'one')).to.equal(true)
      expect(await redisStore(answering(no)).swap('a', undefined, 'one')).to.equal(false)
    }
    expect(await redisStore(answering(Buffer.from('\u{1F511} one'))).read('a')).to.equal('\u{1F511} one')
  })

  it('rejects for invalid replies, without quoting them', async () => {
    for (const [reply, kind] of [
      [undefined, 'undefined'],
      [{ accessToken: 'AT-1' }, 'object'],
      [['AT-1'], 'object'],
      [7, 'number'],
      [true, 'boolean'],
    ] as const) {
      expect(await failureOf(Promise.resolve(redisStore(answering(reply)).read('a'))))
        .to.be.instanceOf(StoreError)
        .with.property('message', `redisStore: GET: wrong answer (${kind})`)
    }
    for (const [reply, kind] of [
      [null, 'object'],
      [undefined, 'undefined'],
      ['OK', 'string'],
      [2, 'number'],
      [[1], 'object'],
    ] as const)
      expect(await failureOf(Promise.resolve(redisStore(answering(reply)).swap('a', undefined, 'one'))))
        .to.be.instanceOf(StoreError)
        .with.property('message', `redisStore: EVAL: wrong answer (${kind})`)
  })

  it('reports a failure by the code of the reply or the error', async () => {
    for (const [message, told] of [
      ["NOPERM this user has no permissions to run the 'get' command", 'NOPERM'],
      ["READONLY You can't write against a read only replica.", 'READONLY'],
      ['MOVED 3999 127.0.0.1:6381', 'MOVED'],
      ['WRONGTYPE Operation against a key holding the wrong kind of value', 'WRONGTYPE'],
      ['CLUSTERDOWN Hash slot not served', 'CLUSTERDOWN'],
      ['NOSCRIPT No matching script. Please use EVAL.', 'NOSCRIPT'],
      ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
      ["ERR unknown command 'GET', with args beginning with: 'RT-secret'", 'ERR'],
      ['The client is closed', 'not connected'],
      ['The client is offline', 'not connected'],
      ['Connection is closed.', 'not connected'],
      ["Stream isn't writeable and enableOfflineQueue options is false", 'not connected'],
      ['it held RT-secret', 'failed'],
    ] as const) {
      const error = (await failureOf(Promise.resolve(redisStore(failing(new Error(message))).read('a')))) as Error
      expect(error).to.be.instanceOf(StoreError)
      expect(error.message).to.equal(`redisStore: GET: ${told}`)
      expect(error.cause).to.equal(undefined)
    }
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
    expect(await failureOf(Promise.resolve(redisStore(failing(refused)).swap('a', undefined, 'b'))))
      .to.be.instanceOf(StoreError)
      .with.property('message', 'redisStore: EVAL: ECONNREFUSED')
    for (const odd of [undefined, null, 'RT-secret', {}])
      expect(await failureOf(Promise.resolve(redisStore(failing(odd)).read('a'))))
        .to.be.instanceOf(StoreError)
        .with.property('message', 'redisStore: GET: failed')
  })

  it('rejects where its client throws', async () => {
    const store = redisStore(() => {
      throw new Error('The client is closed')
    })
    expect(await failureOf(Promise.resolve(store.read('a')))).to.be.instanceOf(StoreError)
  })

  it('keeps records without expiry, and ended ones for 30 days or keepEndedFor', async () => {
    for (const [options, kept] of [
      [{}, 30 * day],
      [{ keepEndedFor: day }, day],
    ] as const) {
      const redis = new FakeRedis()
      const store = redisStore(redis.send, options)
      await store.swap('a', undefined, 'living', false)
      expect(redis.ttls.get('a')).to.equal(undefined)
      await store.swap('a', 'living', 'ended', true)
      expect(redis.ttls.get('a')).to.equal(kept)
      await store.swap('a', 'ended', 'living again')
      expect(redis.ttls.get('a')).to.equal(undefined)
    }
  })

  it('sends one command per read and per swap', async () => {
    const redis = new FakeRedis()
    const store = redisStore(redis.send)
    await store.read('a')
    await store.swap('a', undefined, 'one')
    expect(redis.sent.map(([command]) => command)).to.deep.equal(['GET', 'EVAL'])
  })

  it('throws a TypeError that names an invalid option', () => {
    const { send } = new FakeRedis()
    for (const [given, options, name] of [
      [undefined, {}, 'send'],
      [{ sendCommand: send }, {}, 'send'],
      [send, { subscribe: 'channel' }, 'subscribe'],
      [send, { keepEndedFor: 1000 }, 'keepEndedFor'],
      [send, { keepEndedFor: Infinity }, 'keepEndedFor'],
      [send, { keepEndedFor: '30d' }, 'keepEndedFor'],
      [send, { ttl: 3600 }, 'ttl'],
      [send, { 'S3cr3t-9': 1 }, 'option'],
    ] as const)
      expect(() => redisStore(given as Send, options as RedisStoreOptions))
        .to.throw(TypeError, `tokenflight: ${name}: expected`)
        .with.property('code', 'ERR_INVALID_ARG')
  })
})

describe('redisStore(send, { subscribe })', () => {
  /** Channels that are heard of, and how often each was begun and ended. */
  function channels(): {
    subscribe: NonNullable<RedisStoreOptions['subscribe']>
    log: string[]
    tell: (name: string) => void
  } {
    const heard = new Map<string, (message: string) => void>()
    const log: string[] = []
    return {
      log,
      tell: (name) => heard.get(name)?.(''),
      subscribe(channel, changed) {
        log.push(`begin ${channel}`)
        heard.set(channel, changed)
        return () => log.push(`end ${channel}`)
      },
    }
  }

  // S40
  it('subscribes once per key, for any number of watches, and unsubscribes with the last', async () => {
    const { subscribe, log, tell } = channels()
    const store = redisStore(answering(null), { subscribe })
    const called: string[] = []
    const stopOne = store.watch?.('a', () => called.push('one'))
    const stopTwo = store.watch?.('a', () => called.push('two'))
    tell('a')
    expect(called).to.deep.equal(['one', 'two'])
    stopOne?.()
    stopOne?.()
    tell('a')
    expect(called).to.deep.equal(['one', 'two', 'two'])
    await flush()
    expect(log).to.deep.equal(['begin a'])
    stopTwo?.()
    await flush()
    expect(log).to.deep.equal(['begin a', 'end a'])
    store.watch?.('a', () => called.push('three'))
    tell('a')
    expect(called.at(-1)).to.equal('three')
    expect(log).to.deep.equal(['begin a', 'end a', 'begin a'])
  })

  it('unsubscribes where subscribing completes after the last watch was stopped', async () => {
    const begun = deferred<() => void>()
    let ended = 0
    const store = redisStore(answering(null), { subscribe: () => begun.promise })
    store.watch?.('a', () => undefined)()
    begun.resolve(() => (ended += 1))
    await flush()
    expect(ended).to.equal(1)
  })

  it('works without notifications where subscribing or unsubscribing fails', async () => {
    const fail = (): never => {
      throw new Error('NOPERM')
    }
    for (const subscribe of [fail, () => Promise.reject(new Error('NOPERM')), () => fail, () => undefined as never]) {
      const store = redisStore(answering(null), { subscribe })
      const stop = store.watch?.('a', () => undefined)
      await flush()
      stop?.()
      await flush()
      expect(await store.read('a')).to.equal(undefined)
    }
  })
})
