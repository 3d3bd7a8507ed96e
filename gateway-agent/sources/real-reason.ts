import { StreamBrokenError, XapiError } from '#core/errors/xenserver.ts'
import type { Download } from '../xapi/api.ts'

/**
 * A stream that ends early is the trace of a failed export: where XAPI's task has the real reason, that is thrown.
 * @returns the error to throw
 */
export const realReason = async (
  error: unknown,
  { outcome }: Pick<Download, 'outcome'>,
): Promise<unknown> => {
  const broken = error instanceof StreamBrokenError && error.code === 'STREAM_TRUNCATED'
  if (!broken) return error
  return outcome().then(
    () => error,
    // CLIENT_ERROR says no more than that we have closed the connection.
    verdict =>
      verdict instanceof XapiError && verdict.xapiCode !== 'CLIENT_ERROR' ? verdict : error,
  )
}
