import { readFile } from 'node:fs/promises'
import { z } from 'zod'

const Endpoint = z.object({ url: z.url({ protocol: /^https?$/ }) })

/**
 * Where the control plane is: what the settings say, else what the one of the same data directory has written when it began to
 * listen (its port may be another one after a restart), else where it would be.
 */
export const baseUrlOf =
  ({
    controlUrl,
    endpointFile,
    fallback,
  }: {
    controlUrl: string | undefined
    endpointFile: string
    fallback: string
  }) =>
  async (): Promise<string> => {
    if (controlUrl !== undefined) return controlUrl
    try {
      return Endpoint.parse(JSON.parse(await readFile(endpointFile, 'utf8'))).url
    } catch {
      return fallback
    }
  }

/**
 * @param callMs no request takes longer
 * @returns a `fetch` that sends every request to where the control plane is just now
 */
export const fetchAt =
  (
    baseUrl: () => Promise<string>,
    fetch: typeof globalThis.fetch,
    callMs = CALL_MS,
  ): typeof globalThis.fetch =>
  async (input, init) => {
    const { pathname, search } = new URL(input instanceof Request ? input.url : input)
    return fetch(new URL(pathname + search, await baseUrl()), {
      ...init,
      signal: init?.signal
        ? AbortSignal.any([init.signal, AbortSignal.timeout(callMs)])
        : AbortSignal.timeout(callMs),
    })
  }

/** No call of the control plane takes longer, in ms; a silent network must not hold heartbeats back for ever. */
const CALL_MS = 30_000
