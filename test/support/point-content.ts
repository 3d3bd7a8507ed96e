import type { Repository } from '#repository/index.ts'
import type { FakeVm } from './fake-pool.ts'
import { readAll } from './repository/open.ts'

/** @returns the VM's first disk as this point has it */
export const pointContent = async (
  repository: Repository,
  vm: FakeVm,
  pointId: string,
): Promise<Buffer> => {
  for await (const ref of repository.points(vm.uuid)) {
    if (ref.id !== pointId) continue
    const point = await repository.readPoint(ref)
    return readAll(repository.readDisk(point, vm.disks[0]?.uuid ?? ''))
  }
  throw new Error('no such point')
}
