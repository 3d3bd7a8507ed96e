import { withdraw } from '#core/files/ask.ts'
import { readOwnLook } from '#core/files/look.ts'
import { recordEndOfDownload } from '../../files/record-download.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Nobody waits for the answer any more; the gateway hears of it at its next call and sends no more of it. */
export const withdrawQuestion =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>) =>
  async ({
    params: { runId, questionId },
    caller,
  }: RouteCall<'withdrawQuestion'>): Promise<RouteReply<'withdrawQuestion'>> => {
    await readOwnLook(ports.catalog, runId, caller)
    const { question, changed } = await withdraw(ports.catalog, runId, questionId)
    if (changed) await recordEndOfDownload(ports, question)
    return { questionId }
  }

export const handler = httpHandler('withdrawQuestion', withdrawQuestion)
