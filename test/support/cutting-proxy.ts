import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'

/** What a request asks of S3, as far as trouble tells requests apart. */
export interface S3Call {
  kind: 'put' | 'lock' | 'get' | 'head' | 'list' | 'delete' | 'other'
  /** path and query as they came */
  url: string
}

/**
 * `before`: the request never arrives; `after`: it took effect, and the answer is lost; `middle`: half of the answer's body comes, where
 * it has one; a number: an answer of this status, by the proxy itself.
 */
export type Trouble = 'before' | 'after' | 'middle' | number

const NAMES: { [status: number]: string } = {
  403: 'AccessDenied',
  500: 'InternalError',
  503: 'SlowDown',
  507: 'InsufficientStorage',
}

const kindOf = (method: string, url: string): S3Call['kind'] => {
  const query = new URL(url, 'http://proxy').searchParams
  if (query.has('retention') && method === 'PUT') return 'lock'
  if (query.has('list-type') || query.has('versions')) return 'list'
  if (['retention', 'object-lock', 'versioning'].some(name => query.has(name))) return 'other'
  const kinds: { [method: string]: S3Call['kind'] } = { PUT: 'put', GET: 'get', HEAD: 'head' }
  return kinds[method] ?? (method === 'DELETE' ? 'delete' : 'other')
}

export interface CuttingProxy {
  readonly endpoint: string
  /** every request that came, in order, with what became of it */
  readonly calls: (S3Call & { trouble: Trouble | undefined })[]
  close(): Promise<void>
}

/**
 * Stands before an S3 and breaks connections. Requests go through as they are, so their signatures hold.
 * @param decide asked once for each request
 */
export const cuttingProxy = async (
  upstream: string,
  decide: (call: S3Call) => Trouble | undefined,
): Promise<CuttingProxy> => {
  const calls: CuttingProxy['calls'] = []

  const forward = async (asked: IncomingMessage, body: Buffer): Promise<IncomingMessage> => {
    const target = new URL(asked.url ?? '/', upstream)
    const { method, headers } = asked
    const sent = request(target, { method, headers, agent: false })
    sent.end(body)
    const [answer] = await once(sent, 'response')
    return answer
  }

  const refuse = (status: number, asked: IncomingMessage, reply: ServerResponse) => {
    const code = NAMES[status] ?? 'Unknown'
    const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>by the proxy</Message></Error>`
    reply.writeHead(status, { 'content-type': 'application/xml' })
    reply.end(asked.method === 'HEAD' ? undefined : xml)
  }

  const handle = async (asked: IncomingMessage, reply: ServerResponse) => {
    const { method = '', url = '' } = asked
    const call = { kind: kindOf(method, url), url }
    const trouble = decide(call)
    calls.push({ ...call, trouble })
    const body = Buffer.concat(await Array.fromAsync(asked))
    if (trouble === 'before') return void asked.socket.destroy()
    if (typeof trouble === 'number') return refuse(trouble, asked, reply)
    const answer = await forward(asked, body)
    const content = Buffer.concat(await Array.fromAsync(answer))
    const isCut =
      trouble === 'after' || (trouble === 'middle' && (content.length === 0 || method === 'HEAD'))
    if (isCut) return void asked.socket.destroy()
    const { 'transfer-encoding': _, ...headers } = answer.headers
    if (method !== 'HEAD') headers['content-length'] = `${content.length}`
    reply.writeHead(answer.statusCode ?? 502, headers)
    if (trouble !== 'middle') return void reply.end(content)
    reply.write(content.subarray(0, Math.floor(content.length / 2)), () => asked.socket.destroy())
  }

  const server = createServer((asked, reply) => {
    handle(asked, reply).catch(() => asked.socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return {
    endpoint: `http://127.0.0.1:${port}`,
    calls,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
