import { retryOnConflict } from '../catalog/access.ts'
import { keys } from '../catalog/keys.ts'
import { type AnswerView, LOOK_LIMITS } from '../contracts/guest-files.ts'
import { toProblem } from '../errors/base.ts'
import {
  FilesAnswerLostError,
  FilesLimitError,
  FilesLookClosedError,
  QuestionWithdrawnError,
} from '../errors/guest-files.ts'
import type { Catalog, CatalogWrite, Person } from '../ports.ts'
import { hasRunOut, type Job } from '../runs/job.ts'
import { readJobs } from '../runs/jobs-catalog.ts'
import type { Run } from '../runs/run.ts'
import {
  guardOpen,
  type Look,
  partKey,
  type Question,
  readLook,
  readOwnLook,
  readQuestion,
  storedParts,
} from './look.ts'

/** @throws `FILES_LIMIT` */
export const guardRoom = ({ questions, open }: Look): void => {
  if (questions >= LOOK_LIMITS.questions) throw new FilesLimitError(questions, 'in all')
  if (open.length >= LOOK_LIMITS.openQuestions) throw new FilesLimitError(open.length, 'at once')
}

/**
 * Keeps a question for the gateway.
 * @param beside written in one piece with it
 * @throws `RUN_NOT_FOUND`, `FILES_NO_LOOK`, `FILES_LOOK_FOREIGN`, `FILES_LOOK_CLOSED`, `FILES_LIMIT`
 */
export const keepQuestion = (
  catalog: Catalog,
  question: Question,
  caller: Pick<Person, 'name' | 'id'>,
  beside: readonly CatalogWrite[],
): Promise<void> =>
  retryOnConflict(async () => {
    const { runId, questionId } = question
    guardOpen(await readOwnLook(catalog, runId, caller))
    const { value: look, version } = await readLook(catalog, runId)
    if (look.ended) throw new FilesLookClosedError('ended')
    guardRoom(look)
    const value: Look = {
      ...look,
      questions: look.questions + 1,
      open: [...look.open, questionId],
    }
    await catalog.write([
      {
        kind: 'put',
        key: keys.question(runId, questionId),
        value: question,
        expect: 'absent',
      },
      { kind: 'put', key: keys.look(runId), value, expect: { version } },
      ...beside,
    ])
  })

/**
 * From then on no question is kept: one that came after those of its end would be asked of nobody, and its record be left without its second.
 * @returns those without an answer
 */
export const closeLook = (catalog: Catalog, runId: string): Promise<readonly string[]> =>
  retryOnConflict(async () => {
    const key = keys.look(runId)
    const item = await catalog.get<Look>(key)
    if (!item) return []
    const { value, version } = item
    if (!value.ended)
      await catalog.write([
        { kind: 'put', key, value: { ...value, ended: true }, expect: { version } },
      ])
    return value.open
  })

/** How an answer stands for whoever asked. Also after the end of the look: what is in transit stays there for a day. */
export const answerAsOf = async (
  catalog: Catalog,
  run: Run,
  { questionId, now }: { questionId: string; now: number },
): Promise<Question> => {
  const question = (await readQuestion(catalog, run.runId, questionId)).value
  const isOpen = question.state === 'waiting' || question.state === 'answering'
  if (!isOpen) return question
  if (run.state !== 'running') return failed(question, run.problem ?? ENDED)
  const [job] = await readJobs(catalog, run.runId)
  if (job?.state === 'finished') return failed(question, problemOf(job) ?? ENDED)
  return job && isLost(question, job, now) ? failed(question, LOST) : question
}

/** Whether the gateway that was answering is not there to go on. */
const isLost = ({ state, epoch }: Question, job: Job, now: number): boolean =>
  state === 'answering' && (epoch !== job.epoch || job.state !== 'leased' || hasRunOut(job, now))

const ENDED = toProblem(new FilesLookClosedError('ended'))
const LOST = toProblem(new FilesAnswerLostError())

const problemOf = ({ outcome }: Job) => (outcome?.status === 'failed' ? outcome.problem : undefined)

const failed = (question: Question, problem: Question['problem']): Question => ({
  ...question,
  state: 'failed',
  ...(problem && { problem }),
})

/**
 * What whoever asked is told.
 * @param from the first part that is wanted
 * @param urlOf where a part is read
 */
export const viewAnswer = async (
  question: Question,
  from: number,
  urlOf: (key: string) => Promise<string>,
): Promise<AnswerView> => {
  const { questionId, state, seal, problem } = question
  const stored = question.parts.slice(0, storedParts(question))
  const wanted = stored.slice(from, from + LOOK_LIMITS.partsAtOnce)
  const parts = await Promise.all(
    wanted.map(async (bytes, index) => {
      const number = from + index
      return { number, bytes, url: await urlOf(partKey(question, number)) }
    }),
  )
  return {
    ...{ questionId, state, parts },
    ...(seal && stored.length > 0 && { seal }),
    partsSoFar: stored.length,
    bytesSoFar: stored.reduce((sum, bytes) => sum + bytes, 0),
    ...(problem && { problem }),
  }
}

/** Nobody waits for it any more. One that has its answer, or has failed, is left as it is. @returns the question, and whether this changed it */
export const withdraw = (
  catalog: Catalog,
  runId: string,
  questionId: string,
): Promise<{ question: Question; changed: boolean }> =>
  endQuestion(catalog, runId, questionId, question =>
    failed(question, toProblem(new QuestionWithdrawnError())),
  )

/**
 * Ends an open question.
 * @param ended pure; not asked of one that has ended
 */
export const endQuestion = (
  catalog: Catalog,
  runId: string,
  questionId: string,
  ended: (question: Question) => Question,
): Promise<{ question: Question; changed: boolean }> =>
  retryOnConflict(async () => {
    const { value, version } = await readQuestion(catalog, runId, questionId)
    if (value.state === 'answered' || value.state === 'failed')
      return { question: value, changed: false }
    const question = ended(value)
    const look = await readLook(catalog, runId)
    const open = look.value.open.filter(id => id !== questionId)
    await catalog.write([
      {
        kind: 'put',
        key: keys.question(runId, questionId),
        value: question,
        expect: { version },
      },
      {
        kind: 'put',
        key: keys.look(runId),
        value: { ...look.value, open } satisfies Look,
        expect: { version: look.version },
      },
    ])
    return { question, changed: true }
  })
