import { purposeOf } from '#core/access/purpose.ts'
import type { Client } from '#core/contracts/client.ts'
import type { StorageGrant } from '#core/contracts/gateway-api.ts'
import type { ReplicaSettings } from '#core/contracts/settings.ts'
import { asXenkeepError } from '#core/errors/base.ts'
import type { Clock, MaintenanceStore } from '#core/ports.ts'
import type { JobContext, LeasedJob } from '../control/leased-job.ts'
import { backOff, type Patience } from '../control/patience.ts'
import type { Log } from '../log.ts'
import { type Base, grantedStore, type Slot } from './granted-store.ts'
import { type OpenReplica, type SecondCopy, secondCopyOf } from './second-copy.ts'
import { createSession, type Session } from './session.ts'

/** Storage that a gateway may use, and for how long. */
export interface StorageAccess {
  /** @returns the store at an address, with the rights of whatever jobs are at work there */
  open(address: string): Promise<MaintenanceStore>
  /**
   * Gets the grant of a job and has it used until it is released.
   * @throws what the control plane answers where that does not pass
   */
  enter(job: LeasedJob, context: Pick<JobContext, 'signal' | 'epoch'>): Promise<Entered>
  /** @returns the session with which key slots are opened; `undefined` where the gateway brings credentials of its own */
  keySession(address: string): Promise<Session | undefined>
}

export interface Entered {
  /** Of the repository. */
  address: string
  /** Of a job that compares with it. */
  secondCopy?: SecondCopy
  release: () => void
}

export interface StorageAccessOptions {
  client: Pick<Client, 'call'>
  gatewayId: () => string
  /** A store with these credentials, or with those of the gateway's own (environment, profile, instance role). */
  openStore: (address: string, session?: Session) => Promise<MaintenanceStore>
  openReplica: OpenReplica
  /** The second copy, where the settings of the gateway name one. */
  replica?: ReplicaSettings | undefined
  patience: Patience
  /** between 0 and 1 */
  random: () => number
  clock: Clock
  log: Log
}

interface OfJob extends Slot {
  address: string
}

export const createStorageAccess = (options: StorageAccessOptions): StorageAccess => {
  const { client, gatewayId, openStore, patience, random, clock, log } = options
  const entered = new Map<string, OfJob>()
  const bases = new Map<string, Promise<Base & { session?: Session }>>()

  const ask = (body: { jobId?: string; epoch?: number }, signal?: AbortSignal) =>
    client.call('credentials', {
      params: { gatewayId: gatewayId() },
      body,
      ...(signal && { signal }),
    })

  const sessionOf = (first: StorageGrant, again: () => ReturnType<typeof ask>): Session =>
    createSession({
      first,
      ask: async () => (await again()).grant ?? first,
      clock,
      log,
    })

  /** Without a job: a look, or whatever the gateway's own credentials allow where the control plane has none to give. */
  const makeBase = async (address: string) => {
    const { grant } = await ask({}).catch(error => {
      // An earlier control plane gives no grants, and does not know the question.
      if (asXenkeepError(error).code === 'REQUEST_INVALID') return { grant: undefined }
      throw error
    })
    if (!grant) return { store: await openStore(address), isOwn: true }
    const session = sessionOf(grant, () => ask({}))
    return { store: await openStore(address, session), isOwn: false, session }
  }
  const baseOf = (address: string) => {
    const known = bases.get(address)
    if (known) return known
    const made = makeBase(address)
    bases.set(address, made)
    made.catch(() => bases.delete(address))
    return made
  }

  /** A control plane that is away for a moment does not fail the job. */
  const askPatiently = async ({ jobId, epoch }: LeasedJob, signal: AbortSignal) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await ask({ jobId, epoch }, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!asXenkeepError(error).retryable) throw error
        await patience.wait(backOff(attempt, random()), signal)
      }
    }
  }

  return {
    async open(address) {
      if (!address.startsWith('s3:')) return openStore(address)
      const slots = () => [...entered.values()].filter(slot => slot.address === address)
      return grantedStore({ address, slots, base: () => baseOf(address), clock })
    },

    async enter(job, { signal, epoch }) {
      const { jobId, spec } = job
      const { address, grant, secondCopy: named } = await askPatiently(job, signal)
      // The epoch may have grown since: our lease ran out unseen, and the job was given to us again.
      const session = grant && sessionOf(grant, () => ask({ jobId, epoch: epoch() }))
      if (spec.kind === 'compare-replica') {
        const copies = { named, own: options.replica, openReplica: options.openReplica }
        // Of the repository itself it needs no more than a look.
        return {
          address,
          secondCopy: secondCopyOf({ ...copies, session, log }),
          release: () => undefined,
        }
      }
      if (!session) return { address, release: () => undefined }
      const store = await openStore(address, session)
      const lock = 'lock' in spec ? spec.lock : undefined
      const lockUntil = spec.kind === 'lock-held-points' ? spec.until : undefined
      const slot: OfJob = { address, purpose: purposeOf(spec.kind), lock, lockUntil, store }
      entered.set(jobId, slot)
      return {
        address,
        release: () => {
          if (entered.get(jobId) === slot) entered.delete(jobId)
        },
      }
    },

    keySession: async address =>
      address.startsWith('s3:') ? (await baseOf(address)).session : undefined,
  }
}
