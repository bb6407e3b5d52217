// Many accounts at one provider: a manager for each, tokens that never mix, no more than four token requests at once.
import axios from 'axios'
import { createTokenPool } from 'tokenflight'
import { attachBearer } from 'tokenflight/axios'
import { netsapiensEmulator, startEmulator } from 'tokenflight/testing'

const accounts = Array.from({ length: 12 }, (_, n) => ({
  username: `${String(1001 + n)}@example.com`,
  password: `of ${String(1001 + n)}`,
}))
await using emulator = await startEmulator(netsapiensEmulator({ accounts }))

await using pool = createTokenPool({
  provider: emulator.provider,
  grant: 'password',
  credentials: (account) => emulator.actions.login(account),
  concurrency: 4,
})

const answers = await Promise.all(
  accounts.map(async ({ username }) => {
    const api = axios.create({ baseURL: emulator.api })
    attachBearer(api, pool.for(username))
    const { data } = await api.get<{ user: string }>('/domains/~/users/~')
    return data.user
  }),
)
console.log(`Each as themselves: ${answers.join(', ')}`)
