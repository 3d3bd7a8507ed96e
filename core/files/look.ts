import { isPerson } from '../access/who.ts'
import { keys } from '../catalog/keys.ts'
import type { AnswerState, FilesQuestion, Seal } from '../contracts/guest-files.ts'
import type { Problem } from '../contracts/problem.ts'
import {
  FilesLookClosedError,
  FilesLookForeignError,
  FilesNoLookError,
  QuestionNotFoundError,
} from '../errors/guest-files.ts'
import type { Catalog, CatalogItem, Person } from '../ports.ts'
import type { Run } from '../runs/run.ts'
import { readRun } from '../runs/runs-catalog.ts'

/** What is kept of a look beside its run: written with it, and forgotten a day later. */
export interface Look {
  runId: string
  /** ms since 1970 */
  begun: number
  /** Who looks at what, hashed: its entry among the last looks. */
  of: string
  /** How many were ever asked. */
  questions: number
  /** Those without an answer, in the order they were asked. */
  open: string[]
  /** Its job is over: nothing is asked any more, though the run ends a moment later. */
  ended?: true
}

/** One question with what is known of its answer; the answer itself is in transit, sealed. */
export interface Question {
  questionId: string
  runId: string
  ask: FilesQuestion
  state: (typeof AnswerState.options)[number]
  /** Of the lease whose gateway answers. */
  epoch?: number
  seal?: Seal
  /** Bytes of each part; while it is being answered the last one may not be stored yet. */
  parts: number[]
  problem?: Problem
  /** Number of the audit record that says that it was asked for. */
  record?: number
}

export const newQuestion = (questionId: string, runId: string, ask: FilesQuestion): Question => ({
  ...{ questionId, runId, ask, state: 'waiting', parts: [] },
})

/** How many parts whoever asked may read by now. */
export const storedParts = ({ state, parts }: Question): number =>
  state === 'answered' ? parts.length : Math.max(0, parts.length - 1)

/** Where a part of an answer lies in the store of what is in transit. */
export const partKey = (
  { runId, questionId }: Pick<Question, 'runId' | 'questionId'>,
  number: number,
): string => `transit/${runId}/${questionId}/${number}`

/** @throws `RUN_NOT_FOUND`, `FILES_NO_LOOK`, `FILES_LOOK_FOREIGN` */
export const readOwnLook = async (
  catalog: Catalog,
  runId: string,
  caller: Pick<Person, 'name' | 'id'>,
): Promise<Run> => {
  const run = (await readRun(catalog, runId)).value
  if (run.kind !== 'files') throw new FilesNoLookError(`The run ${runId}`)
  if (!isPerson(run.startedBy, caller)) throw new FilesLookForeignError(runId)
  return run
}

/** @throws `FILES_LOOK_CLOSED` */
export const guardOpen = ({ state, cancelRequested }: Run): void => {
  if (state === 'waiting') throw new FilesLookClosedError('waiting')
  if (state !== 'running' || cancelRequested) throw new FilesLookClosedError('ended')
}

/** @throws `FILES_LOOK_CLOSED` where it is forgotten already */
export const readLook = async (catalog: Catalog, runId: string): Promise<CatalogItem<Look>> => {
  const item = await catalog.get<Look>(keys.look(runId))
  if (!item) throw new FilesLookClosedError('ended')
  return item
}

/** @throws `QUESTION_NOT_FOUND` */
export const readQuestion = async (
  catalog: Catalog,
  runId: string,
  questionId: string,
): Promise<CatalogItem<Question>> => {
  const item = await catalog.get<Question>(keys.question(runId, questionId))
  if (!item) throw new QuestionNotFoundError(questionId)
  return item
}
