import { XenkeepError } from '#core/errors/base.ts'

/** No host with this UUID in the pool: it was removed, or installed anew. */
export class HostNotFoundError extends XenkeepError {
  readonly code = 'HOST_NOT_FOUND'
  constructor(uuid: string) {
    super(`The pool has no host with the UUID ${uuid}.`, {
      advice:
        'A host that was installed anew has another UUID; the inventory knows it a minute later. Earlier recovery points of the host stay.',
    })
  }
}
