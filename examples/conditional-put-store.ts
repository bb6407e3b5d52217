// A token store of 20 lines over a database with conditional writes, held to the contract of a store. The database is a stand-in for
// DynamoDB: with its client, `put` is a PutItem with the same condition, and `get` a GetItem with ConsistentRead.
import { createTokenManager, type TokenStore } from 'tokenflight'
import { oauth2Emulator, startEmulator, storeClaims } from 'tokenflight/testing'

interface Item {
  readonly key: string
  readonly text: string
}

class ConditionalCheckFailedException extends Error {}

/** A table with the two conditions that the store needs: `attribute_not_exists(key)` and `text = :expected`. */
class Table {
  readonly #items = new Map<string, Item>()

  async get(key: string): Promise<Item | undefined> {
    await new Promise(setImmediate)
    return this.#items.get(key)
  }

  async put(item: Item, condition: { readonly text: string | undefined }): Promise<void> {
    await new Promise(setImmediate)
    if (this.#items.get(item.key)?.text !== condition.text) throw new ConditionalCheckFailedException()
    this.#items.set(item.key, item)
  }
}

function conditionalPutStore(table: Table): TokenStore {
  return {
    async read(key) {
      return (await table.get(key))?.text
    },
    async swap(key, expected, next) {
      try {
        await table.put({ key, text: next }, { text: expected })
        return true
      } catch (error) {
        // Anything else is not an answer: the store cannot tell.
        if (error instanceof ConditionalCheckFailedException) return false
        throw error
      }
    },
  }
}

const table = new Table()
for (const { claim, needs, check } of storeClaims(() => conditionalPutStore(table))) {
  if (needs) continue
  await check()
  console.log(claim)
}

await using emulator = await startEmulator(oauth2Emulator())
const managers = Array.from({ length: 2 }, () =>
  createTokenManager({
    provider: emulator.provider,
    grant: 'client_credentials',
    credentials: emulator.credentials,
    store: conditionalPutStore(table),
  }),
)
await Promise.all(managers.map((tokens) => tokens.token()))
console.log(`${String(managers.length)} managers, ${String(emulator.counts.token)} token request`)
