// npm run build: writes dist/.
import { fileURLToPath } from 'node:url'
import { buildPackage } from './published.ts'

await buildPackage(fileURLToPath(new URL('../../dist', import.meta.url)))
