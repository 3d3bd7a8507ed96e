import { stat } from 'node:fs/promises'
import type { DiskPlan, FileSystemPlan, RecoveryPlan } from '#core/recovery/plan.ts'
import type { Outcome } from '#file-tree/restore/outcome.ts'
import type { TreeSource } from '#file-tree/tree-source.ts'
import { writeBootArea } from './boot-area.ts'
import { layFiles } from './lay-files.ts'
import { withPart } from './part-of-disk.ts'
import type { Programs } from './programs.ts'

/** What a recovery works with. */
export interface RecoveryRoom {
  programs: Programs
  signal: AbortSignal
  /** @throws `TREE_NOT_FOUND` */
  tree(name: string): TreeSource
  stream(name: string): AsyncIterable<Uint8Array>
  /** Tells what begins. */
  onStep(text: string): void
  progressOf(source: TreeSource): { update(bytes: number): void; end(): void }
}

/** What became of the files of one file system. */
export interface Laid {
  mountPoint: string
  /** Of the file system. */
  type: string
  outcome: Outcome
}

/**
 * Makes a machine anew: tables, file systems, files, boot loader, in this order, so that a disk that is not whole does not start.
 * @throws `RECOVERY_STEP_FAILED`, `TREE_TARGET_FULL` and others of a tree
 */
export const recover = async (plan: RecoveryPlan, room: RecoveryRoom): Promise<Laid[]> => {
  for (const disk of plan.disks) await makeTable(disk, room)
  const laid: Laid[] = []
  for (const each of plan.fileSystems) {
    const { mountPoint, type } = each.system
    const outcome = await makeFileSystem(plan, each, room)
    if (outcome) laid.push({ mountPoint: mountPoint ?? '', type, outcome })
  }
  for (const disk of plan.disks) await makeBootable(disk, room)
  return laid
}

const makeTable = async (
  { target: { path }, script }: DiskPlan,
  { programs, onStep }: RecoveryRoom,
): Promise<void> => {
  const step = `made the partition table of ${path}`
  if (script === undefined) {
    await programs.run(`emptied ${path}`, ['wipefs', '--all', '--quiet', path])
    return
  }
  onStep(`Making the partition table of ${path}`)
  // Nobody hears of the partitions before they hold something.
  const quietly = ['--no-reread', '--no-tell-kernel', '--quiet']
  const wiping = ['--wipe', 'always', '--wipe-partitions', 'always']
  await programs.run(step, ['sfdisk', ...quietly, ...wiping, path], script)
}

const makeFileSystem = (
  plan: RecoveryPlan,
  each: FileSystemPlan,
  room: RecoveryRoom,
): Promise<Outcome | undefined> => {
  const { system, program, args } = each
  const { programs, signal, onStep } = room
  const { type, mountPoint, tree } = system
  const name = `${type} for ${mountPoint ?? (type === 'swap' ? 'swap' : 'a partition')}`
  return withPart(each, programs, async device => {
    onStep(`Making the file system: ${name}`)
    await programs.run(`made the file system: ${name}`, [program, ...args, device])
    if (tree === undefined) return undefined
    onStep(`Laying the files of ${mountPoint}`)
    const source = room.tree(tree)
    const bar = room.progressOf(source)
    return layFiles(each, device, source, {
      ...{ programs, plan, signal },
      progress: bytes => bar.update(bytes),
    }).finally(() => bar.end())
  })
}

const makeBootable = async (
  { target: { path }, bootAreas }: DiskPlan,
  { programs, stream, onStep }: RecoveryRoom,
): Promise<void> => {
  if (bootAreas.length > 0) onStep(`Writing the boot loader of ${path}`)
  for (const area of bootAreas) await writeBootArea(path, area, stream(area.stream))
  if (!(await stat(path)).isBlockDevice()) return
  await programs.run(`wrote ${path} to its end`, ['blockdev', '--flushbufs', path])
  // Of a disk whose partitions nobody looks for, as a loop device; the machine itself looks when it starts.
  await programs
    .run('told the kernel of the partitions', ['blockdev', '--rereadpt', path])
    .catch(() => onStep(`The kernel here does not know the partitions of ${path} yet`))
}
