// The commands of Redis that `redisStore` uses: GET, and the effect of its swap script.
import { expect } from 'chai'

export class FakeRedis {
  /** The commands, in order. */
  readonly sent: string[][] = []
  readonly texts = new Map<string, string>()
  /** The expiry of keys in milliseconds. */
  readonly ttls = new Map<string, number>()

  readonly send = (args: string[], key: string): Promise<unknown> => {
    this.sent.push(args)
    const [command, first, ...rest] = args
    if (command === 'GET') {
      expect(args).to.deep.equal(['GET', key])
      return Promise.resolve(this.texts.get(key) ?? null)
    }
    expect([command, rest[0], rest[1]]).to.deep.equal(['EVAL', '1', key])
    expect(first).to.include("redis.call('GET',KEYS[1])")
    const [before, next = '', px, ttl] = rest.slice(2)
    const held = this.texts.get(key)
    if ((held === undefined ? '' : `=${held}`) !== before) return Promise.resolve(0)
    this.texts.set(key, next)
    if (px === 'PX') this.ttls.set(key, Number(ttl))
    else this.ttls.delete(key)
    return Promise.resolve(1)
  }
}
