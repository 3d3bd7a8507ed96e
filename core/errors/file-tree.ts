import { XenkeepError } from './base.ts'

/** The folder that should be captured cannot be opened or listed. */
export class TreeUnreadableError extends XenkeepError {
  readonly code = 'TREE_UNREADABLE'
  constructor(root: string, reason: string) {
    super(`The folder ${root} cannot be read: ${reason}.`, {
      advice: 'Check that it is there, mounted, and readable for the account of the agent.',
    })
  }
}

/** A file system gives no answer: a file server that is gone, a disk that fails. */
export class TreeStalledError extends XenkeepError {
  readonly code = 'TREE_STALLED'
  constructor(root: string, place: string, seconds: number) {
    super(`The file system below ${root} gave no answer for ${seconds} seconds, at ${place}.`, {
      advice: 'Look after the mount there, or leave it out, and run the backup again.',
      retryable: true,
    })
  }
}
