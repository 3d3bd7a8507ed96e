import { z } from 'zod'
import { BootCheckResult } from './boot-check.ts'
import { Bytes, Instant, NameLabel, RepositoryId, Ulid, XenUuid } from './ids.ts'
import { Method, PointGroup } from './methods.ts'

/** What was really achieved, weakest last. Recorded, never assumed. */
export const Consistency = z.enum(['offline', 'memory', 'application', 'file-system', 'crash'])
export type Consistency = z.infer<typeof Consistency>

/** How a point was asked for and what stood in the way. Left out by those who made points before methods could be chosen. */
export const MethodFacts = z.strictObject({
  /** The method asked for; what was achieved is the point's consistency. */
  method: Method.optional(),
  /** One sentence: why the consistency is weaker than the method promises. */
  weakerBecause: z.string().max(500).optional(),
  group: PointGroup.optional(),
})
export type MethodFacts = z.infer<typeof MethodFacts>

/**
 * How a disk was read, best first: changed blocks over NBD, allocated blocks over NBD, every block over NBD, a VHD stream, the stream of
 * the whole VM.
 */
export const Rung = z.enum(['cbt-nbd', 'map-nbd', 'nbd', 'vhd', 'xva'])
export type Rung = z.infer<typeof Rung>

/** One disk of a recovery point and how it came about. */
export const PointDisk = z.strictObject({
  /** The live VDI. */
  vdiUuid: XenUuid,
  name: NameLabel,
  /** XAPI VBD.userdevice, "0" to "254"; of a memory image "memory". */
  userdevice: z.string().max(10),
  size: Bytes,
  rung: Rung,
  /** Whether only changed blocks were read. The point is a complete one either way. */
  incremental: z.boolean(),
  /** Why this rung and not the one above, why a full read; one plain sentence each. Empty when all went the best way. */
  reasons: z.array(z.string().max(500)).max(20),
  bytesRead: Bytes,
  /** Digest over the disk's content, to compare a restore with. */
  rootHash: z.string().max(200),
})
export type PointDisk = z.infer<typeof PointDisk>

/** A disk that is not in the point, and why. */
export const SkippedDisk = z.strictObject({
  vdiUuid: XenUuid.optional(),
  userdevice: z.string().max(10),
  reason: z.string().max(500),
})
export type SkippedDisk = z.infer<typeof SkippedDisk>

/** Of Object Lock: in `governance` mode whoever has a right of its own may still delete, in `compliance` mode nobody. */
export const LockMode = z.enum(['governance', 'compliance'])

/** What a policy asks for: every object of a point is locked at least for so many days from its commit on. */
export const LockPolicy = z.strictObject({ mode: LockMode, days: z.int().min(1).max(36_500) })
export type LockPolicy = z.infer<typeof LockPolicy>

/** How a point is locked, as the store showed it when it was `asked`: no better than the weakest object that it needs. */
export const PointLock = z.strictObject({ mode: LockMode, until: Instant, asked: Instant })

/** What a recovery point is one of. `component`: of a guest, saved by a recipe. `site`: what belongs together of a XenDesktop site. */
export const PointKind = z.enum(['vm', 'template', 'pool-metadata', 'host', 'component', 'site'])
export type PointKind = z.infer<typeof PointKind>

/** A stream of a point that is no disk: a pool's database, a host's archive, a dump of a component, the parts of a tree of files. */
export const PointContent = z.strictObject({
  /** As `xenkeep repo export --disk` takes it. */
  name: z.string().max(512),
  size: Bytes,
  rootHash: z.string().max(200),
})

/** That a point was made as a member of a site, by which run: the site point of that run names it. */
export const SiteMark = z.strictObject({ siteId: Ulid, runId: Ulid })
export type SiteMark = z.infer<typeof SiteMark>

/** Of a site point: what belongs together, made by one run. */
export const SitePointBrief = SiteMark.extend({
  /** `partial`: some member is missing, and the reasons say why. */
  state: z.enum(['complete', 'partial']),
  /** Points that it names. */
  members: z.int().nonnegative(),
  /** Why it is partial, one sentence each; of many the first. */
  reasons: z.array(z.string().max(500)).max(20),
  /** From the oldest to the newest member, ms: by so much their states may be apart. */
  skewMs: z.int().nonnegative(),
  /** Runs beside its own whose members it names: those of which its run did again what failed. */
  alsoRuns: z.array(Ulid).max(50).optional(),
})
export type SitePointBrief = z.infer<typeof SitePointBrief>

/**
 * That a recovery point differs from those of its VM before it much more than is usual for the VM. No proof of anything: updates, moves of data and defragmentation do
 * that, too.
 */
export const UnusualChange = z.strictObject({
  /** Much more was read than usual; much more was new to the repository; what was new can be compressed much less. */
  signs: z
    .array(z.enum(['more-changed', 'more-new', 'less-compressible']))
    .min(1)
    .max(3),
  /** Signs that encryption leaves, too: more data, and none of it compressible. */
  suspicious: z.boolean(),
  /** The figures, and what they may mean, in careful words. */
  text: z.string().max(1_000),
  /** Somebody said that they know why; left out where nobody did. */
  acknowledged: z
    .strictObject({ at: Instant, by: z.string().max(500), because: z.string().max(500) })
    .optional(),
})
export type UnusualChange = z.infer<typeof UnusualChange>

/** A recovery point as lists show it. The whole truth is its commit record in the repository. */
export const PointSummary = z.strictObject({
  /** The ULID of the job that made it: one job makes one point. */
  pointId: Ulid,
  repositoryId: RepositoryId,
  /** Left out: a VM. */
  kind: PointKind.optional(),
  /** The VM; or the template, the pool, the host, the component. */
  vmUuid: XenUuid,
  vmName: NameLabel,
  /** Its pool; of a component the UUID of its guest. */
  poolUuid: XenUuid,
  /** When the snapshot was taken. */
  taken: Instant,
  /** When the commit record was written. */
  committed: Instant,
  /** The policy whose retention it is under; left out where a person asked for it. */
  policyId: Ulid.optional(),
  /** Of a member of a site. */
  siteMember: SiteMark.optional(),
  /** Of a site point. */
  site: SitePointBrief.optional(),
  consistency: Consistency,
  ...MethodFacts.shape,
  disks: z.array(PointDisk).max(255),
  skipped: z.array(SkippedDisk).max(255),
  /** Of a pool's metadata, a host or a component: what is kept in place of disks. */
  contents: z.array(PointContent).max(200).optional(),
  /** What is in it, one short sentence each, where disks do not tell. */
  facts: z.array(z.string().max(500)).max(20).optional(),
  /** All bytes read from XenServer. */
  bytesRead: Bytes,
  /** Bytes in chunks that the repository did not know before. */
  bytesNew: Bytes,
  /** What the object store grew by, after compression and encryption. */
  bytesStored: Bytes,
  /** `null`: the store showed no lock. Left out where it was not asked, or did not answer. */
  lock: PointLock.nullable().optional(),
  /** Since when it is not in the repository any more although nobody deleted it in good order: somebody hid or removed it. */
  vanished: Instant.optional(),
  /** The last verification found damage in what it needs. */
  damaged: z.literal(true).optional(),
  /** As it was judged when it came into the catalog; left out where nothing is to be said, as of the first points of a VM. */
  unusual: UnusualChange.optional(),
  /** What the newest boot check of it found; left out where there was none. */
  bootCheck: BootCheckResult.optional(),
})
export type PointSummary = z.infer<typeof PointSummary>
