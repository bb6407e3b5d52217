import axios from 'axios'
import { axiosDefaults, type Contender } from '../contender.ts'

/** Axios without a token: shows the cost of the floor's header. */
export const axiosBare: Contender = {
  name: 'axios, no header at all',
  client: 'axios',
  package: 'axios',
  cannot: ['carry a token'],
  make: (environment) => {
    const instance = axios.create(axiosDefaults(environment))
    return { request: (url) => instance.get<unknown>(url) }
  },
}
