import { answerAsOf, viewAnswer } from '#core/files/ask.ts'
import { readOwnLook } from '#core/files/look.ts'
import type { RouteCall, RouteReply } from '../../middleware/route-call.ts'
import type { Ports } from '../../ports.ts'
import { httpHandler } from '../../runtime.ts'

/** Parts may be read while the others are still on their way. */
export const getAnswer =
  ({ catalog, clock, transit }: Pick<Ports, 'catalog' | 'clock' | 'transit'>) =>
  async ({
    params: { runId, questionId },
    query: { from = 0 },
    caller,
  }: RouteCall<'getAnswer'>): Promise<RouteReply<'getAnswer'>> => {
    const run = await readOwnLook(catalog, runId, caller)
    const question = await answerAsOf(catalog, run, { questionId, now: clock.now() })
    return viewAnswer(question, from, key => transit.getUrl(key))
  }

export const handler = httpHandler('getAnswer', getAnswer)
