import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import type { AnswerQuestionRequest, FilesQuestion, Seal } from '../contracts/guest-files.ts'
import { toProblem } from '../errors/base.ts'
import { EpochOutdatedError } from '../errors/control.ts'
import {
  FilesAnswerLostError,
  FilesAnswerUnfitError,
  FilesNoLookError,
} from '../errors/guest-files.ts'
import { guardWorker } from '../maintenance/guard-worker.ts'
import type { Catalog } from '../ports.ts'
import type { Job } from '../runs/job.ts'
import { readJob } from '../runs/jobs-catalog.ts'
import { endQuestion } from './ask.ts'
import { type Look, type Question, readQuestion } from './look.ts'

/** @throws `JOB_NOT_FOUND`, `FILES_NO_LOOK`, `EPOCH_OUTDATED` where the gateway does not hold the job, or may not do it, any more */
export const readHeldLook = async (
  catalog: Catalog,
  jobId: string,
  { gatewayId, epoch }: { gatewayId: string; epoch: number },
): Promise<Job> => {
  const { value: job } = await readJob(catalog, jobId)
  if (job.spec.kind !== 'read-files') throw new FilesNoLookError(`The job ${jobId}`)
  const isHeld = job.lease?.gatewayId === gatewayId && job.epoch === epoch
  if (!isHeld || job.state === 'finished') throw new EpochOutdatedError(jobId)
  await guardWorker(catalog, job, gatewayId)
  return job
}

interface Next {
  question?: { questionId: string; ask: FilesQuestion }
  withdrawn: string[]
  /** Of an earlier lease, ended now: what came of them is lost. */
  lost: Question[]
}

/**
 * What a gateway is to answer next: what it was given and does not know of (the answer to that call got lost), else what waits longest.
 * @param holding what it has in hand
 */
export const nextQuestion = async (
  catalog: Catalog,
  { runId, epoch, cancelRequested }: Job,
  holding: readonly string[],
): Promise<Next> => {
  const look = (await catalog.get<Look>(keys.look(runId)))?.value
  const open = look?.open ?? []
  const next: Next = { withdrawn: holding.filter(id => !open.includes(id)), lost: [] }
  for (const questionId of open) {
    if (holding.includes(questionId)) continue
    const { value: question } = await readQuestion(catalog, runId, questionId)
    if (question.state === 'answering' && question.epoch !== epoch) {
      const problem = toProblem(new FilesAnswerLostError())
      const ended = await endQuestion(catalog, runId, questionId, found => ({
        ...{ ...found, state: 'failed', problem },
      }))
      if (ended.changed) next.lost.push(ended.question)
    } else if (!next.question && !cancelRequested) {
      const taken = await take(catalog, question, epoch)
      if (taken) next.question = { questionId, ask: taken.ask }
    }
  }
  return next
}

/** @returns `undefined` where it has ended meanwhile */
const take = (
  catalog: Catalog,
  { runId, questionId }: Question,
  epoch: number,
): Promise<Question | undefined> =>
  retryOnConflict(async () => {
    const { value, version } = await readQuestion(catalog, runId, questionId)
    if (value.state === 'answering') return value
    if (value.state !== 'waiting') return undefined
    const after: Question = { ...value, state: 'answering', epoch }
    const key = keys.question(runId, questionId)
    await catalog.write([{ kind: 'put', key, value: after, expect: { version } }])
    return after
  })

/**
 * Takes what a gateway tells of an answer. Telling the same again changes nothing.
 * @returns the question as it stands then, and whether it has ended by this very call
 * @throws `QUESTION_NOT_FOUND`, `FILES_ANSWER_UNFIT`
 */
export const takeAnswer = async (
  catalog: Catalog,
  { runId, epoch }: Job,
  told: AnswerQuestionRequest,
): Promise<{ question: Question; ended: boolean }> => {
  const { questionId, part, seal, done, problem } = told
  if (part && seal) return takePart(catalog, { runId, questionId, epoch }, part, seal)
  const { question, changed } = await endQuestion(catalog, runId, questionId, found => {
    guardTaken(found, epoch)
    if (problem) return { ...found, state: 'failed', problem }
    if (done?.parts !== found.parts.length)
      throw new FilesAnswerUnfitError(`${found.parts.length} parts were asked for`)
    return { ...found, state: 'answered' }
  })
  return { question, ended: changed }
}

const takePart = (
  catalog: Catalog,
  { runId, questionId, epoch }: { runId: string; questionId: string; epoch: number },
  { number, bytes }: { number: number; bytes: number },
  seal: Seal,
): Promise<{ question: Question; ended: boolean }> =>
  retryOnConflict(async () => {
    const { value: found, version } = await readQuestion(catalog, runId, questionId)
    if (found.state === 'failed') return { question: found, ended: false }
    guardTaken(found, epoch)
    if (found.seal && (found.seal.epk !== seal.epk || found.seal.salt !== seal.salt))
      throw new FilesAnswerUnfitError('its parts are sealed with different keys')
    const { parts } = found
    const isRepeated = number === parts.length - 1
    if (found.state === 'answered' || (number !== parts.length && !isRepeated))
      throw new FilesAnswerUnfitError(`part ${number} does not follow part ${parts.length - 1}`)
    if (isRepeated) {
      if (parts[number] !== bytes)
        throw new FilesAnswerUnfitError(`part ${number} had another size before`)
      return { question: found, ended: false }
    }
    const question: Question = { ...found, seal, parts: [...parts, bytes] }
    const key = keys.question(runId, questionId)
    await catalog.write([{ kind: 'put', key, value: question, expect: { version } }])
    return { question, ended: false }
  })

const guardTaken = ({ state, epoch, questionId }: Question, current: number): void => {
  if (state === 'waiting' || epoch !== current)
    throw new FilesAnswerUnfitError(`the question ${questionId} was not given to this gateway`)
}
