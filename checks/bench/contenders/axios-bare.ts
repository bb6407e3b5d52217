import axios from 'axios'
import { axiosDefaults, type Contender } from '../contender.ts'

/** Axios without any token: what the floor's own header costs. */
export const axiosBare: Contender = {
  name: 'axios, no header at all',
  client: 'axios',
  package: 'axios',
  cannot: ['carry a token'],
  make: (stage) => {
    const instance = axios.create(axiosDefaults(stage))
    return { request: (url) => instance.get<unknown>(url) }
  },
}
