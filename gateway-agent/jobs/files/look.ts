import type { Client } from '#core/contracts/client.ts'
import {
  type FilesQuestion,
  type FilesReport,
  LOOK_LIMITS,
  type ReadFilesSpec,
} from '#core/contracts/guest-files.ts'
import { sealAnswer } from '#core/contracts/sealed-answers.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import { QuestionWithdrawnError } from '#core/errors/guest-files.ts'
import type { Guest } from '#guest-files/guest.ts'
import type { JobContext } from '../../control/leased-job.ts'
import { backOff } from '../../control/patience.ts'
import type { Log } from '../../log.ts'
import { answer } from './answers.ts'
import { createDelivery, type DeliveryHost } from './delivery.ts'
import { partsTo } from './parts.ts'

export interface LookOptions extends DeliveryHost {
  client: Pick<Client, 'call'>
  runId: string
  spec: Pick<ReadFilesSpec, 'publicKey'>
  context: JobContext
  log: Log
}

/** Asked for about once a second, in ms. */
const ASK_MS = 1_000

/** Codes that mean: this look is not ours, or not open, any more. What comes of it the heartbeat tells. */
const OVER = new Set(['EPOCH_OUTDATED', 'JOB_NOT_FOUND', 'JOB_FINISHED', 'FILES_LOOK_CLOSED'])

/** A question that was handed to us, until its answer is told. */
interface InHand {
  withdraw: AbortController
  troubles: string[]
}

/** Downloads follow each other, and so do volumes and lists: whoever downloads may look around meanwhile. */
type Lane = 'download' | 'browse'

/**
 * Answers questions until nobody asks any more, the time is over, or somebody ends the look.
 * @param hear gets what to call with each sentence about a disk that cannot be read
 * @throws the reason of `context.signal`, unless somebody ended the look
 */
export const look = async (
  guest: Guest,
  options: LookOptions,
  hear: (onTrouble: (sentence: string) => void) => void,
): Promise<FilesReport> => {
  const { client, jobId, context, patience, random, clock, log } = options
  const inHand = new Map<string, InHand>()
  hear(sentence => {
    for (const { troubles } of inHand.values()) troubles.push(sentence)
  })
  const report = {
    questions: 0,
    listed: 0,
    downloads: [] as FilesReport['downloads'],
    downloaded: 0,
    bytes: 0,
  }
  const lanes: Record<Lane, Promise<void>> = {
    download: Promise.resolve(),
    browse: Promise.resolve(),
  }
  const began = clock.now()
  let lastAsked = began

  const record = (ask: FilesQuestion, bytes: number, whole: boolean) => {
    if (ask.what === 'list' && whole) report.listed++
    // What was sent has left the house, whether all of it was or not.
    if (ask.what !== 'download' || (bytes === 0 && !whole)) return
    const { volume, path } = ask
    if (report.downloads.length < MOST_TOLD) report.downloads.push({ volume, path, bytes })
    report.downloaded++
    report.bytes += bytes
  }

  const answerOne = async (questionId: string, ask: FilesQuestion, held: InHand) => {
    const signal = AbortSignal.any([held.withdraw.signal, context.signal])
    const to = { runId: options.runId, questionId }
    const sealed = await sealAnswer(options.spec.publicKey, to)
    const delivery = createDelivery(options, { questionId, seal: sealed.seal, signal })
    const parts = partsTo(sealed, delivery.part)
    let whole = false
    try {
      signal.throwIfAborted()
      await delivery.done(await answer(ask, { guest, parts, signal, troubles: held.troubles }))
      whole = true
    } catch (error) {
      if (signal.aborted || error instanceof QuestionWithdrawnError) return
      // No names: the log is no secret.
      log.info(
        `Job ${jobId}: the question ${questionId} (${ask.what}) has no answer: ${asXenkeepError(error).code}.`,
      )
      await delivery.problem(error)
    } finally {
      record(ask, parts.sent(), whole)
    }
  }

  const take = (questionId: string, ask: FilesQuestion) => {
    const held: InHand = { withdraw: new AbortController(), troubles: [] }
    inHand.set(questionId, held)
    report.questions++
    const lane: Lane = ask.what === 'download' ? 'download' : 'browse'
    lanes[lane] = lanes[lane]
      .then(() => answerOne(questionId, ask, held))
      .catch(error =>
        log.warn(`Job ${jobId}: the question ${questionId} could not be answered`, error),
      )
      .finally(() => {
        inHand.delete(questionId)
        lastAsked = clock.now()
      })
  }

  /** One whose end is being told may be there beside as many as can be open: what comes once more because of that is known. */
  const held = () => [...inHand.keys()].slice(-LOOK_LIMITS.openQuestions)

  const ended = (): FilesReport['ended'] | undefined => {
    if (context.signal.aborted) return 'asked'
    const now = clock.now()
    if (now - began >= LOOK_LIMITS.wholeMs) return 'time'
    if (inHand.size === 0 && now - lastAsked >= LOOK_LIMITS.idleMs) return 'idle'
    return undefined
  }

  let over = ended()
  try {
    for (let failures = 0; !over; over = ended()) {
      try {
        const { question, withdrawn = [] } = await client.call('nextQuestion', {
          params: { jobId },
          body: { epoch: context.epoch(), holding: held() },
          signal: context.signal,
        })
        failures = 0
        for (const questionId of withdrawn)
          inHand.get(questionId)?.withdraw.abort(new QuestionWithdrawnError())
        if (question && !inHand.has(question.questionId)) {
          take(question.questionId, question.ask)
          lastAsked = clock.now()
          continue
        }
        await patience.wait(ASK_MS, context.signal)
      } catch (error) {
        if (context.signal.aborted) continue
        const { code, retryable } = asXenkeepError(error)
        if (!retryable && !OVER.has(code)) throw error
        if (failures === 0) log.warn(`Job ${jobId}: no question can be asked for`, error)
        await patience.wait(backOff(failures++, random()), context.signal)
      }
    }
  } finally {
    // Of what is left the control plane says that the look is over.
    for (const { withdraw } of inHand.values()) withdraw.abort(new QuestionWithdrawnError())
    await Promise.all(Object.values(lanes))
  }
  return { ...report, ended: over }
}

const MOST_TOLD = 100 // downloads in the report
