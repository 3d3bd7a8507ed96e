import type { Machine } from '../machine.ts'

/** Defines a XenDesktop site of one VM, backs it up by a policy of its own, and begins a restore of it. */
export const backUpSite = async (
  { person, finished }: Pick<Machine, 'person' | 'finished'>,
  name: string,
  vm: string,
) => {
  const { siteId, siteUuid } = await person.call('createSite', {
    body: {
      ...{ kind: 'xendesktop-site', name },
      components: [
        { role: 'ddc', target: { vm } },
        { role: 'sql', target: { vm: 'a server that is not there' } },
      ],
    },
  })
  const { policy } = await person.call('createPolicy', {
    body: { name, selection: { include: [{ site: siteId }] }, retention: { daily: 7 } },
  })
  const { policyId } = policy
  const { runId } = await person.call('startRun', { body: { kind: 'policy', policyId } })
  await finished(runId)
  const { items } = await person.call('listPoints', { query: { vm: siteUuid } })
  const sitePointId = items[0]?.pointId ?? ''
  const { restoreId } = await person.call('startSiteRestore', { body: { pointId: sitePointId } })
  return { siteId, sitePointId, restoreId }
}
