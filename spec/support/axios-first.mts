// axios keeps the `Request` that it finds when it is loaded: it is to find the platform's, not what nock puts in its place. Both copies,
// the one that is imported and the one that is required.
import { createRequire } from 'node:module'
import 'axios'
import 'axios-floor'

const require = createRequire(import.meta.url)
require('axios')
require('axios-floor')
