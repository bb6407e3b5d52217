// `npm run catalogue`: writes docs/catalogue.md.
import { writeFileSync } from 'node:fs'
import { PAGE } from './page.ts'

writeFileSync(new URL('../../docs/catalogue.md', import.meta.url), PAGE)
