import { isXapiError } from '#core/errors/xenserver.ts'
import type { Maker } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../api.ts'
import { tagAsOurs } from '../other-config.ts'
import { RefText, VdiRecord } from '../records.ts'
import { releaseDisk } from '../release-disk.ts'
import type { AttachedDisk } from '../vms.ts'

/** The XAPI message that takes a snapshot. */
export type SnapshotMessage = 'VM.snapshot' | 'VM.checkpoint' | 'VM.snapshot_with_quiesce'

/** A snapshot VM, or snapshots of single disks by the reference of the live disk. */
export type TakenSnapshot =
  | { vm: Ref; disks?: never }
  | { disks: ReadonlyMap<Ref, Ref>; vm?: never }

/** Takes a snapshot of a VM under a name, without the disks that are to be left out where the host lets us. */
export const takeSnapshot = async (
  xapi: Xapi,
  {
    message,
    vm,
    name,
    wanted,
    ignored,
    maker,
    signal,
  }: {
    message: SnapshotMessage
    vm: Ref
    name: string
    wanted: readonly AttachedDisk[]
    ignored: readonly AttachedDisk[]
    maker: Maker
    signal: AbortSignal
  },
): Promise<TakenSnapshot> => {
  const { run } = xapi
  if (message !== 'VM.snapshot') return { vm: await run(message, [vm, name], RefText, { signal }) }
  const refs = ignored.map(({ vdiRef }) => vdiRef)
  try {
    return { vm: await run(message, [vm, name, refs], RefText, { signal }) }
  } catch (error) {
    // Older hosts (xapi before 21.4) do not know the list of disks to leave out.
    if (isXapiError(error, 'MESSAGE_PARAMETER_COUNT_MISMATCH')) {
      try {
        return { vm: await run(message, [vm, name], RefText, { signal }) }
      } catch (second) {
        return disksInstead(second)
      }
    }
    return disksInstead(error)
  }

  // XAPI refuses to snapshot a VM that has such a disk, also when the disk is to be left out. It takes the disks of any VM one after
  // the other, so snapshots of the others, one by one, are worth the same.
  async function disksInstead(error: unknown): Promise<TakenSnapshot> {
    const refused = isXapiError(
      error,
      'VDI_ON_BOOT_MODE_INCOMPATIBLE_WITH_OPERATION',
      'VDI_IS_SHARABLE',
    )
    if (!refused || ignored.length === 0 || wanted.length === 0) throw error
    return { disks: await snapshotDisks(xapi, wanted, maker, signal) }
  }
}

const snapshotDisks = async (
  xapi: Xapi,
  wanted: readonly AttachedDisk[],
  maker: Maker,
  signal: AbortSignal,
): Promise<Map<Ref, Ref>> => {
  const made = new Map<Ref, Ref>()
  try {
    for (const { vdiRef } of wanted) {
      const ref = await xapi.run('VDI.snapshot', [vdiRef, {}], RefText, { signal })
      made.set(vdiRef, ref)
      const { uuid } = await xapi.call('VDI.get_record', [ref], VdiRecord)
      await tagAsOurs(xapi, 'VDI', ref, uuid, maker)
      signal.throwIfAborted()
    }
    return made
  } catch (error) {
    for (const ref of made.values())
      await releaseDisk(xapi, 'VDI.destroy', ref, maker.owner).catch(() => undefined)
    throw error
  }
}
