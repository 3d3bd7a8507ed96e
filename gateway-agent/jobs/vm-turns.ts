import { unlessAborted } from '../unless-aborted.ts'

/**
 * Lets jobs on one VM come one after the other, in the order they came. Two that read a VM at once would take each other's blocks and bases
 * away: nothing wrong would be stored, but the second could fail. Who needs several VMs stands in all their queues from the same moment on,
 * so that nobody waits in a circle.
 *
 * @param onWait called once when somebody else is at work on one of the VMs
 * @throws the signal's reason when it is aborted while waiting, and whatever `work` throws
 */
export type VmTurns = <T>(
  vmUuids: readonly string[],
  options: { signal: AbortSignal; onWait: () => void },
  work: () => Promise<T>,
) => Promise<T>

export const createVmTurns = (): VmTurns => {
  const last = new Map<string, Promise<void>>()
  return async (vmUuids, { signal, onWait }, work) => {
    const vms = new Set(vmUuids)
    const before = [...vms].flatMap(vm => last.get(vm) ?? [])
    const { promise: end, resolve } = Promise.withResolvers<void>()
    const turn = Promise.all(before).then(() => end)
    for (const vm of vms) last.set(vm, turn)
    try {
      if (before.length > 0) {
        onWait()
        await unlessAborted(Promise.all(before), signal)
      }
      return await work()
    } finally {
      resolve()
      // Not now: who gives up waiting ends before the one it waited for, and the next must still wait for that one.
      void turn.then(() => {
        for (const vm of vms) if (last.get(vm) === turn) last.delete(vm)
      })
    }
  }
}
