import type { Pool } from '#sim/pool.ts'

/** The live disks of a VM: VDI UUIDs in the order of their slots. */
export const disksOf = ({ state: { database } }: Pool, vmUuid: string): string[] =>
  database
    .get('VM', database.byUuid('VM', vmUuid))
    .VBDs.map(ref => database.get('VBD', ref))
    .filter(({ type }) => type === 'Disk')
    .sort((a, b) => Number(a.userdevice) - Number(b.userdevice))
    .map(({ VDI }) => database.get('VDI', VDI).uuid)

/** The content of a VM's disks, in the order of their slots. */
export const contentOf = async (pool: Pool, vmUuid: string): Promise<Buffer[]> => {
  const { disks } = pool.state
  const contents: Buffer[] = []
  for (const uuid of disksOf(pool, vmUuid))
    contents.push(Buffer.from(await disks.read(uuid, 0, disks.size(uuid))))
  return contents
}

/** What a backup could leave behind: snapshots, blocks, tasks, disks that are neither live nor a base, unfinished VMs. */
export const leftoversOn = ({ state: { database } }: Pool): string[] => {
  const found: string[] = []
  for (const vm of database.all('VM').values()) {
    if (vm.is_a_snapshot) found.push(`snapshot ${vm.name_label}`)
    if (/unfinished/.test(vm.name_label)) found.push(vm.name_label)
    if (Object.values(vm.blocked_operations).some(reason => /XenKeep/.test(reason)))
      found.push(`block on ${vm.name_label}`)
  }
  const resumable = new Set([...database.all('VM').values()].map(vm => vm.suspend_VDI))
  for (const [ref, vdi] of database.all('VDI')) {
    const isCopy = vdi.is_a_snapshot && vdi.managed && vdi.type !== 'cbt_metadata'
    const isImage = vdi.type === 'suspend' && !resumable.has(ref)
    if (isCopy || isImage) found.push(`disk ${vdi.name_label}`)
  }
  for (const task of database.all('task').values())
    if (task.status === 'pending') found.push(`task ${task.name_label}`)
  return found
}

/** Everything that an administrator would notice, one line each: what a failed job leaves has to be what it found. */
export const census = ({ state: { database } }: Pool): string[] => {
  const { all, find } = database
  const vms = [...all('VM').values()].map(vm =>
    [
      `VM ${vm.uuid} ${vm.name_label}: ${vm.power_state}`,
      `${vm.VBDs.length} drives, ${vm.VIFs.length} interfaces`,
      `${Object.keys(vm.blocked_operations).length} blocks, ${vm.snapshots.length} snapshots`,
      `marks ${Object.keys(vm.other_config).filter(key => key.startsWith('xenkeep'))}`,
    ].join(', '),
  )
  const vdis = [...all('VDI').values()]
    .filter(({ type }) => type !== 'cbt_metadata')
    .map(vdi => `VDI ${vdi.uuid} ${vdi.name_label} on ${find('SR', vdi.SR)?.name_label}`)
  return [...vms, ...vdis].sort()
}
