import { connect } from 'node:net'

export interface RawAnswer {
  statusLine: string
  headers: Record<string, string>
  /** Everything after the first header, up to the close of the connection. */
  body: Buffer
}

export interface RawRequest {
  /** Method and target: `GET /export_raw_vdi?vdi=…`. */
  line: string
  headers?: Record<string, string>
  /** Sent after the header. */
  body?: Buffer
  /** Sends the body only once the answer's headers have come. */
  waitForHeaders?: boolean
  /** Closes our side after the body. */
  end?: boolean
}

/** Speaks HTTP by hand and shows what the server wrote byte for byte, up to its close of the connection. */
export function rawHttp(url: string, request: RawRequest): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const lines = Object.entries({ Host: hostname, ...request.headers }).map(
    ([k, v]) => `${k}: ${v}\r\n`,
  )
  socket.write(`${request.line} HTTP/1.1\r\n${lines.join('')}\r\n`)
  const pieces: Buffer[] = []
  let pending = request.body
  const sendBody = () => {
    if (pending) socket.write(pending)
    pending = undefined
    if (request.end) socket.end()
  }
  if (!request.waitForHeaders) sendBody()
  socket.on('data', piece => {
    pieces.push(piece)
    if (request.waitForHeaders && Buffer.concat(pieces).includes('\r\n\r\n')) sendBody()
  })
  // A server that stops reading resets the connection; what it said before is what counts.
  socket.on('error', () => {})
  return new Promise(resolve => socket.on('close', () => resolve(parse(Buffer.concat(pieces)))))
}

function parse(bytes: Buffer): RawAnswer {
  const end = bytes.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = bytes.toString('latin1', 0, Math.max(end, 0)).split('\r\n')
  const headers = lines.map(line => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
  })
  return { statusLine, headers: Object.fromEntries(headers), body: bytes.subarray(end + 4) }
}
