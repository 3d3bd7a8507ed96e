import { readHeldLook, takeAnswer } from '#core/files/answer.ts'
import { partKey } from '#core/files/look.ts'
import { recordEndOfDownload } from '../../files/record-download.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Asked by the gateway before each part of an answer, and told at its end. */
export const answerQuestion =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'auditCopy' | 'transit'>) =>
  async ({
    params,
    body,
    caller: { gatewayId },
  }: RouteCall<'answerQuestion'>): Promise<RouteReply<'answerQuestion'>> => {
    const { catalog, transit } = ports
    const job = await readHeldLook(catalog, params.jobId, { gatewayId, epoch: body.epoch })
    const { question, ended } = await takeAnswer(catalog, job, body)
    if (ended) await recordEndOfDownload(ports, question)
    if (question.state === 'failed' && !body.problem) return { withdrawn: true }
    const { part } = body
    return part ? { url: await transit.putUrl(partKey(question, part.number), part.bytes) } : {}
  }

export const handler = httpHandler('answerQuestion', answerQuestion)
