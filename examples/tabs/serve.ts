// npx tsx examples/tabs/serve.ts: open the URL in two tabs, log in in one of them, and log out in one.
import { startTabsServer } from './server.ts'

const { url } = await startTabsServer({ lifetime: 15 })
console.log(`Open ${url} in two tabs: tokens live for 15 s.`)
