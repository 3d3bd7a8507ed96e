import { formatBytes } from '../bytes-text.ts'
import type { Selection, Selector } from '../contracts/policies.ts'

/** Which VMs a policy takes, in words: `VMs tagged "prod", in pool "A" or "B"; but not VMs named "tmp-*"`. */
export const selectionWords = ({ include, exclude }: Selection): string =>
  [
    include.map(selectorWords).join(', and '),
    ...(exclude.length > 0 ? [`but not ${exclude.map(selectorWords).join(', nor ')}`] : []),
  ].join('; ')

const selectorWords = (selector: Selector): string => {
  const { all, pools, tags, names, vms, powerStates, sizeAtLeast, sizeAtMost, unprotected, site } =
    selector
  if (site !== undefined) return `all that the XenDesktop site "${site}" protects`
  const marks = [
    ...(vms
      ? [
          vms.length === 1
            ? `with the UUID ${vms[0]}`
            : `of ${vms.length.toLocaleString('en')} UUIDs`,
        ]
      : []),
    ...(tags ? [`tagged ${anyOf(tags)}`] : []),
    ...(names ? [`named ${anyOf(names)}`] : []),
    ...(pools ? [`in pool ${anyOf(pools)}`] : []),
    ...(powerStates ? [`that are ${powerStates.join(' or ').toLowerCase()}`] : []),
    ...(sizeAtLeast === undefined ? [] : [`of ${formatBytes(sizeAtLeast)} or more`]),
    ...(sizeAtMost === undefined ? [] : [`of ${formatBytes(sizeAtMost)} or less`]),
    ...(unprotected ? ['that no other policy protects'] : []),
  ]
  if (marks.length > 0) return `VMs ${marks.join(', ')}`
  return all ? 'every VM but standbys' : 'no VM'
}

const anyOf = (values: readonly string[]): string => values.map(value => `"${value}"`).join(' or ')
