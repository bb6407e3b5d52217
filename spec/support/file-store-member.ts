// Another process with a file store: sends the name of its presence, then increments a counter as often as a message says.
import { fileStore } from '../../lib/stores/file.ts'

const store = fileStore(process.argv[2] ?? '')

process.on('message', ({ key, times }: { key: string; times: number }) => {
  void add(key, times).then(() => process.send?.('done'))
})

async function add(key: string, times: number): Promise<void> {
  for (let won = 0; won < times;) {
    const before = await store.read(key)
    if (await store.swap(key, before, String(Number(before ?? 0) + 1))) won += 1
  }
}

const sign = await store.presence?.begin()
process.send?.(sign?.name)
