import { z } from 'zod'
import { BandwidthPlan } from './bandwidth.ts'
import { ScriptName } from './boot-check.ts'
import { GuestSettings } from './guest-settings.ts'
import { NameLabel } from './ids.ts'
import { RegionName } from './region-api.ts'
import { connection, Fingerprint, isReachedOneWay, ONE_WAY, Path } from './settings-parts.ts'

/** Who has to agree to restores: `none` but for those that write over a VM, or of each one another person than asked for it. */
export const RestoreApproval = z.enum(['none', 'other-person'])
export type RestoreApproval = z.infer<typeof RestoreApproval>

/** How old the key of a gateway gets before it makes a new one by itself, in days. */
export const GatewayKeyDays = z.int().min(1).max(3_650).default(90)

export const ControlSettings = z.strictObject({
  host: z.string().min(1).max(255).default('127.0.0.1'),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(8720),
  restoreApproval: RestoreApproval.default('none'),
  /** How often gateways call while nothing runs. Seconds, as the others. */
  idlePollSeconds: z.number().min(0.05).max(60).default(2),
  /** While a run is open. */
  activePollSeconds: z.number().min(0.05).max(60).default(1),
  /** How often a job tells its progress. */
  heartbeatSeconds: z.number().min(0.05).max(60).default(5),
  gatewayKeyDays: GatewayKeyDays,
  /** Of two control planes over one catalog; something else has to replicate it (docs/second-region.md). */
  region: z
    .strictObject({
      here: RegionName,
      /** Active as long as nobody ever took over. */
      first: RegionName,
      others: z.array(RegionName).min(1).max(5),
    })
    .optional(),
})
export type ControlSettings = z.infer<typeof ControlSettings>

/** One XenServer pool. The password stands in a file of its own (mode 0600), never here. */
export const PoolSettings = z.strictObject({
  /** `https://` and any member's address. */
  url: z.url({ protocol: /^https?$/ }),
  user: z.string().min(1).max(200),
  passwordFile: Path,
  /** SHA-256 of the certificate in hex, with or without colons; one for each host, since each has a certificate of its own. */
  fingerprint: z.union([Fingerprint, z.array(Fingerprint).min(1).max(64)]).optional(),
  /** PEM file with the certificate authority instead of a fingerprint. */
  caFile: Path.optional(),
  /** Reads disks in clear text where the pool offers NBD only so (network purpose `insecure_nbd`). */
  insecureNbd: z.boolean().default(false),
})
export type PoolSettings = z.infer<typeof PoolSettings>

/**
 * Streams of disks, read or written, that a gateway has under way at once. The defaults lean on each other:
 *
 * - `atOnce` 16: on a slow line each stream carries a part of it, and 16 fill one; each takes up to 8 MiB of memory while it reads.
 * - `perSr` 8: what one storage repository can serve beside its VMs.
 * - `connectionsPerHost` 12: a host takes 16 NBD connections of everybody together (xapi-nbd) and drops the next; four are left for others.
 */
export const StreamSettings = z.strictObject({
  atOnce: z.int().min(1).max(256).default(16),
  perSr: z.int().min(1).max(256).default(8),
  connectionsPerHost: z.int().min(1).max(16).default(12),
})
export type StreamSettings = z.infer<typeof StreamSettings>

/** A program in a guest that brings it to rest when asked (docs/quiesce-hook.md). The secret stands in a file of its own (mode 0600). */
export const QuiesceHookSettings = z
  .strictObject({
    /** UUID or exact name of the VM. */
    vm: z.string().min(1).max(1_000),
    url: z.url({ protocol: /^https$/ }),
    secretFile: Path,
    fingerprint: Fingerprint.optional(),
    caFile: Path.optional(),
  })
  .refine(hook => (hook.fingerprint === undefined) !== (hook.caFile === undefined), {
    message: 'needs a fingerprint or a caFile, and not both',
  })
export type QuiesceHookSettings = z.infer<typeof QuiesceHookSettings>

/** Agents in guests that call this gateway (docs/guest-agent-protocol.md). */
export const GuestAgentsSettings = z.strictObject({
  /** Where they call; it has to be reachable from the guests. */
  host: z.string().min(1).max(255).default('0.0.0.0'),
  port: z.int().min(0).max(65_535).default(8721),
  /** PEM; guests pin it or know its authority. */
  certificateFile: Path,
  /** PEM, mode 0600 */
  keyFile: Path,
  guests: z
    .array(
      z.strictObject({
        /** UUID or exact name of the VM. */
        vm: z.string().min(1).max(1_000),
        /** Ed25519, `x` member of the JWK (RFC 8037). The private key never leaves the guest. */
        publicKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
      }),
    )
    .max(2_000)
    .default([]),
  /** Whether guests that were enrolled for VMs of our pools may call, too: their keys come from the control plane (docs/security.md). */
  enrolled: z.enum(['on', 'off']).default('on'),
})
export type GuestAgentsSettings = z.infer<typeof GuestAgentsSettings>

export const GatewaySettings = z
  .strictObject({
    ...connection,
    name: NameLabel.min(1).default('local gateway'),
    /** Jobs at once. */
    slots: z.int().min(1).max(64).default(4),
    streams: StreamSettings.prefault({}),
    bandwidth: BandwidthPlan.prefault({}),
    pools: z.array(PoolSettings).max(100).default([]),
    /** Who brings guests to rest for quiesced backups. */
    quiesceHooks: z.array(QuiesceHookSettings).max(1_000).default([]),
    guestAgents: GuestAgentsSettings.optional(),
    /** Programs that policies may have run around backups, by name: program and arguments. Never taken from the control plane. */
    hookScripts: z.record(ScriptName, z.array(z.string().max(4_096)).min(1).max(100)).default({}),
    /**
     * Whether the console may show names and hand out contents of the files in recovery points that this gateway can open. Nothing but this file says so: a control
     * plane that was taken over must not be a way for them out of the house, unless their owner opened it (docs/security.md).
     */
    fileBrowsing: z.enum(['off', 'on']).default('off'),
    /** Programs that may give the verdict of a boot check, by name: program and arguments. Never taken from the control plane. */
    bootScripts: z.record(ScriptName, z.array(z.string().max(4_096)).min(1).max(100)).default({}),
  })
  .refine(isReachedOneWay, ONE_WAY)
export type GatewaySettings = z.infer<typeof GatewaySettings>

const StoreAddress = z
  .string()
  .max(1_000)
  .regex(/^(file:\/|s3:\/\/)/, 'must begin with "file:/" or "s3://"')

/** A second copy of the repository that something else keeps: S3's replication, or a job of the storage. */
export const ReplicaSettings = z.strictObject({
  address: StoreAddress,
  /** Its region, where it is another one; people know the copy by this name, else by its address. */
  region: RegionName.optional(),
  /** Of a store that is not AWS. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
})
export type ReplicaSettings = z.infer<typeof ReplicaSettings>

const withoutEnd = (address: string): string => address.replace(/\/+$/, '')

/** `settings.json` of a data directory. Unknown members are refused by name; every member has a default. */
export const Settings = z
  .strictObject({
    control: ControlSettings.prefault({}),
    repository: z
      .strictObject({
        /** `file:/srv/backups` or `s3://bucket/prefix`; the folder `repository` of the data directory unless told. */
        address: StoreAddress.optional(),
        replica: ReplicaSettings.optional(),
      })
      .refine(
        ({ address, replica }) =>
          address === undefined || withoutEnd(address) !== withoutEnd(replica?.address ?? ''),
        { path: ['replica'], message: 'is the repository itself; name its second copy' },
      )
      .prefault({}),
    gateway: GatewaySettings.prefault({}),
    /** This machine is a guest: the agent runs the recipes that stand there, and is no gateway. */
    guest: GuestSettings.optional(),
  })
  .refine(({ guest, gateway }) => guest === undefined || gateway.pools.length === 0, {
    path: ['guest'],
    message: 'makes this machine a guest, which serves no pools: move "gateway.pools" to a gateway',
  })
export type Settings = z.infer<typeof Settings>
