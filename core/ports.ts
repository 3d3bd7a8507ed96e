/**
 * Every interface the product asks of the world. Adapters implement them (`adapters/`), wrappers add to them
 * (`adapters/wrap/`), one contract suite per port runs on every adapter (`test/contract/`).
 */

import type { Destination } from './contracts/channels.ts'
import type { Role } from './contracts/routes/route.ts'
import type { Document } from './notifications/text/document.ts'
import type { RegionSetup, RegionView } from './region/region.ts'

/** Time. Nobody else asks for it. */
export interface Clock {
  /** @returns milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
}

/** Randomness for ids and salts; tests seed it. */
export interface Random {
  /** @returns `size` unpredictable bytes. */
  bytes(size: number): Uint8Array
}

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

/** What a ciphertext is bound to: it opens with the same pairs only. In clear in the service's log (CloudTrail): no secrets. */
export type KeyContext = Readonly<Record<string, string>>

/**
 * Keys that never leave a key management service. AWS KMS: kms:Encrypt to make slots, kms:Decrypt to open.
 *
 * - Errors of every method: `KMS_DENIED`, `KMS_KEY_NOT_FOUND`, `KMS_KEY_DISABLED`, `KMS_KEY_PENDING_DELETION`, `KMS_KEY_UNSUITABLE`,
 *   `KMS_UNTRUSTED`; `KMS_THROTTLED`, `KMS_UNAVAILABLE` (both retryable).
 * - No key of a call is chosen by what a ciphertext says of itself.
 */
export interface KeyService {
  /**
   * @param key its full name (AWS: ARN), or another that the service knows (AWS: id, alias)
   * @param plaintext at most 4,096 bytes
   * @returns the ciphertext, and the full name of the key that made it
   */
  encrypt(
    key: string,
    plaintext: Uint8Array,
    context: KeyContext,
  ): Promise<{ key: string; ciphertext: Uint8Array }>

  /**
   * @param key as for `encrypt`; decides, not the ciphertext
   * @throws `KMS_CIPHERTEXT_REFUSED`
   */
  decrypt(key: string, ciphertext: Uint8Array, context: KeyContext): Promise<Uint8Array>
}

/** Where an item stands in the catalog: partition and sort key, as in DynamoDB. */
export interface CatalogKey {
  pk: string
  sk: string
}

export interface CatalogItem<T = unknown> extends CatalogKey {
  /** Grows by one with every write of this item, from 1. */
  version: number
  /** JSON data. Numbers are exact up to 2^53. At most 390 KB as JSON (DynamoDB's limit is 400 KB an item). */
  value: T
}

/** What must hold for a write to happen: nothing there yet, just this version there, or no condition. */
export type Expectation = 'absent' | 'any' | { version: number }

export type CatalogWrite =
  | { kind: 'put'; key: CatalogKey; value: unknown; expect: Expectation }
  | { kind: 'delete'; key: CatalogKey; expect: Expectation }

/**
 * Runs, jobs, points, gateways: a view that can be rebuilt from the repository. One table, optimistic writes.
 *
 * - Reads see every write acknowledged before (strongly consistent).
 * - Errors of every method: `CATALOG_UNAVAILABLE` (retryable).
 */
export interface Catalog {
  get<T>(key: CatalogKey): Promise<CatalogItem<T> | undefined>

  /**
   * Writes all or nothing, at most 100 items with distinct keys (DynamoDB TransactWriteItems).
   * Together at most 3.9 MB of JSON (DynamoDB: 4 MB).
   * @throws `CATALOG_CONFLICT` when an expectation does not hold; nothing was written then
   * @throws `CATALOG_INVALID` beyond the limits above, also by `get` and `query`
   */
  write(writes: readonly CatalogWrite[]): Promise<void>

  /**
   * Items of one partition whose sort key starts with `prefix`, ascending by sort key (or descending), a page at a time.
   * @param limit 1 to 1,000 items; 100 unless told
   * @param after the `next` of the page before
   */
  query<T>(
    pk: string,
    options?: { prefix?: string; limit?: number; after?: string; descending?: boolean },
  ): Promise<{ items: CatalogItem<T>[]; next?: string }>
}

/** Names of the state machines in `infra/workflows/`. */
export type StateMachineName = RunMachineName | 'BackupVm' | 'OneJob'

/** Of those, the ones that execute a whole run. */
export type RunMachineName = 'PolicyRun' | 'RestoreRun' | 'ReplicationRun' | 'Maintenance'

/**
 * Step Functions, as far as we need it.
 * Errors of every method: `WORKFLOW_UNAVAILABLE` (retryable).
 */
export interface Workflow {
  /**
   * Starts an execution, or finds that the one of this name runs; the input of a name is always the same. StartExecution answers with
   * success while an execution of this name and input runs, with ExecutionAlreadyExists for 90 days after it has ended.
   * @returns `ended` where an execution of this name has been, and nothing was started
   */
  start(
    machine: StateMachineName,
    executionName: string,
    input: unknown,
  ): Promise<'running' | 'ended'>
  /** Ends an execution from outside; one that has ended already is left alone. */
  stop(machine: StateMachineName, executionName: string, reason: string): Promise<void>
  /** @returns false where nobody waits on this token any more (timed out, ended, or never existed) */
  succeedTask(token: string, output: unknown): Promise<boolean>
  failTask(token: string, error: string, cause: string): Promise<boolean>
  heartbeatTask(token: string): Promise<boolean>
}

/** One item of a Map state. */
export interface MapItem {
  jobId: string
}

/**
 * Lists that the Map states of the machines go through.
 * @throws `STORE_UNAVAILABLE` (retryable)
 */
export interface ItemLists {
  /**
   * Keeps a list where the Map state finds it. May be called again with the same name: the last list counts.
   * @param name of an execution, so no two lists of different runs meet
   * @returns what the machine is told: the items themselves where the Map is inline, or the object in the bucket of the lists
   */
  keep(
    name: string,
    items: readonly MapItem[],
  ): Promise<{ items: readonly MapItem[] } | { list: { key: string } }>
}

/** When the scheduler of the cloud runs a policy. */
export interface CloudSchedule {
  /** Five fields (core/policies/cron.ts). */
  cron: string
  /** IANA name */
  timeZone: string
  /** Not before then, in ms since 1970. */
  from?: number
}

/**
 * A scheduler that runs policies at their times, beside whatever looks after them now and then; where there is none, that is all. AWS: EventBridge Scheduler.
 * Errors of every method: `SCHEDULES_UNAVAILABLE` (retryable).
 */
export interface Schedules {
  /** Makes the schedule of a policy, or replaces it. May be repeated. */
  put(policyId: string, schedule: CloudSchedule): Promise<void>
  /** One that is gone already is no error. */
  remove(policyId: string): Promise<void>
}

/** Someone who works at the console or the command line. */
export interface Person {
  /** For records: who did it. */
  name: string
  role: Role
  /** An outside system that calls with a token of ours; a person who has signed in unless told. */
  source?: 'token'
  /** Of a token: who made it. */
  createdBy?: string
}

/** Where the records of what was done are copied to, each copy locked for as long as they have to be kept. */
export interface AuditCopy {
  /** The chain that this control plane writes: one for each region, since two regions cannot agree on one last record. */
  readonly chain: string
  /** Opened at the first use: few need it. */
  readonly open: () => Promise<RetainingStore>
  /** How copies are locked; left out where the store cannot lock (a directory). */
  readonly lock?: { mode: LockMode; days: number }
}

/** Who is calling, where the caller is a person. */
export interface Authenticator {
  /**
   * @param call the `Authorization` header as it came, and what the authorizer of the API gateway has found out already
   * @throws `TOKEN_INVALID`, `TOKEN_EXPIRED`, `ROLE_MISSING`
   */
  person(call: {
    authorization?: string | undefined
    authorized?: Readonly<Record<string, unknown>> | undefined
  }): Promise<Person>
}

/** Which of the control planes over one replicated catalog is active (docs/second-region.md). Where there is but one, it asks nobody. */
export interface Region {
  readonly setup: RegionSetup
  /** At most five seconds old. */
  view(): Promise<RegionView>
  /** @throws `REGION_STANDBY` */
  guardActive(): Promise<void>
  /**
   * @param told the epoch that a gateway signed its call for
   * @throws `REGION_EPOCH_CHANGED` where it is lower than ours, `REGION_STANDBY` where it is higher: then somebody has taken over, and we have not heard
   */
  guardEpoch(told: number): Promise<void>
  /**
   * Makes this region the active one, under the next epoch. Where it is already, nothing changes.
   * @throws `REGION_ALONE`
   */
  takeOver(by: { by: string; why?: string }): Promise<RegionView>
}

/** What a sender is handed of one event; each form shows as much of the document as it can. */
export interface OutgoingMessage {
  /** The same in each try, so that a receiver can tell a repetition. */
  eventId: string
  /** When it happened, in ms since 1970. */
  at: number
  kind: string
  document: Document
  /** Ids and names, as the event has them: for programs. */
  facts: Readonly<Record<string, unknown>>
}

/** Brings messages to their receivers. */
export interface Deliver {
  /**
   * Returns when the receiver has taken the message; it may get it twice when that was not heard. Ends within a minute.
   * @param to not one of those that gateways serve
   * @throws `DELIVERY_REFUSED` when the receiver does not want it and never will; `DELIVERY_FAILED`, `CHANNEL_SECRET_MISSING`, and whatever else
   *   when it may get through later
   */
  send(to: Destination, message: OutgoingMessage): Promise<void>
}

/** Secrets by name, for whoever sends. */
export interface Secrets {
  /** @throws `CHANNEL_SECRET_MISSING` */
  read(name: string): Promise<string>
}
