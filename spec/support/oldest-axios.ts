import axios from 'axios'
import floor from 'axios-floor'

/** Whether the specs run over the oldest axios that is supported; where it cannot do what newer ones can, a spec is skipped, and named. */
export const overOldestAxios = axios.VERSION === floor.VERSION
