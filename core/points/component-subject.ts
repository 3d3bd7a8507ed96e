import { z } from 'zod'
import { StepResult } from '../contracts/guest-jobs.ts'
import { Bytes, Instant, NameLabel, Ulid, XenUuid } from '../contracts/ids.ts'
import { Consistency, SiteMark } from '../contracts/points.ts'

const Strings = z.record(z.string(), z.string())

/** What a commit record says of any point that is no VM's: where and when it was made, and what an administrator should know. */
const common = {
  version: z.literal(1),
  /** `version`: product and version of the coordinator. */
  pool: z.object({ uuid: XenUuid, name: NameLabel, version: z.string().max(200) }),
  /** When reading began. */
  taken: Instant,
  bytesRead: Bytes,
  /** The policy that asked for the point, and the site that it is a member of. */
  policyId: Ulid.optional(),
  site: SiteMark.optional(),
  notes: z.array(z.string().max(500)).max(50),
}

/** How many of what a pool's database holds. */
export const DatabaseFacts = z.object({
  /** `major.minor`: a restore takes a dump of its own schema only. */
  schema: z.string().max(50),
  /** Grows with every change of the database; decimal. */
  generation: z.string().max(50),
  /** VMs that are none of the others. */
  vms: z.int().nonnegative(),
  /** Custom ones. */
  templates: z.int().nonnegative(),
  snapshots: z.int().nonnegative(),
  hosts: z.int().nonnegative(),
  srs: z.int().nonnegative(),
  networks: z.int().nonnegative(),
})
export type DatabaseFacts = z.infer<typeof DatabaseFacts>

/**
 * A pool's database, in the stream {@link POOL_DATABASE}, and the records of all its VMs as one XVA without disks, in the stream
 * {@link VM_RECORDS} unless the pool refused it. The point's `vmUuid` is the pool's UUID.
 */
export const PoolMetadataSubject = z.object({
  format: z.literal('pool-metadata'),
  ...common,
  database: DatabaseFacts,
})
export type PoolMetadataSubject = z.infer<typeof PoolMetadataSubject>

/** Names of streams: what the repository calls a disk of the point. */
export const POOL_DATABASE = 'pool-database.xml'
export const VM_RECORDS = 'vms.xva'
export const HOST_ARCHIVE = 'host-backup.tar'

/** What rebuilding a host asks of a person: PIFs, PBDs and the host's own record. Holds no secrets: what was left out is named. */
export const HostFacts = z.object({
  uuid: XenUuid,
  name: NameLabel,
  hostname: z.string(),
  address: z.string(),
  /** host.software_version. */
  softwareVersion: Strings,
  /** Of the licence: `free`, `standard-per-socket` … */
  edition: z.string(),
  iscsiIqn: z.string(),
  multipathing: z.boolean(),
  certificates: z.array(
    z.object({ type: z.string(), fingerprint: z.string(), notAfter: Instant.optional() }),
  ),
  interfaces: z.array(
    z.object({
      device: z.string(),
      network: NameLabel,
      bridge: z.string(),
      mac: z.string(),
      /** -1 where it is untagged. */
      vlan: z.int(),
      /** Devices of the interfaces that it bonds. */
      bonds: z.array(z.string()).optional(),
      management: z.boolean(),
      /** `Static`, `DHCP`, `None`. */
      mode: z.string(),
      ip: z.string(),
      netmask: z.string(),
      gateway: z.string(),
      dns: z.string(),
    }),
  ),
  storage: z.array(
    z.object({
      srUuid: XenUuid,
      name: NameLabel,
      type: z.string(),
      shared: z.boolean(),
      attached: z.boolean(),
      /** PBD.device_config without secrets. */
      deviceConfig: Strings,
      /** Keys of `device_config` whose values are left out because they are, or hold, a secret. */
      withheld: z.array(z.string()),
    }),
  ),
})
export type HostFacts = z.infer<typeof HostFacts>

/** A host, with the archive of its control domain in the stream {@link HOST_ARCHIVE}. The point's `vmUuid` is the host's UUID. */
export const HostSubject = z.object({
  format: z.literal('host'),
  ...common,
  host: HostFacts,
  /** Entries of the archive that are files. */
  files: z.int().nonnegative(),
})
export type HostSubject = z.infer<typeof HostSubject>

/** A result of a step: of this version, and of any to come. */
const SubjectStep = z.object({
  ...StepResult.shape,
  phase: z.string().max(50),
  result: z.string().max(50),
})

/** A value that a recipe's step found out, or that a parameter had. */
const Values = z.record(z.string(), z.union([z.string(), z.array(z.string())]))

/**
 * A component of a guest, saved by a recipe. The point's `vmUuid` is the UUID of version 5 (RFC 9562) made from the guest's UUID as namespace and `recipe`, or
 * `recipe:instance`, as name.
 */
export const GuestComponentSubject = z.object({
  format: z.literal('component'),
  version: z.literal(1),
  name: NameLabel,
  /** `sha256`: of the canonical JSON of the recipe (RFC 8785), in hex. */
  recipe: z.object({
    name: z.string(),
    version: z.int(),
    title: z.string(),
    sha256: z.string(),
    /** Which of several on one guest. */
    instance: z.string().optional(),
  }),
  /** `os`: what its system calls itself. `vmUuid`: its VM, where that is known. */
  guest: z.object({
    uuid: XenUuid,
    name: NameLabel,
    os: z.string().max(200),
    vmUuid: XenUuid.optional(),
  }),
  /** When capturing began. */
  taken: Instant,
  /** The policy that asked for the point, and the site that it is a member of. */
  policyId: Ulid.optional(),
  site: SiteMark.optional(),
  /** Effective ones, defaults included; secrets are none. */
  parameters: Values,
  /** By the names that the recipe gives them. */
  facts: Values,
  steps: z.array(SubjectStep),
  /** Trees of files. The tree NAME is the streams `NAME/content` and `NAME/entries`. */
  trees: z.array(
    z.object({
      name: z.string(),
      /** Where it was read. */
      root: z.string(),
      files: z.int().nonnegative(),
      directories: z.int().nonnegative(),
      bytes: Bytes,
      /** Of the files: taken over unread from the point before. */
      unchanged: z.int().nonnegative(),
      /** Files that changed while they were read, and that could not be read. */
      changing: z.int().nonnegative(),
      unreadable: z.int().nonnegative(),
    }),
  ),
  /** Streams and files that are no part of a tree. */
  streams: z.array(z.object({ name: z.string(), size: Bytes, step: z.string() })),
  consistency: Consistency,
  /** Of the recipe: `transcript` was never run by its makers on the real thing. */
  evidence: z.string().max(50),
  bytesRead: Bytes,
  notes: z.array(z.string().max(500)).max(50),
})
export type GuestComponentSubject = z.infer<typeof GuestComponentSubject>

export const ComponentSubject = z.discriminatedUnion('format', [
  PoolMetadataSubject,
  HostSubject,
  GuestComponentSubject,
])
export type ComponentSubject = z.infer<typeof ComponentSubject>
