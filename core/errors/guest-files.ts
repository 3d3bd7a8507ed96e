import { XenkeepError } from './base.ts'

const ANEW = 'Begin a new look at the files of the point.'

/** The run is there and is no look at files. */
export class FilesNoLookError extends XenkeepError {
  readonly code = 'FILES_NO_LOOK'
  constructor(id: string) {
    super(`${id} is no look at the files of a recovery point.`, {
      advice: 'Begin one with POST /v1/runs and the kind "files", or in the console.',
    })
  }
}

/** Somebody else began the look. */
export class FilesLookForeignError extends XenkeepError {
  readonly code = 'FILES_LOOK_FOREIGN'
  constructor(runId: string) {
    super(`Only who began the look ${runId} asks in it and reads its answers.`, {
      advice: 'Begin a look of your own; what others looked at stands in the audit records.',
    })
  }
}

/** Nothing is asked in a look that has ended, or that nobody has approved yet. */
export class FilesLookClosedError extends XenkeepError {
  readonly code = 'FILES_LOOK_CLOSED'
  constructor(state: 'waiting' | 'ended') {
    super(
      state === 'waiting'
        ? 'This look at files waits for somebody to agree, and nothing can be asked before.'
        : 'This look at files has ended.',
      { advice: state === 'waiting' ? 'Wait until it is approved.' : ANEW },
    )
  }
}

/** More questions than one look takes, or more at once. */
export class FilesLimitError extends XenkeepError {
  readonly code = 'FILES_LIMIT'
  constructor(limit: number, what: 'in all' | 'at once') {
    super(`A look at files takes ${limit} questions ${what}.`, {
      advice:
        what === 'in all'
          ? ANEW
          : 'Wait for an answer, or take a question back that is not needed any more.',
      retryable: what === 'at once',
    })
  }
}

/** The look has no such question. */
export class QuestionNotFoundError extends XenkeepError {
  readonly code = 'QUESTION_NOT_FOUND'
  constructor(questionId: string) {
    super(`This look at files has no question ${questionId}.`, {
      advice: `Questions are forgotten a day after their look. ${ANEW}`,
    })
  }
}

/** Parts of an answer that do not follow each other. */
export class FilesAnswerUnfitError extends XenkeepError {
  readonly code = 'FILES_ANSWER_UNFIT'
  constructor(why: string) {
    super(`The answer does not fit what was told of it before: ${why}.`, {
      advice: 'This is a mistake in the gateway agent, or another version of it: report it.',
    })
  }
}

/** The gateway that was answering is gone; what it had sent is not whole. */
export class FilesAnswerLostError extends XenkeepError {
  readonly code = 'FILES_ANSWER_LOST'
  constructor() {
    super(
      'The gateway that was answering was lost, or started again, before the answer was whole.',
      {
        advice: 'Ask once more; the look goes on as soon as a gateway has taken it up again.',
        retryable: true,
      },
    )
  }
}

/** Whoever asked does not wait for the answer any more. */
export class QuestionWithdrawnError extends XenkeepError {
  readonly code = 'FILES_QUESTION_WITHDRAWN'
  constructor() {
    super('The question was taken back before its answer was whole.', { advice: 'Ask once more.' })
  }
}

/** An address for one part of an answer that was changed, is too old, or is for something else. */
export class TransitUrlError extends XenkeepError {
  readonly code = 'TRANSIT_URL_REFUSED'
  constructor(why: string) {
    super(`This address is good for nothing (any more): ${why}.`, {
      advice: 'Ask again how the answer stands; addresses are good for 15 minutes.',
    })
  }
}
