import type { ListedVm } from './vm-list.ts'

/** What there is to narrow a list of VMs by: more tags than this nobody looks through. */
const TAGS_AT_MOST = 500

/** The pools and tags of VMs, and how many VMs are of each. */
export const facetsOf = (vms: readonly Pick<ListedVm, 'poolUuid' | 'poolName' | 'tags'>[]) => {
  const pools = new Map<string, { uuid: string; name: string; vms: number }>()
  const tags = new Map<string, number>()
  for (const { poolUuid, poolName, tags: borne } of vms) {
    const pool = pools.get(poolUuid) ?? { uuid: poolUuid, name: poolName, vms: 0 }
    pool.vms++
    pools.set(poolUuid, pool)
    for (const tag of new Set(borne)) tags.set(tag, (tags.get(tag) ?? 0) + 1)
  }
  return {
    pools: [...pools.values()].sort((a, b) => a.name.localeCompare(b.name, 'en')),
    tags: [...tags]
      .map(([tag, count]) => ({ tag, vms: count }))
      .sort((a, b) => b.vms - a.vms || (a.tag < b.tag ? -1 : 1))
      .slice(0, TAGS_AT_MOST),
  }
}
