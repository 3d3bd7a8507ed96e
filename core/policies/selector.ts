import type { Selector } from '../contracts/policies.ts'
import type { DiskSigns } from '../site/provisioned-disks.ts'
import { fitsPattern } from './name-pattern.ts'

/** Of a VM of the inventory, what a selector looks at. */
export interface SelectableVm {
  uuid: string
  name: string
  poolUuid: string
  poolName: string
  powerState: 'Halted' | 'Paused' | 'Running' | 'Suspended'
  tags: readonly string[]
  disks: readonly DiskSigns[]
  scheme?: string | undefined
}

/** What a selector has to know beside the VM itself. */
export interface Surroundings {
  isStandby: boolean
  /** Whether some policy that runs by itself protects it. */
  isProtected: boolean
  /** What a site takes of VMs, by its name or id as a selector has it: why, by UUID. */
  sites?: SiteVms | undefined
}

/** The VMs that sites protect: by the site, as selectors name it, then by UUID, why. */
export type SiteVms = ReadonlyMap<string, ReadonlyMap<string, string>>

/** Why a selector takes a VM, or what of it does not fit, in words that go on "because …". */
export type Fit = { takes: string } | { lacks: string }

export type ReadySelector = (vm: SelectableVm, around: Surroundings) => Fit

const whether = (fits: boolean, takes: string, lacks: string): Fit => (fits ? { takes } : { lacks })

/** A selector made ready for many VMs. */
export const readySelector = (selector: Selector): ReadySelector => {
  const { all, pools, tags, names, vms, powerStates, sizeAtLeast, sizeAtMost, unprotected, site } =
    selector
  const poolsFolded = pools?.map(text => ({ name: text, uuid: text.toLowerCase() }))
  const uuids = vms && new Set(vms)
  const tests: ReadySelector[] = []
  if (uuids)
    tests.push(({ uuid }) =>
      whether(uuids.has(uuid), 'it is named', 'it is not among the UUIDs that are named'),
    )
  // A standby holds what recovery points hold already; only who names it wants it twice. A site knows its own.
  else if (site === undefined)
    tests.push((_, { isStandby }) => whether(!isStandby, '', 'it is the standby of a replication'))
  if (site !== undefined)
    tests.push(({ uuid }, { sites }) => {
      const takes = sites?.get(site)?.get(uuid)
      return takes === undefined ? { lacks: `the site "${site}" does not protect it` } : { takes }
    })
  if (all) tests.push(() => ({ takes: 'every VM is taken' }))
  if (poolsFolded)
    tests.push(({ poolUuid, poolName }) =>
      whether(
        poolsFolded.some(({ name, uuid }) => name === poolName || uuid === poolUuid),
        `it is in the pool "${poolName}"`,
        `it is in the pool "${poolName}"`,
      ),
    )
  if (tags) {
    const lacks = `it does not bear ${tags.length === 1 ? 'the tag' : 'any of the tags'} ${some(tags)}`
    tests.push(vm => {
      const tag = tags.find(wanted => vm.tags.includes(wanted))
      return tag === undefined ? { lacks } : { takes: `it bears the tag "${tag}"` }
    })
  }
  if (names) {
    const lacks = `its name does not fit ${names.length === 1 ? '' : 'any of '}${some(names)}`
    tests.push(({ name }) => {
      const pattern = names.find(wanted => fitsPattern(wanted, name))
      return pattern === undefined ? { lacks } : { takes: `its name fits "${pattern}"` }
    })
  }
  if (powerStates)
    tests.push(({ powerState }) => {
      const is = `it is ${powerState.toLowerCase()}`
      return whether(powerStates.includes(powerState), is, is)
    })
  if (sizeAtLeast !== undefined)
    tests.push(vm =>
      whether(
        sizeOf(vm) >= sizeAtLeast,
        `its disks have ${sizeAtLeast} bytes or more`,
        `its disks have less than ${sizeAtLeast} bytes`,
      ),
    )
  if (sizeAtMost !== undefined)
    tests.push(vm =>
      whether(
        sizeOf(vm) <= sizeAtMost,
        `its disks have ${sizeAtMost} bytes or less`,
        `its disks have more than ${sizeAtMost} bytes`,
      ),
    )
  if (unprotected)
    tests.push((_, { isProtected }) =>
      whether(!isProtected, 'no other policy protects it', 'another policy protects it'),
    )
  return (vm, around) => {
    const reasons: string[] = []
    for (const test of tests) {
      const found = test(vm, around)
      if ('lacks' in found) return found
      if (found.takes) reasons.push(found.takes)
    }
    return { takes: reasons.join(' and ') }
  }
}

const some = (texts: readonly string[]): string =>
  `${texts
    .slice(0, 3)
    .map(text => `"${text}"`)
    .join(', ')}${texts.length > 3 ? ` and ${texts.length - 3} more` : ''}`

const sizeOf = ({ disks }: SelectableVm): number => disks.reduce((sum, { size }) => sum + size, 0)
