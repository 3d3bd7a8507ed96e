import { hasReached } from '../releases.ts'
import { XapiError } from '../xapi/errors.ts'
import { type HandlerContext, HttpError } from './context.ts'

export interface RawVdiFormat {
  name: 'raw' | 'vhd' | 'tar' | 'qcow2'
  contentType: string
}

/** xapi of July 2025. */
const QCOW2_SINCE = '25.27.0'

const formats: RawVdiFormat[] = [
  { name: 'raw', contentType: 'application/octet-stream' },
  { name: 'vhd', contentType: 'application/vhd' },
  { name: 'tar', contentType: 'application/x-tar' },
  { name: 'qcow2', contentType: 'application/x-qemu-disk' },
]

/** The query's `format`, raw by default. @throws 404 with INTERNAL_ERROR for one this server does not know */
export function vdiFormat({ query, state }: Pick<HandlerContext, 'query' | 'state'>): RawVdiFormat {
  const wanted = query.get('format') ?? 'raw'
  const found = formats.find(({ name }) => name === wanted.toLowerCase())
  if (found && (found.name !== 'qcow2' || hasReached(state.release, QCOW2_SINCE))) return found
  throw new HttpError('404 Not Found', new XapiError('INTERNAL_ERROR', `Unknown format ${wanted}`))
}
