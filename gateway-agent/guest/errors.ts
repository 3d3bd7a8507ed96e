import { XenkeepError } from '#core/errors/base.ts'

/** The data directory was copied with its machine: a restored or cloned VM must not take the jobs of the other one. */
export class GuestCopiedError extends XenkeepError {
  readonly code = 'GUEST_COPIED'
  constructor(file: string, made: string, here: string) {
    super(`This agent was set up on the machine ${made}, and runs on ${here}: a copy of it.`, {
      advice: `Nothing is done here, so that the two do not take each other's jobs. Where this machine stands beside the other one, remove the folder "gateway" of its data directory and enrol it anew. Where it takes its place for good, remove "mark" from ${file} and start the agent again.`,
    })
  }
}
