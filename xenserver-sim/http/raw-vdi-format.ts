import { XapiError } from '../xapi/errors.ts'
import { HttpError } from './context.ts'

export interface RawVdiFormat {
  name: 'raw' | 'vhd' | 'tar'
  contentType: string
}

// qcow2 came with xapi 25.27, later than the release that is simulated.
const formats: RawVdiFormat[] = [
  { name: 'raw', contentType: 'application/octet-stream' },
  { name: 'vhd', contentType: 'application/vhd' },
  { name: 'tar', contentType: 'application/x-tar' },
]

/** The query's `format`, raw by default. @throws 404 with INTERNAL_ERROR for one this server does not know */
export function vdiFormat(query: URLSearchParams): RawVdiFormat {
  const wanted = query.get('format') ?? 'raw'
  const found = formats.find(({ name }) => name === wanted.toLowerCase())
  if (found) return found
  throw new HttpError('404 Not Found', new XapiError('INTERNAL_ERROR', `Unknown format ${wanted}`))
}
