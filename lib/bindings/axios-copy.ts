// Node loads axios twice where it is both imported and required, by an SDK say. Errors are to be of the classes that the instance's own
// application knows, those of its adapters too.
import axios, { type AxiosInstance, type AxiosStatic } from 'axios'

/** The axios that made an instance; the imported one where that is not to be had. */
export function axiosOf(instance: AxiosInstance): AxiosStatic {
  const made = (copy: AxiosStatic): boolean =>
    copy.interceptors.request.constructor === instance.interceptors.request.constructor
  if (made(axios)) return axios
  const required = requiredAxios()
  return required && made(required) ? required : axios
}

/** Undefined where nothing can be required: in a browser. */
function requiredAxios(): AxiosStatic | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?: (name: string) => NodeModule } }
  try {
    return process?.getBuiltinModule?.('node:module').createRequire(import.meta.url)('axios')
  } catch {
    return undefined
  }
}

interface NodeModule {
  createRequire(from: string): (name: 'axios') => AxiosStatic
}
