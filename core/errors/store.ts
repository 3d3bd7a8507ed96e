import { XenkeepError } from './base.ts'

/** The object is not there. */
export class ObjectNotFoundError extends XenkeepError {
  readonly code = 'OBJECT_NOT_FOUND'
  constructor(key: string, cause?: unknown) {
    super(`The object store has no object "${key}".`, {
      advice: 'Check that the repository address is right and that nothing was deleted from it.',
      cause,
    })
  }
}

/** Someone created the object before us. Objects are created once and never overwritten. */
export class ObjectExistsError extends XenkeepError {
  readonly code = 'OBJECT_EXISTS'
  constructor(key: string, cause?: unknown) {
    super(`The object "${key}" exists already and is never overwritten.`, {
      advice: 'Nothing needs to be done when the same step ran before; otherwise report it.',
      cause,
    })
  }
}

/** No room left where the object should go. */
export class StoreFullError extends XenkeepError {
  readonly code = 'STORE_FULL'
  constructor(where: string, cause?: unknown) {
    super(`There is no space left in ${where}.`, {
      advice:
        'Free some space or move the repository, then run the backup again; finished recovery points are intact.',
      cause,
    })
  }
}

/** The store refuses us. */
export class StoreDeniedError extends XenkeepError {
  readonly code = 'STORE_DENIED'
  constructor(what: string, cause?: unknown) {
    super(`The object store refused to ${what}: permission denied.`, {
      advice: 'Check the credentials and the rights of this identity on the repository.',
      cause,
    })
  }
}

/** The store cannot be reached or asks us to slow down. */
export class StoreUnavailableError extends XenkeepError {
  readonly code = 'STORE_UNAVAILABLE'
  constructor(what: string, cause?: unknown) {
    super(`The object store did not ${what}.`, {
      advice: 'The step is tried again by itself; if this lasts, check the network and the store.',
      retryable: true,
      cause,
    })
  }
}

/** The key cannot name an object in any store, or not in this one beside what is there. */
export class ObjectKeyError extends XenkeepError {
  readonly code = 'OBJECT_KEY_INVALID'
  constructor(key: string, why: string) {
    super(`"${key}" cannot name an object: ${why}.`, {
      advice: 'This is a mistake in the program or a tampered repository: report it.',
    })
  }
}

/** The place can hold files or objects, but cannot keep what `ObjectStore` promises. */
export class StoreUnsuitableError extends XenkeepError {
  readonly code = 'STORE_UNSUITABLE'
  constructor(where: string, why: string, cause?: unknown) {
    super(`${where} cannot hold a repository: ${why}.`, {
      advice:
        'Choose another place: a local Linux file system, NFS, or an S3 that honours If-None-Match also in versioned buckets.',
      cause,
    })
  }
}

/** The bucket is not there. */
export class StoreMissingError extends XenkeepError {
  readonly code = 'STORE_MISSING'
  constructor(where: string, cause?: unknown) {
    super(`There is no ${where}.`, {
      advice: 'Check the name of the bucket, its region and the endpoint.',
      cause,
    })
  }
}

/** TLS did not prove that the store is who it should be. */
export class StoreUntrustedError extends XenkeepError {
  readonly code = 'STORE_UNTRUSTED'
  constructor(where: string, cause?: unknown) {
    super(`The certificate of ${where} was not accepted; nothing was sent.`, {
      advice:
        'Check the endpoint, or make the authority that signed its certificate known (NODE_EXTRA_CA_CERTS).',
      cause,
    })
  }
}

/** The address names no store that we can open. */
export class StoreAddressError extends XenkeepError {
  readonly code = 'STORE_ADDRESS_INVALID'
  constructor(why: string) {
    super(`This is no address of a repository: ${why}.`, {
      advice: 'Give a directory as file:/srv/backups, or a bucket as s3://bucket/prefix.',
    })
  }
}

const day = (time: number): string => new Date(time).toISOString()

/** A lock was asked for, and the store cannot keep one. */
export class LockUnsupportedError extends XenkeepError {
  readonly code = 'LOCK_UNSUPPORTED'
  /** @param where address of the store */
  constructor(where: string, why: string, cause?: unknown) {
    super(`The store ${where} cannot lock objects: ${why}.`, {
      advice:
        'Use a bucket with versioning and Object Lock, or a policy without a lock; nothing was locked.',
      cause,
    })
  }
}

/** The store took a lock, and does not show it. */
export class LockNotKeptError extends XenkeepError {
  readonly code = 'LOCK_NOT_KEPT'
  constructor(
    key: string,
    wanted: { mode: string; until: number },
    found: { mode: string; until: number } | undefined,
  ) {
    const has = found ? `${found.mode} until ${day(found.until)}` : 'no lock'
    super(
      `The store accepted a lock on "${key}" (${wanted.mode} until ${day(wanted.until)}) but did not keep it: it shows ${has}.`,
      {
        advice:
          'Do not rely on this store for locked recovery points: use one that implements Object Lock, or check who changes locks there.',
      },
    )
  }
}

/** A governance lock is not raised to compliance without the right to bypass it, which nobody of ours has. */
export class LockModeFixedError extends XenkeepError {
  readonly code = 'LOCK_MODE_FIXED'
  /** @param what is locked in governance mode: `The object "packs/a"`, `Every new object of s3://b` */
  constructor(what: string, cause?: unknown) {
    super(`${what} is locked in governance mode, which cannot be raised to compliance.`, {
      advice:
        'Keep the mode governance in this repository, or make a repository of its own for compliance in a bucket whose default retention is not governance.',
      cause,
    })
  }
}

/** A version is locked and cannot be removed yet. */
export class ObjectLockedError extends XenkeepError {
  readonly code = 'OBJECT_LOCKED'
  /** milliseconds since 1970; `undefined` where the store does not say */
  readonly until: number | undefined
  constructor(key: string, until: number | undefined, cause?: unknown) {
    super(
      `The object "${key}" is locked${until === undefined ? '' : ` until ${day(until)}`} and was not removed.`,
      { advice: 'Wait until the lock has ended; the next collection removes it then.', cause },
    )
    this.until = until
  }
}

/** Somebody wants to write to a store that was opened for reading only. */
export class StoreReadOnlyError extends XenkeepError {
  readonly code = 'STORE_READ_ONLY'
  constructor(where: string, why: string) {
    super(`${where} is opened for reading only: ${why}.`, {
      advice: 'Open the repository without this restriction to write to it.',
    })
  }
}

/** The state of an earlier time is asked for where older versions are not kept. */
export class StoreWithoutVersionsError extends XenkeepError {
  readonly code = 'STORE_WITHOUT_VERSIONS'
  constructor(where: string) {
    super(`${where} cannot be opened as of an earlier time: it keeps no older versions.`, {
      advice:
        'Open it as it is now, without --as-of. A bucket with versioning keeps what is overwritten or deleted from then on.',
    })
  }
}
