import type { DiskStore } from './disks/disk-store.ts'
import type { Faults } from './faults/faults.ts'
import type { Limits } from './limits.ts'
import type { Release } from './releases.ts'
import type { ChangeLog } from './xapi/change-log.ts'
import type { DataModel } from './xapi/data-model.ts'
import type { Database } from './xapi/database.ts'
import type { Ref } from './xapi/records/index.ts'
import type { Sessions } from './xapi/sessions.ts'
import type { Tasks } from './xapi/tasks.ts'
import type { User } from './xapi/users.ts'

/** A host's TLS identity: self-signed, as a fresh XenServer makes it. */
export interface HostCertificate {
  readonly certificatePem: string
  readonly keyPem: string
  /** SHA-256 over the DER form, `AA:BB:…`. */
  readonly fingerprint: string
  /** The DNS name in the certificate. */
  readonly subject: string
}

export interface SimHost {
  readonly ref: Ref
  readonly uuid: string
  readonly address: string
  readonly certificate: HostCertificate
  nbdPort: number
}

/** How long things take, in milliseconds. Tests shorten them. */
export interface Timing {
  /** A refused login answers only after this long. */
  readonly authenticationDelay: number
  /** How long a call waits for a lock before OTHER_OPERATION_IN_PROGRESS; XAPI: 2 h. */
  readonly lockWait: number
  /** The same for the export handler; XAPI: 120 s. */
  readonly exportLockWait: number
  /** How long dom0 keeps a disk attached after the stream that needed it ended. */
  readonly dom0Linger: number
  /** How long VDI.data_destroy waits for attachments to vanish; XAPI: 4 s. */
  readonly dataDestroyWait: number
  /** Duration of starts, shutdowns, suspends. */
  readonly power: number
  /** How long XAPI waits for a guest to shut down; 20 min. */
  readonly shutdownWait: number
  /** Duration of a snapshot per disk. */
  readonly snapshot: number
  /** Events are gathered this long into one batch; XAPI: 50 ms. */
  readonly eventBatching: number
  /** How long HA takes to notice a dead host and begin to act; xhad: about a minute. */
  readonly haDetection: number
}

export const realTiming: Timing = {
  authenticationDelay: 5_000,
  lockWait: 2 * 60 * 60 * 1000,
  exportLockWait: 120_000,
  dom0Linger: 1_000,
  dataDestroyWait: 4_000,
  power: 300,
  shutdownWait: 20 * 60 * 1000,
  snapshot: 50,
  eventBatching: 50,
  haDetection: 2_000,
}

/** How guests behave from their next start on. */
export interface GuestBoot {
  /** Milliseconds until the guest tools report; undefined: this guest has none. */
  readonly toolsAfter: number | undefined
  /** Milliseconds until the guest crashes. */
  readonly crashAfter?: number
  /** What the guest writes to `vm-data/xenkeep/verdict` when its tools report. */
  readonly verdict?: string
}

/** How a guest behaves where XAPI depends on it. */
export interface GuestBehaviour {
  /** With drivers and tools that report; without, nothing can be asked of the guest. */
  readonly tools: boolean
  /** `refuses`: does not acknowledge; `hangs`: acknowledges and never ends; `late`: goes down after XAPI gave up. */
  readonly shutdown: 'obeys' | 'refuses' | 'hangs' | 'late'
  /** `fails` at once; `no-resume`: the image is written, and the VM does not come back by itself. */
  readonly suspend: 'obeys' | 'fails' | 'no-resume'
  /** Windows' volume shadow copies, as snapshot_with_quiesce needs them. */
  readonly vss: 'works' | 'absent' | 'silent' | 'fails' | 'times-out'
}

export const ordinaryGuest: GuestBehaviour = {
  tools: true,
  shutdown: 'obeys',
  suspend: 'obeys',
  vss: 'absent',
}

/** What only the running program has: its sockets, and what a crash takes away. */
interface Runtime {
  /** While true every call answers HOST_STILL_BOOTING, as after a toolstack restart. */
  booting: boolean
  guestBoot: GuestBoot
  /** Hosts without power, by reference: they answer nothing, and their tasks stay pending. */
  readonly dead: Set<Ref>
  /** Calls that came, by method. */
  readonly calls: Map<string, number>
  /** Hosts that have lost their pool, with what they answer to every call (emergency mode). */
  readonly emergency: Map<Ref, readonly string[]>
  /** Drops every open connection of every host. */
  dropConnections: () => void
  /** Stops or starts listening on a host's addresses. */
  silence: (host: SimHost) => Promise<void>
  speak: (host: SimHost) => Promise<void>
  /** Takes no new connection on a host's addresses, and leaves the open ones as they are. */
  withdraw: (host: SimHost) => Promise<void>
}

/** Everything the pool is: handed to every message and every HTTP handler. */
export interface State {
  readonly release: Release
  /** What the release serves of it. */
  readonly model: DataModel
  readonly database: Database
  readonly changes: ChangeLog
  readonly sessions: Sessions
  readonly tasks: Tasks
  readonly disks: DiskStore
  readonly faults: Faults
  /** By the uuid of the VM; {@link ordinaryGuest} for all others. */
  readonly guests: Map<string, GuestBehaviour>
  readonly limits: Limits
  /** The coordinator first. */
  readonly hosts: readonly SimHost[]
  readonly credentials: {
    readonly user: string
    readonly password: string
    readonly others: readonly User[]
  }
  /** Bytes of the one large file in a host's backup. */
  readonly hostBackupSize: number
  readonly timing: Timing
  readonly clock: () => Date
  readonly newUuid: () => string
  readonly runtime: Runtime
  /** Ends when the pool closes; everything that waits listens to it. */
  readonly closing: AbortSignal
}
