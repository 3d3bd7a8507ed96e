export interface ObjectStat {
  key: string
  /** bytes */
  size: number
  /** The store's own time stamp, milliseconds since 1970. */
  modified: number
}

/** `offset` and `length` in bytes, or the `last` bytes of the object (fewer when it is shorter). */
export type ByteRange = { offset: number; length: number } | { last: number }

/** What memory for a `get` has beyond the bytes asked for: a block of 4 KiB before them and one behind. */
export const READ_SLACK = 8192 // bytes

/**
 * Objects under one prefix (S3, or a directory). Create-only: an object has one writer, one moment of birth and no change.
 *
 * - Keys are `/`-separated segments of `[0-9A-Za-z._-]` (1 to 255 characters, not `.` or `..`), at most 512 characters,
 *   relative to the store's own prefix; anything else is `OBJECT_KEY_INVALID`. No key may be the folder of another (`a` beside
 *   `a/b`): stores that are file systems refuse it with the same code, S3 cannot.
 * - What `put` acknowledged survives a crash and a power cut, and is seen by every later call of anybody.
 * - A reader sees an object whole or not at all.
 * - Errors of every method: `STORE_UNAVAILABLE` (retryable), `STORE_DENIED`.
 */
export interface ObjectStore {
  /** For messages: `file:/srv/backups`, `s3://bucket/prefix`. Holds no secret. */
  readonly address: string

  /**
   * Creates an object from `parts`, one after the other; they may lie in memory that threads share, and are the caller's again
   * when the promise settles. S3: PutObject with `If-None-Match: *` and a SHA-256 checksum.
   * @param signal gives up what only waits for its turn, as for bandwidth: nothing was sent then. What is being sent goes on to its end.
   * @throws `OBJECT_EXISTS`, `STORE_FULL`; the signal's reason
   */
  put(key: string, parts: readonly Uint8Array[], signal?: AbortSignal): Promise<void>

  /**
   * @param range a part of the object; without it the whole. A range beyond the end yields what there is (maybe nothing).
   * @param memory where the store may put what it reads, and must leave alone when the promise has settled: at least the bytes asked
   *   for, and `READ_SLACK` more for stores that read in whole blocks
   * @returns a part of `memory`, or memory of its own; either way the caller's alone: it may be changed, and the latter moved to
   *   another thread or freed
   * @throws `OBJECT_NOT_FOUND`
   */
  get(key: string, range?: ByteRange, memory?: Uint8Array): Promise<Uint8Array>

  /** @returns `undefined` where there is no such object. */
  stat(key: string): Promise<ObjectStat | undefined>

  /** All objects whose key starts with `prefix`, in ascending order of the key (UTF-8 bytes), those up to and including `after` left out. */
  list(prefix: string, options?: { after?: string }): AsyncIterable<ObjectStat>
}

/**
 * Of S3 Object Lock. `governance`: who holds `s3:BypassGovernanceRetention` can still delete (we never ask for it);
 * `compliance`: nobody can, the owner of the account included, until the time has come.
 */
export type LockMode = 'governance' | 'compliance'

/** How one version of an object is locked. */
export interface Retention {
  mode: LockMode
  /** milliseconds since 1970, by the store's own clock; what lies in the past locks nothing any more */
  until: number
}

/** What the place behind a store says of itself; whether it keeps its word only `retention` shows. */
export interface LockSupport {
  /** Deleting without naming a version, and overwriting, leave the older versions there. */
  versioning: boolean
  /** Versions can be locked. */
  objectLock: boolean
  /** What the store gives each new version by itself, where somebody set that up. */
  defaultRetention?: { mode: LockMode; days: number }
  /** The store's own time now, by which it ends locks, in milliseconds since 1970; left out where it does not tell. */
  time?: number
}

/**
 * The rights of a gateway: objects, and locks that only ever grow. S3: s3:PutObjectRetention, s3:GetObjectRetention,
 * s3:GetBucketObjectLockConfiguration, s3:GetBucketVersioning beside those of `ObjectStore`; no delete, no bypass.
 */
export interface RetainingStore extends ObjectStore {
  lockSupport(): Promise<LockSupport>

  /**
   * Locks the newest version of an object at least until then and at least in that mode: a longer lock keeps its end, compliance
   * stays compliance. May be repeated, and called by several at once. That it returns is no proof: read it back with `retention`.
   * @param until milliseconds since 1970; stores round to whole seconds, never down
   * @throws `OBJECT_NOT_FOUND`; `LOCK_UNSUPPORTED` where the store cannot lock; `LOCK_MODE_FIXED` when compliance is asked for and a
   *   governance lock holds, which S3 raises only for those who may bypass it
   */
  retain(key: string, until: number, mode: LockMode): Promise<void>

  /**
   * Asks the store.
   * @param version one of `VersionedStore`; the newest unless told
   * @returns `undefined` where there never was a lock, also in a store that knows none
   * @throws `OBJECT_NOT_FOUND`
   */
  retention(key: string, version?: string): Promise<Retention | undefined>
}

/** One version of an object, or the mark that a deletion without version left. */
export interface ObjectVersion extends ObjectStat {
  /** The store's own name for it; means nothing elsewhere. */
  version: string
  /** Whether this is what `get` and `list` see of the key; a marker that is the latest hides the object. */
  latest: boolean
  /** A delete marker: has no bytes (`size` is 0) and no lock. */
  deleteMarker: boolean
}

/** Reading what was deleted or overwritten. S3: s3:ListBucketVersions, s3:GetObjectVersion. */
export interface VersionedStore {
  readonly address: string

  /**
   * All versions of all objects whose key starts with `prefix`: ascending by key, the versions of one key from the newest to the oldest
   * (S3 does not tell the order of a version and a delete marker of the same second). Keys up to and including `after` are left out.
   * Stores without versions show one per object. `modified` is the store's own time stamp, on S3 in whole seconds.
   */
  versions(prefix: string, options?: { after?: string }): AsyncIterable<ObjectVersion>

  /** As `get`. @throws `OBJECT_NOT_FOUND` where there is no such version, or where it is a delete marker */
  getVersion(key: string, version: string, range?: ByteRange): Promise<Uint8Array>
}

/**
 * The rights of the maintenance role, the only one that deletes. S3: s3:DeleteObjectVersion beside those above; without
 * s3:BypassGovernanceRetention and without s3:DeleteObject.
 */
export interface MaintenanceStore extends RetainingStore, VersionedStore {
  /**
   * Removes one version, or one delete marker, for ever. One that is gone already is no error.
   * Never bypasses a lock, whatever the rights of the caller.
   * @throws `OBJECT_LOCKED` while it is locked by the store's own clock; nothing was removed then
   */
  remove(key: string, version: string): Promise<void>

  /**
   * Puts bytes above whatever has the name, which stays as an older version: for repair alone. S3: PutObject without a condition; to be called
   * only where `lockSupport` shows versioning.
   * @throws `STORE_UNSUITABLE` where a name has one version
   */
  supersede(key: string, bytes: Uint8Array): Promise<void>
}
