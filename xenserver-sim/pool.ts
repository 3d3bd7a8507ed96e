import { setMaxListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from './certificate.ts'
import { createControl } from './control.ts'
import { createDiskStore } from './disks/disk-store.ts'
import { createFaults } from './faults/faults.ts'
import { type HostWire, startHostWire } from './host-wire.ts'
import { streamRoutes } from './http/routes.ts'
import { uuidSource } from './identifiers.ts'
import { type DesktopSpec, desktopMaker } from './inventory/desktops.ts'
import { addHost, addNetwork, addPool } from './inventory/hosts.ts'
import { addStorage } from './inventory/storage.ts'
import type { StorageTypeName } from './inventory/storage-types.ts'
import { addClone, addDefaultTemplate, addVm, type VmSpec } from './inventory/virtual-machines.ts'
import { type LicensedFeature, restrictionsWithout } from './licence.ts'
import { createLimits, type StreamLimits } from './limits.ts'
import { type ReleaseName, releaseOf } from './releases.ts'
import { type GuestBoot, realTiming, type SimHost, type State, type Timing } from './state.ts'
import { createChangeLog } from './xapi/change-log.ts'
import { messageTable } from './xapi/classes/index.ts'
import { loadDataModel } from './xapi/data-model.ts'
import { createDatabase } from './xapi/database.ts'
import { createDispatcher } from './xapi/dispatcher.ts'
import { modelOfRelease } from './xapi/model-of-release.ts'
import { createSessions } from './xapi/sessions.ts'
import { createTasks } from './xapi/tasks.ts'
import type { User } from './xapi/users.ts'
import { enterRunning } from './xapi/vm-life.ts'

export interface PoolOptions {
  readonly vms?: readonly VmSpec[]
  /** VMs whose disks are fast clones of another's. */
  readonly clones?: readonly { readonly name: string; readonly of: string }[]
  /** Desktops as Citrix Machine Creation Services makes them of another VM. */
  readonly desktops?: readonly DesktopSpec[]
  /** Number of hosts; the first is the coordinator. */
  readonly hosts?: number
  /** The same on every host, because XAPI addresses carry none; 0 takes a free one. */
  readonly port?: number
  /** False serves plain HTTP. */
  readonly tls?: boolean
  readonly user?: string
  readonly password?: string
  /** More people than the one above, with roles of their own. */
  readonly users?: readonly User[]
  /** Bytes of the one large file in a host's backup; 1 MiB unless told. */
  readonly hostBackupSize?: number
  /** Purpose of the management network. */
  readonly nbd?: 'nbd' | 'insecure_nbd' | 'none'
  /** SR.type of the repository for disks; nfs unless told. */
  readonly storage?: StorageTypeName
  /** Makes every uuid reproducible. */
  readonly seed?: number
  /** Whether the VMs run at first. */
  readonly running?: boolean
  /** The version of XenServer it plays; XCP-ng 8.3 unless told. */
  readonly release?: ReleaseName
  /** Finds the blocks of raw files before it serves, as storage that keeps a table of them knows them; otherwise the first who asks waits for that. */
  readonly blocksKnown?: boolean
  /** What its licence does not include. */
  readonly unlicensed?: readonly LicensedFeature[]
  readonly timing?: Partial<Timing>
  /** Unless told, the tools of guests answer at once. */
  readonly guestBoot?: GuestBoot
  /** How slow the network is at first. */
  readonly limits?: Partial<StreamLimits>
  readonly clock?: () => Date
}

interface PoolHost {
  readonly url: string
  readonly uuid: string
  readonly address: string
  readonly certificateFingerprint: string
  readonly certificatePem: string
  readonly nbdPort: number
}

export interface Pool {
  readonly poolUuid: string
  readonly user: string
  readonly password: string
  readonly hosts: readonly PoolHost[]
  /** VM uuids by name. */
  readonly vms: Readonly<Record<string, string>>
  /** What is behind the wire, for tests of the simulator itself. */
  readonly state: State
  close(): Promise<void>
}

const COLLECT_EVERY_MS = 30_000
const PORT_ATTEMPTS = 5

const createState = async (
  options: PoolOptions,
  folder: string,
  closing: AbortSignal,
): Promise<State> => {
  const model = loadDataModel()
  const release = releaseOf(options.release ?? 'xcp-ng-8.3')
  const newUuid = uuidSource(options.seed)
  const clock = options.clock ?? (() => new Date())
  const database = createDatabase(model, newUuid)
  return {
    release,
    model: modelOfRelease(model, release),
    database,
    changes: createChangeLog(database),
    sessions: createSessions(database, clock),
    tasks: createTasks(database, clock),
    disks: createDiskStore(folder),
    faults: createFaults(),
    guests: new Map(),
    limits: createLimits(closing, options.limits),
    hosts: [],
    credentials: {
      user: options.user ?? 'root',
      password: options.password ?? 'xenserver',
      others: options.users ?? [],
    },
    hostBackupSize: options.hostBackupSize ?? 1024 ** 2,
    timing: { ...realTiming, ...options.timing },
    clock,
    newUuid,
    runtime: {
      booting: false,
      guestBoot: options.guestBoot ?? { toolsAfter: 0 },
      dead: new Set(),
      calls: new Map(),
      emergency: new Map(),
      dropConnections: () => {},
      silence: async () => {},
      speak: async () => {},
      withdraw: async () => {},
    },
    closing,
  }
}

/** Pool, hosts, storage, network and VMs, as an administrator would have set them up. */
const furnish = async (state: State, options: PoolOptions): Promise<Record<string, string>> => {
  const pool = addPool(state, 'Simulated pool', restrictionsWithout(options.unlicensed ?? []))
  const hosts = state.hosts as SimHost[]
  for (let number = 1; number <= (options.hosts ?? 1); number++) {
    const hostname = `xenserver-${number}`
    const address = `127.0.0.${number}`
    const certificate = await selfSigned(hostname, address)
    hosts.push(addHost(state, { uuid: state.newUuid(), hostname, address }, certificate))
  }
  const { shared } = addStorage(state, hosts, options.storage)
  const network = addNetwork(state, hosts, options.nbd ?? 'nbd')
  state.database.update('pool', pool, {
    master: hosts[0]?.ref ?? '',
    default_SR: shared,
    suspend_image_SR: shared,
    crash_dump_SR: shared,
  })
  addDefaultTemplate(state)

  const placement = { sr: shared, network }
  const refs = new Map<string, string>()
  for (const spec of options.vms ?? []) refs.set(spec.name, await addVm(state, spec, placement))
  for (const { name, of } of options.clones ?? []) {
    const original = refs.get(of)
    if (!original) throw new Error(`There is no VM "${of}" to clone "${name}" from.`)
    refs.set(name, addClone(state, name, original, placement))
  }
  const addDesktop = desktopMaker(state, placement)
  for (const desktop of options.desktops ?? []) {
    const image = refs.get(desktop.of)
    if (!image) throw new Error(`There is no VM "${desktop.of}" to make "${desktop.name}" of.`)
    refs.set(desktop.name, addDesktop(desktop, image))
  }
  if (options.blocksKnown)
    for (const { uuid } of state.database.all('VDI').values())
      if (state.disks.has(uuid)) await state.disks.allocatedBlocks(uuid)
  if (options.running ?? true)
    for (const [i, ref] of [...refs.values()].entries()) {
      const host = hosts[i % hosts.length]
      if (host) enterRunning(state, ref, host)
    }
  return Object.fromEntries(
    [...refs].map(([name, ref]) => [name, state.database.get('VM', ref).uuid]),
  )
}

/** Starts a simulated pool. Throws when a disk file or an address cannot be used. */
export const startPool = async (options: PoolOptions = {}): Promise<Pool> => {
  const folder = await mkdtemp(join(tmpdir(), 'xenserver-sim-'))
  const stopping = new AbortController()
  // Every blocked call listens for the end.
  setMaxListeners(0, stopping.signal)
  const state = await createState(options, folder, stopping.signal)
  const wires = new Map<SimHost, HostWire>()
  const collector = setInterval(() => state.tasks.collect(), COLLECT_EVERY_MS)
  collector.unref()

  const close = async () => {
    stopping.abort()
    clearInterval(collector)
    await Promise.all([...wires.values()].map(wire => wire.close()))
    await state.disks.close()
    await rm(folder, { recursive: true, force: true })
  }

  try {
    const vms = await furnish(state, options)
    const dispatcher = createDispatcher(state, messageTable(state.model))
    const front = { state, dispatcher, streams: streamRoutes, extra: createControl(state) }
    const tls = options.tls ?? true
    let port = options.port ?? 0
    const speak = async (host: SimHost) => {
      const wire = await startHostWire(front, host, { port, tls })
      wires.set(host, wire)
      port = wire.port
    }
    for (let attempt = 1; wires.size === 0 && state.hosts.length > 0; attempt++)
      try {
        for (const host of state.hosts) await speak(host)
      } catch (error) {
        // A port that is free on the first host's address may be taken on another's: with port 0, try the next one.
        const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
        if (!taken || options.port || attempt === PORT_ATTEMPTS) throw error
        await Promise.all([...wires.values()].map(wire => wire.close()))
        wires.clear()
        port = 0
      }
    Object.assign(state.runtime, {
      speak,
      silence: async (host: SimHost) => {
        await wires.get(host)?.close()
        wires.delete(host)
      },
      withdraw: async (host: SimHost) => wires.get(host)?.withdraw(),
      dropConnections: () => {
        for (const wire of wires.values()) wire.dropConnections()
      },
    } satisfies Partial<State['runtime']>)
    const [pool] = state.database.all('pool').values()
    return {
      poolUuid: pool?.uuid ?? '',
      user: state.credentials.user,
      password: state.credentials.password,
      vms,
      state,
      hosts: state.hosts.map(host => ({
        url: `${tls ? 'https' : 'http'}://${host.address}:${port}`,
        uuid: host.uuid,
        address: host.address,
        certificateFingerprint: host.certificate.fingerprint,
        certificatePem: host.certificate.certificatePem,
        nbdPort: host.nbdPort,
      })),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
