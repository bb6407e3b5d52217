import { randomBytes, webcrypto } from 'node:crypto'
import { expect } from 'chai'
import { memoryStore } from '../../lib/stores/memory.ts'
import { sealWith } from '../../lib/stores/seal.ts'
import { sealedStore } from '../../lib/token/sealed-store.ts'
import { failureOf } from '../support/failure.ts'
import { membersOver } from '../support/sessions.ts'
import { SharedMemory } from '../support/stores.ts'
import { itIsATokenStore } from './contract.ts'

const [KEY, OTHER] = [randomBytes(32), randomBytes(32)]

describe('A store with the option seal', () => {
  const shared = memoryStore()
  itIsATokenStore(() => sealedStore(shared, sealWith(KEY)), ['watch'])

  it('stores no plain text, and never the same text twice', async () => {
    const store = memoryStore()
    const sealed = sealedStore(store, sealWith(KEY))
    await sealed.swap('key', undefined, 'the-text')
    const before = await store.read('key')
    await sealed.swap('key', 'the-text', 'the-text')
    const after = await store.read('key')
    expect(after).not.to.equal(before)
    for (const text of [before, after]) {
      expect(text).to.match(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/)
      expect(Buffer.from(text ?? '', 'base64url').toString()).not.to.contain('the-text')
    }
  })

  // S31
  it('decrypts with any of its keys, and encrypts with the first', async () => {
    const store = memoryStore()
    await sealedStore(store, sealWith(KEY)).swap('key', undefined, 'one')
    const rolling = sealedStore(store, sealWith([OTHER, KEY]))
    expect(await rolling.read('key')).to.equal('one')
    expect(await rolling.swap('key', 'one', 'two')).to.equal(true)
    expect(await sealedStore(store, sealWith(OTHER)).read('key')).to.equal('two')
    expect(await sealedStore(store, sealWith(KEY)).read('key')).not.to.equal('two')
  })

  // S32
  it('decrypts no text that was copied to another key of the store', async () => {
    const store = memoryStore()
    const seal = sealWith(KEY)
    await sealedStore(store, seal).swap('ann', undefined, 'text')
    await store.swap('bob', undefined, (await store.read('ann')) ?? '')
    expect(await sealedStore(store, seal).read('bob')).not.to.equal('text')
    expect(await seal.open((await store.read('bob')) ?? '', 'bob')).to.equal(undefined)
  })

  it('accepts bytes, base64url, base64, a CryptoKey, and functions that return them', async () => {
    const key = await webcrypto.subtle.importKey('raw', KEY, 'AES-GCM', false, ['encrypt', 'decrypt'])
    const sealed = await sealWith(KEY).seal('text', 'key')
    for (const same of [
      KEY.toString('base64url'),
      KEY.toString('base64'),
      key,
      () => KEY,
      () => Promise.resolve([OTHER, key]),
    ])
      expect(await sealWith(same).open(sealed, 'key')).to.equal('text')
  })

  it('calls a key function once, and again after it failed', async () => {
    let asked = 0
    const seal = sealWith(() => {
      asked += 1
      if (asked === 1) throw new Error('no connection')
      return KEY
    })
    expect(await failureOf(seal.seal('text', 'key'))).to.have.property('message', 'no connection')
    await seal.open(await seal.seal('text', 'key'), 'key')
    expect(asked).to.equal(2)
  })

  it('throws a TypeError for a key that is not 256 bits long, without showing it', () => {
    const short = 'c2hvcnQ'
    for (const keys of [undefined, null, '', short, '***', 7, {}, [], [KEY, short], randomBytes(16)])
      expect(() => sealWith(keys as never))
        .to.throw(TypeError, /^tokenflight: keys: expected 32 bytes/)
        .with.property('message')
        .that.does.not.contain(short)
  })
})

describe('A session with the option seal', () => {
  const seal = sealWith(KEY)

  it('is shared by managers with the key: one login, one renewal, one logout', async () => {
    const store = memoryStore()
    const members = membersOver(store, { seal })
    const [one, other] = [members.consented(), members.consented()]
    await members.exchange(one)
    const token = await other.token()
    expect(token.accessToken).to.equal('AT-1')
    await other.renew(token)
    expect((await one.renew(token)).accessToken).to.equal('AT-2')
    expect(members.server.presented).to.deep.equal(['RT-1'])
    const told = new Promise((resolve) => other.on('cleared', resolve))
    await one.clear()
    expect(await told).to.include({ elsewhere: true })
  })

  // S31
  it('that was encrypted with another key is kept, reported once, and replaced at a login', async () => {
    const store = new SharedMemory()
    const members = membersOver(store, { seal })
    await members.exchange(members.consented())
    const before = store.text()
    const stranger = members.consented({ seal: sealWith(OTHER) })
    const failures: unknown[] = []
    stranger.on('store-failed', ({ reason }) => failures.push(reason))
    await failureOf(stranger.token())
    await failureOf(stranger.token())
    expect(failures).to.deep.equal(['unreadable'])
    expect(store.text()).to.deep.equal(before)
    await members.exchange(stranger)
    expect((await members.consented({ seal: sealWith(OTHER) }).token()).accessToken).to.equal('AT-2')
  })

  it('that is not encrypted is unreadable: write access to the store is no login', async () => {
    const store = memoryStore()
    const members = membersOver(store)
    await members.exchange(members.consented())
    expect(await failureOf(members.consented({ seal }).token())).to.have.property('code')
  })

  it('sends no refresh token while the key cannot be read', async () => {
    const store = memoryStore()
    const members = membersOver(store, { seal })
    await members.exchange(members.consented())
    const down = sealWith(() => Promise.reject(new Error('the vault is down')))
    const failure = await failureOf(members.consented({ seal: down }).token())
    expect(failure).to.have.property('reason', 'store')
    expect(members.server.presented).to.deep.equal([])
  })

  it('requires a store', () => {
    expect(() => membersOver(undefined, { seal }).consented()).to.throw(TypeError, 'tokenflight: store: expected')
  })
})
