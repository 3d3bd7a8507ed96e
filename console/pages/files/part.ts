import { files } from '../../text/files.ts'

/** The place where sealed answers lie for the browser gave no part: it could not be reached, or it refused. */
export class PartMissingError extends Error {
  readonly code = 'ANSWER_PART_MISSING'
  readonly advice = files.parts.advice
  /** Whether the same address may give it later; else a new one is needed. */
  readonly retryable: boolean
  constructor(status?: number, cause?: unknown) {
    super(files.parts.missing(status), { cause })
    this.retryable = status === undefined || status >= 500
  }
}

/**
 * Gets one sealed part from where the gateway has put it: the store of the cloud, or the control plane itself. Whoever knows the address needs no token, so none is sent there.
 * @param url of 15 minutes
 * @throws `ANSWER_PART_MISSING`; the signal's reason
 */
export const fetchPart = async (
  url: string,
  signal: AbortSignal,
  fetch: typeof globalThis.fetch = (input, init) => globalThis.fetch(input, init),
): Promise<Uint8Array<ArrayBuffer>> => {
  const failed = (cause: unknown): never => {
    signal.throwIfAborted()
    throw new PartMissingError(undefined, cause)
  }
  const answer = await fetch(url, {
    ...{ signal, credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' },
  }).catch(failed)
  if (!answer.ok) throw new PartMissingError(answer.status)
  return new Uint8Array(await answer.arrayBuffer().catch(failed))
}
