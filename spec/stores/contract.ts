// The contract of a token store, as specs that every store here is held to.
import { expect } from 'chai'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import { flush } from '../support/clock.ts'

/** Holds the stores that `make` gives to the contract. */
export function itIsATokenStore(make: () => TokenStore): void {
  it('has nothing under a key at first', async () => {
    expect(await make().read('a')).to.equal(undefined)
  })

  it('puts a text where there is nothing, once', async () => {
    const store = make()
    expect(await store.swap('a', undefined, 'one')).to.equal(true)
    expect(await store.read('a')).to.equal('one')
    expect(await store.swap('a', undefined, 'two')).to.equal(false)
    expect(await store.read('a')).to.equal('one')
  })

  it('puts a text in the place of the expected one alone', async () => {
    const store = make()
    await store.swap('a', undefined, 'one')
    expect(await store.swap('a', 'other', 'two')).to.equal(false)
    expect(await store.swap('b', 'one', 'two')).to.equal(false)
    expect(await store.read('a')).to.equal('one')
    expect(await store.read('b')).to.equal(undefined)
    expect(await store.swap('a', 'one', 'two')).to.equal(true)
    expect(await store.swap('a', 'one', 'three')).to.equal(false)
    expect(await store.read('a')).to.equal('two')
  })

  it('keeps keys apart, whatever they are called', async () => {
    const store = make()
    const keys = ['a', 'A', 'a ', '__proto__', 'constructor', 'toString', 'a/b', '../a', '\u00e4', 'a\u0308', '%61']
    for (const key of keys) expect(await store.swap(key, undefined, `text of ${key}`), key).to.equal(true)
    for (const key of keys) expect(await store.read(key), key).to.equal(`text of ${key}`)
  })

  it('keeps a text as it is', async () => {
    const store = make()
    const texts = ['{"v":1}', ' \t\r\n', '\u{1F511}\u0000"\'\\', 'x'.repeat(100_000), 'null', 'undefined', '0']
    let before: string | undefined
    for (const text of texts) {
      expect(await store.swap('a', before, text)).to.equal(true)
      expect(await store.read('a')).to.equal(text)
      before = text
    }
  })

  it('lets one of many contenders win', async () => {
    const store = make()
    const contend = async (_: unknown, n: number): Promise<boolean> => store.swap('a', undefined, `text ${String(n)}`)
    const won = await Promise.all(Array.from({ length: 100 }, contend))
    expect(won.filter(Boolean)).to.have.lengthOf(1)
    expect(await store.read('a')).to.equal(`text ${String(won.indexOf(true))}`)
  })

  it('loses no update of contenders that try again', async () => {
    const store = make()
    const add = async (): Promise<void> => {
      for (;;) {
        const before = await store.read('count')
        if (await store.swap('count', before, String(Number(before ?? 0) + 1))) return
      }
    }
    await Promise.all(Array.from({ length: 40 }, add))
    expect(await store.read('count')).to.equal('40')
  })

  it('calls those back who watch a key, where it can, until they stop', async () => {
    const store = make()
    let called = 0
    const stop = store.watch?.('a', () => {
      called += 1
    })
    await store.swap('a', undefined, 'one')
    await store.swap('b', undefined, 'one')
    await flush()
    expect(called).to.equal(stop ? 1 : 0)
    stop?.()
    await store.swap('a', 'one', 'two')
    await flush()
    expect(called).to.equal(stop ? 1 : 0)
  })
}
