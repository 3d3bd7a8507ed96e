import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import { text } from 'node:stream/consumers'

/**
 * A XAPI client of the demo's own, over JSON-RPC: what the product claims is checked by another way than the one it came.
 */
export interface PoolApi {
  /** One XAPI message; the session goes in by itself. @throws XapiRefusal */
  call: <T = string>(method: string, ...parameters: unknown[]) => Promise<T>
  /** Streams a disk's bytes, from first to last. */
  readDisk: (vdi: string) => Promise<IncomingMessage>
  close: () => Promise<void>
}

/** XAPI said no: its error code and parameters. */
export class XapiRefusal extends Error {
  readonly xapiCode: string
  constructor(method: string, code: string, parameters: readonly unknown[]) {
    super(`${method} was refused: ${code} ${parameters.join(' ')}`)
    this.name = 'XapiRefusal'
    this.xapiCode = code
  }
}

interface Reply {
  result?: unknown
  error?: { message: string; data?: unknown[] }
}

/** @param certificatePem the certificate that the host must show */
export const openPoolApi = async (
  { url, certificatePem }: { url: string; certificatePem: string },
  { user, password }: { user: string; password: string },
): Promise<PoolApi> => {
  const agent = new Agent({ ca: certificatePem, keepAlive: true })
  const send = (path: string, options: RequestOptions, body?: string) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(new URL(path, url), { agent, ...options }, resolve)
      sent.once('error', reject)
      sent.end(body)
    })
  const rpc = async (method: string, parameters: readonly unknown[]): Promise<unknown> => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: randomUUID(), method, params: parameters })
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }
    const answer = await send('/jsonrpc', { method: 'POST', headers }, body)
    const { result, error } = JSON.parse(await text(answer)) as Reply
    if (error) throw new XapiRefusal(method, error.message, error.data ?? [])
    return result
  }
  const session = await rpc('session.login_with_password', [user, password, '1.1', 'xenkeep-demo'])
  return {
    call: (method, ...parameters) => rpc(method, [session, ...parameters]) as never,
    readDisk: async vdi => {
      const query = new URLSearchParams({ session_id: String(session), vdi, format: 'raw' })
      const answer = await send(`/export_raw_vdi?${query}`, {
        method: 'GET',
        agent: false,
        ca: certificatePem,
      })
      if (answer.statusCode !== 200)
        throw new Error(`/export_raw_vdi answered ${answer.statusCode}`)
      return answer
    },
    close: async () => {
      await rpc('session.logout', [session]).catch(() => {})
      agent.destroy()
    },
  }
}
