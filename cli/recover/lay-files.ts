import { mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileSystemPlan, RecoveryPlan } from '#core/recovery/plan.ts'
import type { Outcome } from '#file-tree/restore/outcome.ts'
import { peopleHere } from '#file-tree/restore/people-here.ts'
import { restoreTree } from '#file-tree/restore/restore-tree.ts'
import type { TreeSource } from '#file-tree/tree-source.ts'
import { makeFile, makeFolder, SYSTEM_FOLDERS } from './folders.ts'
import type { Programs } from './programs.ts'

export interface LayingRoom {
  programs: Programs
  plan: RecoveryPlan
  signal: AbortSignal
  /** bytes of this tree so far */
  progress(bytes: number): void
}

/** Mounts a new file system, lays its files into it, makes the folders that others are mounted on, and unmounts it. */
export const layFiles = async (
  { system }: FileSystemPlan,
  device: string,
  source: TreeSource,
  room: LayingRoom,
): Promise<Outcome> => {
  const { programs, signal, progress } = room
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-recover-'))
  try {
    const step = `mounted the new file system for ${system.mountPoint}`
    // XFS refuses one that is mounted already by its UUID: the old one, where a copy is made beside it.
    const options = system.type === 'xfs' ? ['--options', 'nouuid'] : []
    await programs.run(step, ['mount', '--types', system.type, ...options, device, folder])
    try {
      const outcome = await restoreTree(source, {
        ...{ target: folder, selection: {}, signal, people: peopleHere, progress },
        // Of a file system just made only lost+found is there.
        onExisting: 'replace',
        // FAT knows no owners.
        owners: { by: system.type === 'vfat' ? 'none' : 'id' },
      })
      await prepare(folder, system.mountPoint ?? '/', room)
      return outcome
    } finally {
      await programs.undo('unmounted a file system', ['umount', folder])
    }
  } finally {
    await rmdir(folder)
  }
}

const prepare = async (
  folder: string,
  mountPoint: string,
  { plan: { machine }, programs }: LayingRoom,
): Promise<void> => {
  const below = (path: string): string | undefined => {
    if (mountPoint === '/') return path
    return path.startsWith(`${mountPoint}/`) ? path.slice(mountPoint.length) : undefined
  }
  const points = machine.fileSystems.map(each => each.mountPoint ?? '/')
  const folders = points.map(point => [point, 0o755] as const)
  for (const [path, mode] of [...folders, ...(mountPoint === '/' ? SYSTEM_FOLDERS : [])]) {
    const here = below(path)
    if (here !== undefined && here !== '/') await makeFolder(folder, here, mode)
  }
  for (const { path, bytes } of machine.swapFiles) {
    const owner = ownerOf(path, points)
    const here = below(path)
    if (owner !== mountPoint || here === undefined) continue
    const file = await makeFile(folder, here)
    if (file === undefined) continue
    await programs.run(`made the swap file ${path}`, ['fallocate', '--length', `${bytes}`, file])
    await programs.run(`made the swap file ${path}`, ['mkswap', file])
  }
}

/** The file system that a path lies on: the one mounted deepest above it. */
const ownerOf = (path: string, points: readonly string[]): string =>
  points
    .filter(point => point === '/' || path.startsWith(`${point}/`))
    .reduce((deepest, point) => (point.length > deepest.length ? point : deepest), '/')
