import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SimHost, State } from '../state.ts'
import type { Dispatcher } from '../xapi/dispatcher.ts'
import { asXapiError } from '../xapi/errors.ts'
import { readJsonCall, writeJsonFailure, writeJsonSuccess } from '../xapi/jsonrpc.ts'
import type { Wire } from '../xapi/wire.ts'
import {
  type Call,
  MalformedCallError,
  readCall,
  writeBare,
  writeFailure,
  writeSuccess,
} from '../xapi/xmlrpc.ts'

const BODY_LIMIT = 300 * 1024 // bytes per RPC call, as in XAPI

/** The request is no call at all: HTTP 500 with an HTML page, not an XML-RPC failure. */
const refuse = (response: ServerResponse, why: string) => {
  response.writeHead(500, 'Internal Error', { 'content-type': 'text/html', connection: 'close' })
  response.end(`<html><body><h1>HTTP 500 internal server error</h1>${why}</body></html>`)
}

const readBody = async (request: IncomingMessage): Promise<string> => {
  const length = Number(request.headers['content-length'] ?? Number.NaN)
  if (request.headers['transfer-encoding'] !== undefined || Number.isNaN(length))
    throw new MalformedCallError('A call carries a Content-Length.')
  if (length > BODY_LIMIT) throw new MalformedCallError('The call is larger than 300 KiB.')
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString('utf8')
}

interface Dialect<C extends Call> {
  readonly contentType: string
  readonly read: (body: string) => C
  readonly success: (call: C, result: Wire) => string
  readonly failure: (call: C, description: readonly string[]) => string
}

const xml: Dialect<Call> = {
  contentType: 'text/xml',
  read: readCall,
  // The list of methods is the one answer without the Status struct.
  success: (call, result) =>
    call.method === 'system.listMethods' ? writeBare(result) : writeSuccess(result),
  failure: (_, description) => writeFailure(description),
}

const json: Dialect<ReturnType<typeof readJsonCall>> = {
  contentType: 'application/json',
  read: readJsonCall,
  success: writeJsonSuccess,
  failure: writeJsonFailure,
}

const serve =
  <C extends Call>({ contentType, read, success, failure }: Dialect<C>) =>
  async (
    state: State,
    dispatcher: Dispatcher,
    host: SimHost,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    let call: C
    try {
      call = read(await readBody(request))
    } catch (error) {
      if (error instanceof MalformedCallError) return refuse(response, error.message)
      throw error
    }
    const drop = state.faults.take('drop-call', call.method.replace(/^Async\./, ''))
    if (drop && !drop.after) return void request.socket.destroy()
    const answer = await dispatcher.call(host, call.method, call.params).then(
      result => success(call, result),
      thrown => failure(call, asXapiError(thrown).description),
    )
    if (drop) return void request.socket.destroy()
    await state.limits.answer(host.ref)
    const body = Buffer.from(answer)
    response.writeHead(200, 'OK', {
      'content-type': contentType,
      'content-length': body.length,
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'X-Requested-With',
      'cache-control': 'no-cache, no-store',
    })
    response.end(body)
  }

/** `POST /`, `POST /RPC2` and every other POST path. */
export const serveXmlRpc = serve(xml)
/** `POST /jsonrpc`. */
export const serveJsonRpc = serve(json)
