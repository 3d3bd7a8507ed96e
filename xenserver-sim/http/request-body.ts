import type { IncomingMessage } from 'node:http'
import { ForwardReader } from '../formats/forward-reader.ts'

export interface RequestBody {
  reader: ForwardReader
  /** Bytes the client announced. */
  contentLength: number | undefined
}

/** The body of an upload, read only as far as somebody asks. */
export function requestBody(request: IncomingMessage): RequestBody {
  const announced = request.headers['content-length']
  return {
    reader: new ForwardReader(request),
    contentLength: announced === undefined ? undefined : Number(announced),
  }
}
