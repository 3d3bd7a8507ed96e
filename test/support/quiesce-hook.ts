import { createHash, X509Certificate } from 'node:crypto'
import { createServer } from 'node:https'
import { text } from 'node:stream/consumers'
import { selfSigned } from './self-signed.ts'

export interface HookCall {
  path: string
  secret: string | undefined
  body: { lease: string; vm?: string; seconds?: number }
}
/** `text`: instead of a body in JSON. */
export type HookAnswer = { status?: number; body?: unknown; text?: string; silent?: true }

/** As a good hook answers. */
export const freezes: HookAnswer = { body: { seconds: 10, consistency: 'application' } }
export const held: HookAnswer = { body: { held: true } }

/** A guest's hook over HTTPS (docs/quiesce-hook.md): what it is asked, and what it answers. */
export const startQuiesceHook = async (answers: (call: HookCall) => HookAnswer) => {
  const { key, cert } = await selfSigned('guest')
  const calls: HookCall[] = []
  const server = createServer({ key, cert }, async (request, response) => {
    const body = JSON.parse(await text(request))
    const call = { path: request.url ?? '', secret: request.headers.authorization, body }
    calls.push(call)
    const { status = 200, body: answer = {}, text: bare, silent } = answers(call)
    if (silent) return request.socket.destroy()
    response.writeHead(status).end(bare ?? JSON.stringify(answer))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    calls,
    url: `https://127.0.0.1:${port}/quiesce/`,
    /** SHA-256 of its certificate. */
    fingerprint: createHash('sha256').update(new X509Certificate(cert).raw).digest('hex'),
    close: async () => {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
export type QuiesceHook = Awaited<ReturnType<typeof startQuiesceHook>>
