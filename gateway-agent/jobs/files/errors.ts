import { XenkeepError } from '#core/errors/base.ts'

/** The owner of the gateway has not opened it for looks at files. */
export class FileBrowsingOffError extends XenkeepError {
  readonly code = 'FILE_BROWSING_OFF'
  constructor(settingsFile: string) {
    super(
      'This gateway does not hand out names or contents of files: its owner has not allowed that.',
      {
        advice: `Whoever looks after the gateway writes "fileBrowsing": "on" into the member "gateway" of ${settingsFile} on its machine; a restart is not needed. Or read the files there: "xenkeep files".`,
      },
    )
  }
}

/** An answer about files could not be stored for whoever asked. */
export class AnswerUndeliveredError extends XenkeepError {
  readonly code = 'ANSWER_UNDELIVERED'
  constructor(
    why: string,
    { cause, retryable = true }: { cause?: unknown; retryable?: boolean } = {},
  ) {
    super(`The answer could not be handed over: ${why}.`, {
      advice:
        'Ask again. If it stays so, see that the gateway reaches the store for transit: the control plane itself on one machine, S3 in the cloud (HTTPS, outbound).',
      retryable,
      cause,
    })
  }
}

/** The point is of something that has no disks with files. */
export class NoDisksError extends XenkeepError {
  readonly code = 'POINT_WITHOUT_DISKS'
  constructor() {
    super('The recovery point has no disk that could hold files.', {
      advice:
        'Points of pools and hosts are read with "xenkeep repo export"; of a VM, disks may have been left out of the backup.',
    })
  }
}
