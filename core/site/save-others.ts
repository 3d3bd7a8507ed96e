import type { SiteComponent } from '../contracts/site.ts'
import { ofGuest } from './components.ts'
import { excluded, missing, nothingFits, type Work } from './gaps.ts'
import { clip, type Draft } from './known.ts'
import { oneOf } from './targets.ts'
import { quoted } from './words.ts'

export const saveGuest = (work: Work, component: SiteComponent, index: number): void => {
  const { guests, now } = work
  const found = oneOf(
    guests,
    component.target.guest ?? '',
    ({ guestUuid }) => guestUuid,
    ({ name }) => name,
  )
  if (!('found' in found)) {
    missing(work, component, index, found)
    return
  }
  const of = ofGuest(component, index, found.found, now)
  work.drafts.push(...of.drafts)
  work.leftOut.push(...of.leftOut)
  work.problems.push(...of.problems)
}

export const savePool = (work: Work, component: SiteComponent, index: number): void => {
  const { inventory, drafts } = work
  const { role, target, protect } = component
  const found = oneOf(
    inventory.pools,
    target.pool ?? '',
    ({ uuid }) => uuid,
    ({ name }) => name,
  )
  if (!('found' in found)) {
    missing(work, component, index, found)
    return
  }
  const pool = found.found
  if (!protect) excluded(work, component, index, pool.name)
  else if (role === 'pool-metadata') {
    drafts.push({
      ...{ kind: 'pool-metadata', id: `pool:${pool.uuid}`, stage: 'pools', covers: [index] },
      roles: [role],
      title: clip(`Save the metadata of the pool ${quoted(pool.name)}`, 500),
      does: [
        'Saves the database of the pool and the records of all its VMs. It waits for nothing.',
      ],
      ...{ poolUuid: pool.uuid, poolName: pool.name },
    })
  } else for (const host of pool.hosts) drafts.push(hostDraft(pool.uuid, host, index))
  if (protect && role === 'host-metadata' && pool.hosts.length === 0)
    nothingFits(work, component, index)
}

export const saveHost = (work: Work, component: SiteComponent, index: number): void => {
  const all = work.inventory.pools.flatMap(({ uuid: poolUuid, hosts }) =>
    hosts.map(host => ({ poolUuid, host })),
  )
  const found = oneOf(
    all,
    component.target.host ?? '',
    ({ host }) => host.uuid,
    ({ host }) => host.name,
  )
  if (!('found' in found)) missing(work, component, index, found)
  else if (!component.protect) excluded(work, component, index, found.found.host.name)
  else work.drafts.push(hostDraft(found.found.poolUuid, found.found.host, index))
}

const hostDraft = (
  poolUuid: string,
  { uuid, name, live }: { uuid: string; name: string; live: boolean },
  index: number,
): Draft => ({
  ...{
    kind: 'host',
    id: `host:${uuid}`,
    stage: 'pools',
    roles: ['host-metadata'],
    covers: [index],
  },
  title: clip(`Save the host ${quoted(name)}`, 500),
  does: [
    `Saves the archive of its control domain and the facts that rebuild it. It waits for nothing.${live ? '' : ' The host is down now: should it still be, this fails and is told.'}`,
  ],
  ...{ poolUuid, hostUuid: uuid, hostName: name },
})
