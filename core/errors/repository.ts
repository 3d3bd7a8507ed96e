import { XenkeepError } from './base.ts'

/** The prefix holds no repository. */
export class NotARepositoryError extends XenkeepError {
  readonly code = 'NOT_A_REPOSITORY'
  constructor(address: string, cause?: unknown) {
    super(`There is no XenKeep repository at ${address}.`, {
      advice: 'Check the address, or create a repository there first.',
      cause,
    })
  }
}

/** Creation where a repository is already. */
export class RepositoryExistsError extends XenkeepError {
  readonly code = 'REPOSITORY_EXISTS'
  constructor(address: string) {
    super(`There is a repository at ${address} already.`, {
      advice: 'Open it with its passphrase, or choose an empty prefix for the new one.',
    })
  }
}

/** Creation among objects that are not ours, or in what is left of a repository that lost its bootstrap. */
export class PrefixNotEmptyError extends XenkeepError {
  readonly code = 'PREFIX_NOT_EMPTY'
  constructor(address: string, key: string) {
    super(`${address} is not empty: it holds "${key}".`, {
      advice:
        'Choose an empty prefix. If this should be a repository, its bootstrap object below repo/ was lost: restore that object.',
    })
  }
}

/** No slot of this repository opens with the passphrase. */
export class WrongPassphraseError extends XenkeepError {
  readonly code = 'WRONG_PASSPHRASE'
  constructor(address: string) {
    super(`The passphrase does not open the repository at ${address}.`, {
      advice: 'Check the passphrase (case, keyboard layout), or use the recovery key.',
    })
  }
}

/** The recovery key is well formed, but of another repository or of a slot that was destroyed. */
export class WrongRecoveryKeyError extends XenkeepError {
  readonly code = 'WRONG_RECOVERY_KEY'
  constructor(address: string) {
    super(`The recovery key does not open the repository at ${address}.`, {
      advice: 'Compare the repository id on the recovery kit with this repository.',
    })
  }
}

/** The checksum of the recovery key does not match. */
export class RecoveryKeyMistypedError extends XenkeepError {
  readonly code = 'RECOVERY_KEY_MISTYPED'
  constructor() {
    super('The recovery key has a typing error: its checksum does not match.', {
      advice: 'Type the 14 groups of 4 characters again as they are printed on the recovery kit.',
    })
  }
}

/** The repository has no key slot of the kind that is asked for, or none at all. */
export class NoKeySlotError extends XenkeepError {
  readonly code = 'NO_KEY_SLOT'
  constructor(address: string, kind: string) {
    super(`The repository at ${address} has no key slot of the kind "${kind}".`, {
      advice:
        'Open it by another way it has a slot for. If all slots were destroyed, its contents are shredded.',
    })
  }
}

/** The passphrase cannot be used. */
export class EmptyPassphraseError extends XenkeepError {
  readonly code = 'PASSPHRASE_EMPTY'
  constructor() {
    super('The passphrase is empty.', { advice: 'Set a passphrase and run the command again.' })
  }
}

/** The repository was written by a newer version that this one must not read. */
export class RepositoryNewerError extends XenkeepError {
  readonly code = 'REPOSITORY_NEWER'
  constructor(address: string, needs: string) {
    super(`The repository at ${address} needs a newer XenKeep: ${needs}.`, {
      advice: 'Update XenKeep on this machine and try again; nothing was changed.',
    })
  }
}

/** The repository may be read by this version, but not written. */
export class RepositoryReadOnlyError extends XenkeepError {
  readonly code = 'REPOSITORY_READ_ONLY'
  constructor(address: string, because: string) {
    super(`The repository at ${address} can only be read by this version: ${because}.`, {
      advice: 'Update XenKeep on this machine to write to it; restores work as they are.',
    })
  }
}

/** Where a damage strikes, as far as it is known. */
export interface DamagePlace {
  vmUuid?: string | undefined
  pointId?: string | undefined
  diskId?: string | undefined
  streamId?: string | undefined
  /** bytes from the start of the disk or stream */
  offset?: number | undefined
}

const where = ({ vmUuid, pointId, diskId, streamId, offset }: DamagePlace) => {
  const parts = [
    vmUuid && `VM ${vmUuid}`,
    pointId && `point ${pointId}`,
    diskId && `disk ${diskId}`,
    streamId && `stream ${streamId}`,
    offset !== undefined && `offset ${offset}`,
  ].filter(Boolean)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/** An error that can say which part of which disk it strikes. */
abstract class PlacedError extends XenkeepError {
  /** Name of the object concerned. */
  readonly object: string
  readonly place: DamagePlace
  /** What is wrong, without the place. */
  readonly problem: string

  constructor(
    object: string,
    problem: string,
    text: string,
    place: DamagePlace,
    advice: string,
    cause?: unknown,
  ) {
    super(`${text}${where(place)}.`, { advice, cause })
    this.object = object
    this.problem = problem
    this.place = place
  }

  /** @returns the same error with a place filled in where it had none. */
  abstract at(place: DamagePlace): PlacedError
}

/** Bits changed, bytes missing, or a structure that is none. */
export class ObjectDamagedError extends PlacedError {
  readonly code = 'OBJECT_DAMAGED'
  constructor(object: string, problem: string, place: DamagePlace = {}, cause?: unknown) {
    super(
      object,
      problem,
      `The object "${object}" is damaged: ${problem}`,
      place,
      'Run a check of the repository to see all that is affected, and restore the object from a replica or an older version if there is one.',
      cause,
    )
  }
  at(place: DamagePlace) {
    return new ObjectDamagedError(
      this.object,
      this.problem,
      { ...place, ...this.place },
      this.cause,
    )
  }
}

/** The bytes are whole but not what was written under this name: exchanged, moved or forged. */
export class ObjectNotAuthenticError extends PlacedError {
  readonly code = 'OBJECT_NOT_AUTHENTIC'
  constructor(object: string, problem: string, place: DamagePlace = {}, cause?: unknown) {
    super(
      object,
      problem,
      `The object "${object}" is not what was written there: ${problem}`,
      place,
      'Someone or something exchanged it. Find out who can write to the store, then restore the object from a replica or an older version.',
      cause,
    )
  }
  at(place: DamagePlace) {
    return new ObjectNotAuthenticError(
      this.object,
      this.problem,
      { ...place, ...this.place },
      this.cause,
    )
  }
}

/** The map names a record that no pack of the point holds. `object` is the commit record. */
export class ChunkMissingError extends PlacedError {
  readonly code = 'CHUNK_MISSING'
  constructor(object: string, problem: string, place: DamagePlace = {}, cause?: unknown) {
    super(
      object,
      problem,
      `The recovery point "${object}" cannot be read completely: ${problem}`,
      place,
      'Run a check of the repository to see all that is affected; other points may be whole.',
      cause,
    )
  }
  at(place: DamagePlace) {
    return new ChunkMissingError(this.object, this.problem, { ...place, ...this.place }, this.cause)
  }
}

/** The errors that speak of damage found in the store. */
export type DamageError = ObjectDamagedError | ObjectNotAuthenticError | ChunkMissingError

export const isDamage = (error: unknown): error is DamageError =>
  error instanceof ObjectDamagedError ||
  error instanceof ObjectNotAuthenticError ||
  error instanceof ChunkMissingError

/** A chunk could not be read back from the pack that was about to be sent. */
export class SelfCheckFailedError extends XenkeepError {
  readonly code = 'SELF_CHECK_FAILED'
  constructor(cause?: unknown) {
    super('A chunk could not be read back from memory before it was sent.', {
      advice:
        'The machine may have faulty memory: test it before you run backups on it again. Nothing wrong was stored.',
      cause,
    })
  }
}

/** The table of known chunks in the cache directory cannot be read or written: damaged, its disk full, or its directory gone. */
export class LocalTableError extends XenkeepError {
  readonly code = 'LOCAL_TABLE_FAILED'
  /** @param cause SQLite's, whose message holds no path */
  constructor(cause: Error) {
    super(`The local table of known chunks cannot be used: ${cause.message}.`, {
      advice:
        'It is a cache and is built again when the repository is opened next; nothing in the repository is lost. If this comes again, look at the disk of the cache directory.',
      retryable: true,
      cause,
    })
  }
}

/** A thread that works on chunks ended, or met something it was not made for. */
export class ChunkWorkerFailedError extends XenkeepError {
  readonly code = 'CHUNK_WORKER_FAILED'
  constructor(cause: unknown) {
    super('The work on a chunk was broken off, because its thread failed or was ended.', {
      advice:
        'Run the job again. If it happens again, look whether the machine is short of memory, and report it with the log of the process.',
      retryable: true,
      cause,
    })
  }
}

/** The point does not have the disk. */
export class DiskNotFoundError extends XenkeepError {
  readonly code = 'DISK_NOT_FOUND'
  constructor(pointId: string, diskId: string) {
    super(`The recovery point ${pointId} has no disk "${diskId}".`, {
      advice: 'List the disks of the point and choose one of them.',
    })
  }
}

/** The point does not have the stream. */
export class StreamNotFoundError extends XenkeepError {
  readonly code = 'STREAM_NOT_FOUND'
  constructor(pointId: string, streamId: string) {
    super(`The recovery point ${pointId} has no stream "${streamId}".`, {
      advice: 'List the streams of the point and choose one of them.',
    })
  }
}

/** The repository has to be made ready for something that older versions do not understand, and whoever works here may not do that. */
export class FeatureNotEnabledError extends XenkeepError {
  readonly code = 'FEATURE_NOT_ENABLED'
  constructor(address: string, feature: string, cause?: unknown) {
    super(
      `The repository at ${address} is not open for "${feature}" yet, and this session may not open it.`,
      {
        advice: `Run "xenkeep repo enable ${feature}" once, with the rights of the owner of the repository. From then on older versions of XenKeep refuse it, so update all gateways first.`,
        cause,
      },
    )
  }
}

/** The base cannot serve this disk: other chunk size, or the disk shrank. */
export class BaseMismatchError extends XenkeepError {
  readonly code = 'BASE_MISMATCH'
  constructor(diskId: string, because: string) {
    super(`The earlier recovery point cannot be the base of disk "${diskId}": ${because}.`, {
      advice: 'Read the disk in full.',
    })
  }
}

/** A caller wrote outside of the disk, out of step with the chunks, or after the end. */
export class InvalidWriteError extends XenkeepError {
  readonly code = 'INVALID_WRITE'
  constructor(what: string) {
    super(`A disk cannot be written like this: ${what}.`, {
      advice: 'This is a mistake in XenKeep; report it with the log of the process.',
    })
  }
}

/** The commit record would be larger than the format allows. */
export class CommitTooLargeError extends XenkeepError {
  readonly code = 'COMMIT_TOO_LARGE'
  constructor(size: number) {
    super(`The record of the recovery point would be ${size} bytes, more than 1 MiB.`, {
      advice: 'Report it with the number of disks and the size of the VM; nothing was committed.',
    })
  }
}
