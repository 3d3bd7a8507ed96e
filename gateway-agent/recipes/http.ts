import type { AskHttp } from './ports.ts'

const MOST = 4 * 1024 * 1024 // bytes of an answer
const HERE = new Set(['localhost', '127.0.0.1', '[::1]'])

/** Calls over HTTP: in clear text only to this machine, and wherever an answer leads elsewhere it is not followed. */
export const httpByFetch =
  (fetchIt: typeof fetch): AskHttp =>
  async ({ method, url, headers, body, signal }) => {
    const target = URL.parse(url)
    if (
      target?.protocol !== 'https:' &&
      !(target?.protocol === 'http:' && HERE.has(target.hostname))
    )
      return { said: 'it has to be an https address; http is for this machine itself' }
    try {
      const init = { method, headers, signal, redirect: 'manual' as const }
      const answer = await fetchIt(target, body === undefined ? init : { ...init, body })
      const parts: Uint8Array[] = []
      let size = 0
      for await (const part of answer.body ?? []) {
        size += part.length
        if (size > MOST) return { said: `the answer is longer than ${MOST / 1024 ** 2} MiB` }
        parts.push(part)
      }
      return { status: answer.status, body: Buffer.concat(parts).toString() }
    } catch (error) {
      const { message, cause } = error as Error
      return { said: cause instanceof Error ? cause.message : message }
    }
  }
