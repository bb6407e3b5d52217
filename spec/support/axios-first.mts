// axios keeps the `Request` that is global when it is loaded: load both copies, imported and required, before nock replaces it.
import { createRequire } from 'node:module'
import 'axios'
import 'axios-floor'

const require = createRequire(import.meta.url)
require('axios')
require('axios-floor')
