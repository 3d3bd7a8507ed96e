import { nextQuestion as next, readHeldLook } from '#core/files/answer.ts'
import { recordEndOfDownload } from '../../files/record-download.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Asked by the gateway of a look about once a second. */
export const nextQuestion =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy'>) =>
  async ({
    params,
    body: { epoch, holding = [] },
    caller: { gatewayId },
  }: RouteCall<'nextQuestion'>): Promise<RouteReply<'nextQuestion'>> => {
    const { catalog } = ports
    const job = await readHeldLook(catalog, params.jobId, { gatewayId, epoch })
    const { question, withdrawn, lost } = await next(catalog, job, holding)
    for (const ended of lost) await recordEndOfDownload(ports, ended)
    return { ...(question && { question }), ...(withdrawn.length > 0 && { withdrawn }) }
  }

export const handler = httpHandler('nextQuestion', nextQuestion)
