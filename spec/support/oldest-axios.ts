import axios from 'axios'
import floor from 'axios-floor'

/** Whether the specs run with the oldest supported axios; specs of features that it lacks are skipped and listed. */
export const overOldestAxios = axios.VERSION === floor.VERSION
