/** Answers that are kept: what the pages of one browser tab ask for again and again. */
const MOST = 30

/**
 * A fetch that tells the server which answer it has already, and where nothing has changed takes that (RFC 9110, 13.1.2). Done here and not by the browser, which keeps
 * nothing of the API's: its answers are marked `no-store`. Whether somebody may read, the server decides each time before it compares.
 */
export const rememberingFetch = (fetch: typeof globalThis.fetch): typeof globalThis.fetch => {
  const known = new Map<string, { etag: string; body: string }>()
  return async (input, init = {}) => {
    if (init.method !== 'GET') return fetch(input, init)
    const key = String(input)
    const last = known.get(key)
    const headers = new Headers(init.headers)
    if (last) headers.set('if-none-match', last.etag)
    const answer = await fetch(input, { ...init, headers })
    if (answer.status === 304 && last) {
      remember(known, key, last)
      return new Response(last.body, { headers: { 'content-type': 'application/json' } })
    }
    const etag = answer.headers.get('etag')
    if (answer.ok && etag !== null)
      remember(known, key, { etag, body: await answer.clone().text() })
    else known.delete(key)
    return answer
  }
}

/** Used last, kept longest. */
const remember = <V>(known: Map<string, V>, key: string, value: V): void => {
  known.delete(key)
  known.set(key, value)
  const [oldest] = known.keys()
  if (known.size > MOST && oldest !== undefined) known.delete(oldest)
}
