import { guardRoom, keepQuestion } from '#core/files/ask.ts'
import { guardOpen, newQuestion, readLook, readOwnLook } from '#core/files/look.ts'
import { ulidMaker } from '#core/ids.ts'
import { recordDownload } from '../../files/record-download.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Keeps a question until the gateway asks for it, about once a second. That a download was asked for is recorded before; what cannot be recorded is not asked. */
export const askFiles =
  (ports: Pick<Ports, 'catalog' | 'clock' | 'random' | 'auditCopy'>) =>
  async ({
    params: { runId },
    body,
    caller,
    settle,
  }: RouteCall<'askFiles'>): Promise<RouteReply<'askFiles'>> => {
    const { catalog } = ports
    const run = await readOwnLook(catalog, runId, caller)
    guardOpen(run)
    guardRoom((await readLook(catalog, runId)).value)
    const questionId = ulidMaker(ports)()
    const question = newQuestion(questionId, runId, body)
    const record = await recordDownload(ports, { question, run, caller })
    const kept = { ...question, ...(record !== undefined && { record }) }
    await keepQuestion(catalog, kept, caller, settle ? [settle({ questionId })] : []).catch(
      async error => {
        await recordDownload(ports, { question: kept, run, caller, error }).catch(() => {})
        throw error
      },
    )
    return { questionId }
  }

export const handler = httpHandler('askFiles', askFiles)
