import type { Selector } from '../contracts/policies.ts'
import { fitsPattern } from './name-pattern.ts'

/** Of a VM of the inventory, what a selector looks at. */
export interface SelectableVm {
  uuid: string
  name: string
  poolUuid: string
  poolName: string
  powerState: 'Halted' | 'Paused' | 'Running' | 'Suspended'
  tags: readonly string[]
  disks: readonly { userdevice: string; name: string; size: number }[]
}

/** What a selector has to know beside the VM itself. */
export interface Surroundings {
  isStandby: boolean
  /** Whether some policy that runs by itself protects it. */
  isProtected: boolean
}

/**
 * A selector made ready for many VMs.
 * @returns why it takes a VM, in words that go on "because …"; `undefined` where it does not
 */
export const readySelector = (
  selector: Selector,
): ((vm: SelectableVm, around: Surroundings) => string | undefined) => {
  const { all, pools, tags, names, vms, powerStates, sizeAtLeast, sizeAtMost, unprotected } =
    selector
  const poolsFolded = pools?.map(text => ({ name: text, uuid: text.toLowerCase() }))
  const uuids = vms && new Set(vms)
  const tests: ((vm: SelectableVm, around: Surroundings) => string | undefined)[] = []
  if (uuids) tests.push(({ uuid }) => (uuids.has(uuid) ? 'it is named' : undefined))
  // A standby holds what recovery points hold already; only who names it wants it twice.
  else tests.push((_, { isStandby }) => (isStandby ? undefined : ''))
  if (all) tests.push(() => 'every VM is taken')
  if (poolsFolded)
    tests.push(({ poolUuid, poolName }) =>
      poolsFolded.some(({ name, uuid }) => name === poolName || uuid === poolUuid)
        ? `it is in the pool "${poolName}"`
        : undefined,
    )
  if (tags)
    tests.push(vm => {
      const tag = tags.find(wanted => vm.tags.includes(wanted))
      return tag === undefined ? undefined : `it bears the tag "${tag}"`
    })
  if (names)
    tests.push(({ name }) => {
      const pattern = names.find(wanted => fitsPattern(wanted, name))
      return pattern === undefined ? undefined : `its name fits "${pattern}"`
    })
  if (powerStates)
    tests.push(({ powerState }) =>
      powerStates.includes(powerState) ? `it is ${powerState.toLowerCase()}` : undefined,
    )
  if (sizeAtLeast !== undefined)
    tests.push(vm =>
      sizeOf(vm) >= sizeAtLeast ? `its disks have ${sizeAtLeast} bytes or more` : undefined,
    )
  if (sizeAtMost !== undefined)
    tests.push(vm =>
      sizeOf(vm) <= sizeAtMost ? `its disks have ${sizeAtMost} bytes or less` : undefined,
    )
  if (unprotected)
    tests.push((_, { isProtected }) => (isProtected ? undefined : 'no other policy protects it'))
  return (vm, around) => {
    const reasons: string[] = []
    for (const test of tests) {
      const reason = test(vm, around)
      if (reason === undefined) return undefined
      if (reason) reasons.push(reason)
    }
    return reasons.join(' and ')
  }
}

const sizeOf = ({ disks }: SelectableVm): number => disks.reduce((sum, { size }) => sum + size, 0)
