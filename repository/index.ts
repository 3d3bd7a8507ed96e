/** The public face of the repository engine; docs/repository-format.md. */

export { checkListing, type ListingReport } from './check/listing.ts'
export type { ReplicaReport, ReplicaRequest, ReplicatedPoint } from './check/replica.ts'
export type {
  AffectedExtent,
  CheckLevel,
  CheckProgress,
  CheckReport,
  CheckRequest,
  Finding,
} from './check/report.ts'
export type { VerificationSummary } from './check/verification.ts'
export { type CreateRequest, createRepository } from './create.ts'
export type { RecoveryKit } from './crypto/recovery-kit.ts'
export type { Unlock } from './crypto/slots.ts'
export { FEATURES, type Feature } from './format/bootstrap.ts'
export { copyInto } from './format/bytes.ts'
export type { PackRef } from './format/pack-table.ts'
export type { CollectRequest, CollectTuning } from './gc/collect.ts'
export type { CollectReport } from './gc/report.ts'
export type { HealReport, HealRequest } from './heal/heal.ts'
export type { DataByEpoch } from './keys/data-by-epoch.ts'
export { type Keyring, openKeyring } from './keys/keyring.ts'
export type { NewSlot } from './keys/new-slot.ts'
export { type Shredded, shredRepository } from './keys/shred.ts'
export { type SlotView, viewKeys } from './keys/slots.ts'
export type { LockPolicy } from './lock/generation.ts'
export type { PointLock } from './lock/locked-until.ts'
export { openRepository } from './open.ts'
export type { OpenRequest } from './open-request.ts'
export type { Point, PointDisk, PointRef, PointStream } from './point.ts'
export type { PointStatistics } from './point-statistics.ts'
export type { KeptProof } from './read/proofs.ts'
export type { UnfinishedJob } from './read/unfinished-jobs.ts'
export type {
  DiskChanges,
  DiskComparison,
  DiskExtent,
  Extent,
  Occupancy,
  OpenDisk,
  OpenStream,
  ReadStreamOptions,
  Repository,
  RootHasher,
} from './repository.ts'
export type {
  DiskRequest,
  DiskWriter,
  PointRequest,
  PointWriter,
  StreamRequest,
  StreamWriter,
} from './write/api.ts'
export type { Stretch } from './write/stretch.ts'
