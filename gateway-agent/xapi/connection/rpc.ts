import type { Agent } from 'node:http'
import xmlrpc, { type Client } from 'xmlrpc'
import { z } from 'zod'
import { XenkeepError } from '#core/errors/base.ts'
import { XapiError, XapiInterruptedError, XapiUnintelligibleError } from '#core/errors/xenserver.ts'
import type { CallOptions, XapiValue } from '../api.ts'
import { realTimeouts } from '../timeouts.ts'
import type { Endpoint } from './endpoint.ts'

/** A host together with the agent that verifies its connections. */
export interface RpcHost {
  endpoint: Endpoint
  agent: Agent
}

const Answer = z.discriminatedUnion('Status', [
  z.object({ Status: z.literal('Success'), Value: z.unknown() }),
  z.object({ Status: z.literal('Failure'), ErrorDescription: z.array(z.string()).min(1) }),
])

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)

const isSocketError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/** The response that `xmlrpc` hangs on its errors. */
const statusOf = (error: unknown): string => {
  const status = (error as { res?: { statusCode?: number } }).res?.statusCode
  return status === undefined || status === 200 ? '' : ` (HTTP ${status})`
}

/**
 * One XML-RPC message to one host, with the `xmlrpc` package: it has neither time-out nor abort, but hands its options
 * on to node:http, which has both.
 *
 * @param parameters with the session already in place
 * @throws {XapiError}, `XAPI_INTERRUPTED` (sent, but no answer), `XAPI_UNREACHABLE` (never sent), `XAPI_UNINTELLIGIBLE`,
 * `XAPI_CERTIFICATE_MISMATCH`, the reason of an aborted signal
 */
export const rpc = async (
  { endpoint, agent }: RpcHost,
  method: string,
  parameters: readonly XapiValue[],
  { signal, timeout = realTimeouts.call }: CallOptions = {},
): Promise<unknown> => {
  signal?.throwIfAborted()
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => stop.abort(), timeout)
  try {
    // One client per call: it keeps the headers of the last call in its options.
    const options = {
      host: endpoint.host,
      port: endpoint.port,
      path: '/',
      headers: { 'User-Agent': 'xenkeep' },
      agent,
      signal: stop.signal,
    }
    const client: Client = endpoint.secure
      ? xmlrpc.createSecureClient(options)
      : xmlrpc.createClient(options)
    const value = await new Promise((resolve, reject) => {
      client.methodCall(method, [...parameters], (error: unknown, result: unknown) =>
        error ? reject(error) : resolve(result),
      )
    })
    // XAPI answers this one message without the Status struct.
    if (method === 'system.listMethods') return value
    const answer = Answer.safeParse(value)
    if (!answer.success) throw new XapiUnintelligibleError(method, 'it has no Status and Value')
    if (answer.data.Status === 'Failure') throw new XapiError(answer.data.ErrorDescription, method)
    return answer.data.Value
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof XenkeepError) throw error
    if (stop.signal.aborted)
      throw new XapiInterruptedError(method, `no answer within ${timeout / 1000} s`, error, true)
    stop.abort()
    if (isSocketError(error)) throw new XapiInterruptedError(method, reasonOf(error), error)
    throw new XapiUnintelligibleError(method, `${firstLine(reasonOf(error))}${statusOf(error)}`)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''
