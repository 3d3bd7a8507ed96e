import type { IncomingMessage } from 'node:http'
import { ForwardReader } from '../formats/forward-reader.ts'
import type { Pace } from '../limits.ts'

export interface RequestBody {
  reader: ForwardReader
  /** Bytes the client announced. */
  contentLength: number | undefined
}

/**
 * The body of an upload, read only as far as somebody asks. Unlike XAPI, Node takes a PUT without Content-Length for one
 * without a body, so such an upload counts as empty here.
 */
export function requestBody(request: IncomingMessage, pace: Pick<Pace, 'take'>): RequestBody {
  const announced = request.headers['content-length']
  return {
    reader: new ForwardReader(untilBroken(request, pace)),
    contentLength: announced === undefined ? undefined : Number(announced),
  }
}

/** A client that breaks off has sent all it will: what is missing shows in the format, not as a network error. */
async function* untilBroken(
  request: IncomingMessage,
  pace: Pick<Pace, 'take'>,
): AsyncGenerator<Buffer> {
  try {
    for await (const piece of request) {
      await pace.take(piece.length)
      yield piece as Buffer
    }
  } catch {
    return
  }
}
