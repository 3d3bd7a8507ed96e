import type { PutPart } from './delivery.ts'
import { AnswerUndeliveredError } from './errors.ts'

/** No part takes longer on its way, in ms: 8 MiB at 256 kbit/s. */
const PUT_MS = 5 * 60_000

/** Names of S3's own end points: `BUCKET.s3.REGION.amazonaws.com`, with `dualstack`, of a VPC, of China. */
const S3 = /(^|\.)s3[.-]([a-z0-9-]+\.)*amazonaws\.com(\.cn)?$/

/**
 * Puts sealed parts to the control plane itself, or to S3, and nowhere else: the address comes from the control plane, and one that was taken over must not
 * have the gateway write to other places of its network.
 * @param baseUrl where the control plane is just now
 */
export const putPart =
  (fetch: typeof globalThis.fetch, baseUrl: () => Promise<string>): PutPart =>
  async (url, bytes, signal) => {
    const base = new URL(await baseUrl())
    const to = new URL(url, base)
    const isS3 = to.protocol === 'https:' && S3.test(to.hostname)
    if (to.origin !== base.origin && !isS3)
      throw new AnswerUndeliveredError(`${to.origin} is neither the control plane nor S3`, {
        retryable: false,
      })
    const response = await fetch(to, {
      method: 'PUT',
      body: bytes,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PUT_MS)]),
    })
    await response.body?.cancel()
    if (!response.ok)
      throw new AnswerUndeliveredError(`the store for transit answered HTTP ${response.status}`)
  }
