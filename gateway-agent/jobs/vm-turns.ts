import { unlessAborted } from '../unless-aborted.ts'

/**
 * Lets jobs on one VM come one after the other, in the order they came. Two that read a VM at once would take each other's blocks and bases
 * away: nothing wrong would be stored, but the second could fail.
 *
 * @param onWait called once when somebody else is at work on the VM
 * @throws the signal's reason when it is aborted while waiting, and whatever `work` throws
 */
export type VmTurns = <T>(
  vmUuid: string,
  options: { signal: AbortSignal; onWait: () => void },
  work: () => Promise<T>,
) => Promise<T>

export const createVmTurns = (): VmTurns => {
  const last = new Map<string, Promise<void>>()
  return async (vmUuid, { signal, onWait }, work) => {
    const before = last.get(vmUuid)
    const { promise: end, resolve } = Promise.withResolvers<void>()
    const turn = Promise.resolve(before).then(() => end)
    last.set(vmUuid, turn)
    try {
      if (before) {
        onWait()
        await unlessAborted(before, signal)
      }
      return await work()
    } finally {
      resolve()
      // Not now: who gives up waiting ends before the one it waited for, and the next must still wait for that one.
      void turn.then(() => {
        if (last.get(vmUuid) === turn) last.delete(vmUuid)
      })
    }
  }
}
