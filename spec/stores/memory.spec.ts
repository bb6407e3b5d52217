import { expect } from 'chai'
import { memoryStore } from '../../lib/stores/memory.ts'
import { SharedMemory } from '../support/stores.ts'
import { itIsATokenStore } from './contract.ts'
import { itTellsEveryMember } from './elsewhere.ts'

describe('memoryStore()', () => {
  const shared = memoryStore()
  itIsATokenStore(() => shared, ['watch'])
  itTellsEveryMember(() => shared)

  it('shares nothing with another memoryStore()', async () => {
    const [one, other] = [memoryStore(), memoryStore()]
    await one.swap('a', undefined, 'one')
    expect(await other.read('a')).to.equal(undefined)
  })

  it('notifies once per change of the watched key', async () => {
    const store = memoryStore()
    let called = 0
    store.watch?.('a', () => {
      called += 1
    })
    await store.swap('a', undefined, 'one')
    await store.swap('b', undefined, 'one')
    await store.swap('a', 'one', 'two')
    expect(called).to.equal(2)
  })

  it('does not notify of a swap that returned false', async () => {
    const store = memoryStore()
    let called = 0
    store.watch?.('a', () => {
      called += 1
    })
    await store.swap('a', 'other', 'one')
    expect(called).to.equal(0)
  })

  it('notifies the other watches when one is stopped by a notification', async () => {
    const store = memoryStore()
    const called: string[] = []
    const stop = store.watch?.('a', () => {
      called.push('first')
      stop?.()
    })
    store.watch?.('a', () => called.push('second'))
    await store.swap('a', undefined, 'one')
    await store.swap('a', 'one', 'two')
    expect(called).to.deep.equal(['first', 'second', 'second'])
  })
})

describe('The store used in the specs', () => {
  const shared = new SharedMemory()
  itIsATokenStore(() => shared, ['watch'])
})
