import type { VmSnapshot } from '../xapi/snapshot/vm-snapshot.ts'
import type { MethodOptions } from './method.ts'

/**
 * Takes the snapshot of a VM that is stopped for it and bears the mark, and sees to it that the VM runs again, whatever happens. The snapshot of
 * a VM that does not run again is removed: such a backup has failed, for everybody to hear.
 * @param starting called before the VM is started after its snapshot
 * @throws `VM_NOT_STARTED`, and what `take` throws
 */
export const whileStopped = async (
  pool: MethodOptions['pool'],
  vm: { vmUuid: string; owner: string },
  take: () => Promise<VmSnapshot>,
  starting: () => void = () => undefined,
): Promise<VmSnapshot> => {
  let taken: VmSnapshot
  try {
    taken = await take()
  } catch (error) {
    await pool.runAgain(vm)
    throw error
  }
  starting()
  try {
    taken.notes.push(...(await pool.runAgain(vm)))
    return taken
  } catch (error) {
    // What is left of it goes with the next sweep; that the VM is down is what has to be heard.
    await pool.destroySnapshot(taken).catch(() => undefined)
    throw error
  }
}
