import { VmTooNewError } from '#core/errors/restore.ts'
import type { Maker } from '#core/points/marks.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import { planRestore } from '#core/restore/plan.ts'
import { guardResume } from '#core/restore/resume.ts'
import { guardBreaches } from '#core/site/rules/breach.ts'
import {
  breachOfMcsStorage,
  mcsMachineOf,
  notesOnMcsMachine,
} from '#core/site/rules/mcs-storage.ts'
import type { Xapi } from '../xapi/api.ts'
import type { CreateVmOptions, NewVm } from './api.ts'
import { describeRestore } from './describe.ts'
import { type PoolFacts, readFacts } from './facts.ts'
import { newIdentity } from './identity/new-identity.ts'
import { sameIdentity } from './identity/same-identity.ts'
import { type Parts, unfinishedVm } from './new/new-vm.ts'
import { choosePlace, needsOf, type Place } from './new/place.ts'

/**
 * Prepares the restore of a VM from a recovery point. Everything that can be refused is refused here, before any disk is written.
 * @throws `RESTORE_TARGET`, `RESTORE_NETWORK`, `RESTORE_NO_SUCH_PART`, `SR_TOO_SMALL`, `VM_UUID_TAKEN`, `VM_RUNS`, `VM_TOO_NEW`, `MEMORY_NOT_RESUMABLE`, `MCS_ELSEWHERE`, {@link XapiError};
 * nothing is left then
 */
export const createVm = async (xapi: Xapi, options: CreateVmOptions): Promise<NewVm> => {
  const parts = await partsOf(xapi, options)
  const vm = unfinishedVm(xapi, options, parts)
  try {
    if (parts.identity.early) await vm.make()
    return vm
  } catch (error) {
    await vm.discard()
    throw error
  }
}

/** What `createVm` and what follows would do, one sentence each. Refuses what `createVm` refuses; makes nothing. */
export const describeVm = async (xapi: Xapi, options: CreateVmOptions): Promise<string[]> => {
  const { plan, identity, place } = await partsOf(xapi, options)
  place.leave()
  return describeRestore(options, { plan, identity, place })
}

const partsOf = async (xapi: Xapi, options: CreateVmOptions): Promise<Parts> => {
  const { metadata, jobId, owner, wishes = {}, disks = needsOf(metadata), signal } = options
  const maker: Maker = { jobId, owner }
  const facts = await readFacts(xapi)
  signal.throwIfAborted()
  guardHardware(metadata, facts)
  const plan = planRestore(metadata, facts, wishes)
  const written = disks.map(({ vdiUuid }) => vdiUuid)
  const identity =
    wishes.identity === 'same'
      ? await sameIdentity(xapi, { maker, metadata, wishes, written, plan, signal })
      : newIdentity(xapi, maker)
  const place = choosePlace(xapi, facts, options)
  try {
    const srs = new Set(place.srs.values())
    const { hosts } = facts
    plan.notes.push(...notesOnMcs(options, place))
    const interfaces = plan.vifs
    const memory = wishes.resume && guardResume({ metadata, interfaces, disks, hosts, srs, wishes })
    return { maker, plan, identity, place, ...(memory && { memory }) }
  } catch (error) {
    place.leave()
    throw error
  }
}

/** What to know where Machine Creation Services made the VM. @throws `MCS_ELSEWHERE` */
const notesOnMcs = ({ metadata, wishes = {} }: CreateVmOptions, { srs }: Place): string[] => {
  const known = mcsMachineOf(metadata)
  if (known === undefined) return []
  const breach = breachOfMcsStorage(known, metadata, srs)
  return [
    ...guardBreaches([breach], wishes.overrides),
    ...notesOnMcsMachine(known, wishes.identity),
  ]
}

/** @throws `VM_TOO_NEW` */
const guardHardware = ({ record }: VmMetadata, { hardwareVersion }: PoolFacts): void => {
  const needs = Number(record.hardware_platform_version ?? 0)
  if (hardwareVersion > 0 && needs > hardwareVersion)
    throw new VmTooNewError(needs, hardwareVersion)
}
